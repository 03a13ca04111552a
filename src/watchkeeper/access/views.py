"""Signing in and out, and whether the server is there at all."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from watchkeeper.access.forms import SignInForm
from watchkeeper.ledger.audit import record


class SignIn(LoginView):
    """The page people sign in on; leads on to where they wanted to go."""

    template_name = "access/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Signs in and writes that down."""
        answer = super().form_valid(form)
        name = self.request.user.get_username()
        record(name, "person.signed_in", name)
        return answer


class ChangePassword(PasswordChangeView):
    """The page people give themselves another password on; other sessions of theirs end."""

    template_name = "access/password.html"
    success_url = "/"

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        """Changes it and writes that down."""
        answer = super().form_valid(form)
        name = self.request.user.get_username()
        record(name, "person.password_changed", name)
        return answer


class SignOut(LogoutView):
    """Ends the session; asked for by a form (POST), never by a link."""


@login_not_required
@require_GET
def alive(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - every view takes it
    """`ok` once server and database answer; for load balancers and `watchkeeper up`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")
