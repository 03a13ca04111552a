"""Asking for an exception, an attestation or a scope rule."""

from collections.abc import Callable
from typing import Any, Protocol

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from watchkeeper.access.roles import Action
from watchkeeper.controls import catalogue
from watchkeeper.errors import UsageError
from watchkeeper.jobs.stating import Actor
from watchkeeper.jobs.stating import request as request_statement
from watchkeeper.model.statement import KINDS, ScopeRule, Selector
from watchkeeper.queries import decisions as queries
from watchkeeper.queries.selecting import offered
from watchkeeper.statements import asking
from watchkeeper.statements.faults import Unfit
from watchkeeper.statements.reading import Statement
from watchkeeper.web.asked import text
from watchkeeper.web.decision_forms import (
    AttestationForm,
    ExceptionForm,
    ScopeRuleForm,
    TermsForm,
)
from watchkeeper.web.page import Setting, link, nothing_connected, page, setting


class Asking(Protocol):
    """Asks for what a form holds, or only looks whether it could be asked for."""

    def __call__(self, *, only_look: bool = False) -> Statement:
        """Raises Unfit where it could not."""


@require_http_methods(["GET", "POST"])
@page(Action.DECIDE)
def exception(request: HttpRequest) -> HttpResponse:
    """An exception from a control, for one subject or for those of a selector."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    form = ExceptionForm(
        request.POST or None,
        by=request.user.get_username(),
        now=found.now,
        controls=catalogue().values(),
        initial={"control": text(request, "control"), "subject": text(request, "subject")},
    )
    form.offer(offered(found.locker, found.connection.id))

    def ask(*, only_look: bool = False) -> Statement:
        told = form.cleaned_data
        wanted = asking.ExceptionAsked(
            control=catalogue()[told["control"]],
            reason=told.get("reason", ""),
            risk=told.get("risk", ""),
            measure=told.get("measure", ""),
            subject=told.get("subject", "").strip(),
            selector=form.selector,
        )
        return asking.exception(
            found.locker, found.connection.name, wanted, form.terms(only_look=only_look)
        )

    def named() -> queries.Named:
        control = form.cleaned_data.get("control", "")
        subject = form.cleaned_data.get("subject", "").strip()
        return _named(found, form.selector, (control,) if control else (), subject)

    context = {
        "title": "Ask for an exception",
        "lead": "An approved, expiring deviation. What fails keeps failing and is shown beside it; "
        "somebody else has to approve it.",
        "of": "exceptions",
        "can_preview": True,
    }
    return _answered(request, found, form, ask, context, named)


@require_http_methods(["GET", "POST"])
@page(Action.DECIDE)
def attestation(request: HttpRequest) -> HttpResponse:
    """An attestation of the kind that is named; without one, which kinds there are."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    kind = KINDS.get(text(request, "kind"))
    if kind is None:
        if text(request, "kind"):
            raise Http404("There is no such kind of attestation.")
        used = {
            name: [each.id for each in catalogue().values() if f"'{name}'" in each.logic]
            for name in KINDS
        }
        context: dict[str, Any] = {"kinds": [(each, used[each.name]) for each in KINDS.values()]}
        return found.show(request, "web/attestation_kinds.html", context)
    given = {name: text(request, name) for name in ("subject", *kind.data)}
    form = AttestationForm(
        request.POST or None,
        by=request.user.get_username(),
        now=found.now,
        kind=kind,
        initial={"subject": given.pop("subject")}
        | {f"data_{name}": value for name, value in given.items()},
    )
    if kind.name == "policy_baseline" and form.initial["subject"]:
        known = queries.policy_digest(found.locker, found.connection.id, form.initial["subject"])
        form.initial["data_sha256"] = form.initial["data_sha256"] or known

    def ask(*, only_look: bool = False) -> Statement:
        told = form.cleaned_data
        return asking.attestation(
            found.locker,
            found.connection.name,
            kind.name,
            told.get("statement", ""),
            form.terms(only_look=only_look),
            subject=told.get("subject", "").strip(),
            data=form.data_given,
        )

    context = {
        "title": kind.title,
        "lead": f"An attestation: you vouch for what no console can tell. It lasts {kind.days} days"
        " at the most; somebody else has to approve it.",
        "of": "attestations",
    }
    return _answered(request, found, form, ask, context)


@require_http_methods(["GET", "POST"])
@page(Action.DECIDE)
def scope_rule(request: HttpRequest) -> HttpResponse:
    """A scope rule, or with `replaces` the next version of one."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    former = _former(found, text(request, "replaces"))
    initial = {"name": former.name, "controls": list(former.controls)} if former else {}
    form = ScopeRuleForm(
        request.POST or None,
        by=request.user.get_username(),
        now=found.now,
        every=catalogue().values(),
        initial=initial,
    )
    form.offer(offered(found.locker, found.connection.id), former.selector if former else None)

    def ask(*, only_look: bool = False) -> Statement:
        told = form.cleaned_data
        return asking.scope_rule(
            found.locker,
            found.connection.name,
            told.get("name", ""),
            form.selector,
            told.get("reason", ""),
            form.terms(only_look=only_look),
            controls=told.get("controls", ()),
            replaces=former.decided.id if former else "",
        )

    def named() -> queries.Named:
        return _named(found, form.selector, form.cleaned_data.get("controls", ()))

    context = {
        "title": f"Next version of {former.name}" if former else "Ask for a scope rule",
        "lead": "Whom it names is outside the population: listed as not applicable with this rule "
        "as the reason, never dropped. Somebody else has to approve it."
        + (" The version before holds until then." if former else ""),
        "of": "scope_rules",
        "can_preview": True,
    }
    return _answered(request, found, form, ask, context, named)


def _answered(
    request: HttpRequest,
    found: Setting,
    form: TermsForm,
    ask: Asking,
    context: dict[str, Any],
    named: Callable[[], queries.Named] | None = None,
) -> HttpResponse:
    """The form; what was posted is shown beforehand, or asked for."""
    preview = None
    previewing = request.method == "POST" and "preview" in request.POST and named is not None
    if previewing and named is not None:
        form.is_valid()
        preview = named()
        form = form.unbothered()
    elif request.method == "POST" and not form.is_valid():
        _look(form, ask)
    elif request.method == "POST":
        name = request.user.get_username()
        try:
            asked = request_statement(found.locker, found.connection.name, Actor(name, name), ask)
        except Unfit as error:
            form.tell(error.faults)
        except UsageError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, f"{asked.decided.id} was asked for. Somebody else has to approve it."
            )
            return redirect(link(found, "decision", asked.decided.id))
    answer = found.show(
        request, "web/decision_form.html", context | {"form": form, "preview": preview}
    )
    answer.status_code = 422 if form.is_bound and form.errors and not previewing else 200
    return answer


def _look(form: TermsForm, ask: Asking) -> None:
    """Adds to what a form lacks what else is wrong with it: all is told at once."""
    if "control" in form.errors:
        return  # of which control it would be is not known
    try:
        ask(only_look=True)
    except Unfit as error:
        form.tell(error.faults)


def _named(found: Setting, selector: Selector, controls: Any, subject: str = "") -> queries.Named:
    return queries.named(found.locker, found.connection.id, selector, controls, subject=subject)


def _former(found: Setting, identity: str) -> ScopeRule | None:
    if not identity:
        return None
    one = queries.decision(found.locker, found.connection.id, identity)
    if one is None or not isinstance(one.statement, ScopeRule):
        raise Http404("There is no such scope rule.")
    return one.statement
