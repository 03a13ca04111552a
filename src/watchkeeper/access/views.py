"""Signing in and out, and whether the server is there at all."""

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView, LogoutView
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from watchkeeper.access.forms import SignInForm


class SignIn(LoginView):
    """The page people sign in on; leads on to where they wanted to go."""

    template_name = "access/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


class SignOut(LogoutView):
    """Ends the session; asked for by a form (POST), never by a link."""


@login_not_required
@require_GET
def alive(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - every view takes it
    """`ok` once server and database answer; for load balancers and `watchkeeper up`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")
