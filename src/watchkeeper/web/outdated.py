"""A form that is sent when the sign-in is no longer the one it was opened under.

It is not carried out. What was typed is shown with a fresh token, for the person to send again.
Only a form that a browser says was sent from a page of ours: what another site sends would
otherwise need no more than a press on a button of ours. A secret is never written into a page.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import REASON_BAD_ORIGIN
from django.shortcuts import render

from watchkeeper.web.source_forms import private_fields
from watchkeeper.web.words import label

_CONSOLE = frozenset({"token", "proxy"})
_SOURCE = private_fields()
WITHHELD: Mapping[str, frozenset[str]] = {
    "access:keys": frozenset(),
    "web:attestation_new": frozenset(),
    "web:connection_edit": _CONSOLE,
    "web:connection_new": _CONSOLE,
    "web:decision": frozenset(),
    "web:exception_new": frozenset(),
    "web:list_read": frozenset(),
    "web:list_source_edit": _SOURCE,
    "web:list_source_new": _SOURCE,
    "web:parameter": frozenset(),
    "web:scope_rule_new": frozenset(),
}
"""The pages whose forms are shown again, each with its fields that hold a secret."""

_TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - a field's name
_OTHER_SITE = REASON_BAD_ORIGIN.partition("%s")[0]
_LONG = 60


@dataclass(frozen=True, slots=True)
class Typed:
    """One value of a form, as it was sent; of a secret its name alone, to be typed again."""

    name: str
    value: str
    secret: bool = False

    @property
    def label(self) -> str:
        """What the field is called."""
        return label(self.name.removeprefix("data_").removeprefix("option_"))

    @property
    def rows(self) -> int:
        """How many lines it takes to show it; 0 where one field is enough."""
        lines = self.value.splitlines() or [""]
        if len(lines) == 1 and len(self.value) <= _LONG:
            return 0
        return min(12, sum(1 + len(each) // _LONG for each in lines))


class SignedIn(LoginRequiredMiddleware):
    """Leads to the sign-in, as Django does; a form that was filled in is shown again instead."""

    def process_view(
        self,
        request: HttpRequest,
        view_func: Callable[..., HttpResponseBase],
        view_args: Any,
        view_kwargs: Any,
    ) -> HttpResponseBase | None:
        """The answer for somebody who is not signed in; None for others."""
        answer: HttpResponseBase | None
        answer = super().process_view(request, view_func, view_args, view_kwargs)
        # The token was looked at before: it is a form of ours.
        if answer is not None and _name(request) in WITHHELD and _typed(request):
            return _shown_again(request)
        return answer


def outdated(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: the token of the form is not that of the sign-in. `reason` is Django's."""
    if request.headers.get("Accept") == "text/fragment":
        fault = (
            "The sign-in changed since this page was opened. Nothing was tested. "
            "Reload the page and give the token again."
        )
        return render(request, "web/tested.html", {"faults": [fault]}, status=403)
    if _sent_by_us(request, reason) and _name(request) in WITHHELD:
        return _shown_again(request)
    return render(request, "web/outdated.html", {"typed": None}, status=403)


def _shown_again(request: HttpRequest) -> HttpResponse:
    typed = _typed(request)
    context = {
        "shown": [each for each in typed if each.value or each.secret],
        "empty": [each.name for each in typed if not each.value and not each.secret],
        "typed": typed,
    }
    return render(request, "web/outdated.html", context, status=403)


def _typed(request: HttpRequest) -> list[Typed]:
    withheld = WITHHELD[_name(request)]
    return [
        Typed(name, "", secret=True) if name in withheld else Typed(name, value)
        for name, values in request.POST.lists()
        for value in values
        if name != _TOKEN and (value or name not in withheld)
    ]


def _sent_by_us(request: HttpRequest, reason: str) -> bool:
    """Whether the browser says that the form stood in a page of ours."""
    if reason.startswith(_OTHER_SITE) or "Origin" not in request.headers:
        return False
    return request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"


def _name(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else ""
