"""The page on which people make access keys for their programs, and end them."""

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from watchkeeper.access import keys
from watchkeeper.access.forms import KeyForm
from watchkeeper.access.models import AccessKey, Person
from watchkeeper.access.roles import Role
from watchkeeper.errors import UsageError
from watchkeeper.ledger.installation import installation


@require_http_methods(["GET", "POST"])
def access_keys(request: HttpRequest) -> HttpResponse:
    """A person's own keys; a new one is shown this once."""
    person = cast("Person", request.user)
    now = installation().clock.now()
    form = KeyForm(request.POST or None, person=person)
    issued = None
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            issued = keys.issue(
                person,
                told["name"],
                Role(told["role"]),
                told["days"],
                actor=person.get_username(),
                now=now,
            )
            form = KeyForm(person=person)
        except UsageError as error:
            form.add_error("name", str(error))
    context = {
        "form": form,
        "issued": issued,
        "keys": [(key, key.state(now)) for key in person.access_keys.all()],
        "address": request.build_absolute_uri("/api/v1/me"),
        "now": now,
    }
    return render(request, "access/keys.html", context, status=422 if form.errors else 200)


@require_POST
def revoke(request: HttpRequest, key: int) -> HttpResponse:
    """Ends one of the person's own keys."""
    person = cast("Person", request.user)
    found = AccessKey.objects.filter(pk=key, person=person).first()
    if found is None:
        raise Http404("You have no such access key.")
    keys.revoke(found, actor=person.get_username(), now=installation().clock.now())
    return redirect("access:keys")
