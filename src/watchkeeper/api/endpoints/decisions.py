"""Decisions: asking for exceptions, attestations and scope rules, deciding; parameters."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router, Status
from pydantic import Field

from watchkeeper.api import deciding
from watchkeeper.api.callers import caller
from watchkeeper.api.endpoints._common import DECIDE, SEE, SET, named, now
from watchkeeper.api.paging import Listed, Searched, listed
from watchkeeper.api.problems import Declined, unusable
from watchkeeper.controls import catalogue
from watchkeeper.controls.parameters import out_of_bounds
from watchkeeper.jobs.stating import Actor, decide, set_parameter
from watchkeeper.jobs.stating import request as request_statement
from watchkeeper.ledger.installation import installation
from watchkeeper.locker.locker import Locker
from watchkeeper.model.control import Control
from watchkeeper.queries import decisions as queries
from watchkeeper.queries.paging import page_of
from watchkeeper.queries.thresholds import Threshold, thresholds
from watchkeeper.statements import asking
from watchkeeper.statements.reading import Statement

router = Router(tags=["Decisions"])
_STANDINGS = ("", "requested", "in force", "not yet valid", "expired", "rejected", "revoked")
_ONE = "/connections/{connection}/decisions/{identity}"
_CREATED = {HTTPStatus.CREATED: deciding.ToldWhole}


class Asked(Searched):
    """Which statements."""

    sort: Literal[("", *deciding.SORTS)] = Field(  # type: ignore[valid-type]
        "", description="Empty: all three."
    )
    standing: Literal[_STANDINGS] = ""  # type: ignore[valid-type]
    control: str = Field("", max_length=64, description="Exceptions from this control alone.")


@router.get(
    "/connections/{connection}/decisions",
    auth=SEE,
    response=Listed[deciding.Told],
    operation_id="decisions",
)
def decisions(
    request: HttpRequest, response: HttpResponse, connection: str, asked: Query[Asked]
) -> Any:
    """Exceptions, attestations and scope rules, the newest asked for first."""
    view = named(connection)
    moment, covered = now(), queries.covered(view.id)
    every = queries.decisions(installation().locker(), view.id).values()
    told = [deciding.told(each, moment, covered) for each in every]
    search = asked.q.strip().casefold()
    found = [
        each
        for each in told
        if asked.sort in {"", each["sort"]}
        and asked.standing in {"", each["standing"]}
        and asked.control in {"", each["about"].get("control")}
        and search in str(each).casefold()
    ]
    found.sort(key=lambda each: (each["requested_at"], each["id"]), reverse=True)
    return listed(request, response, asked, page_of(found, asked.page, asked.size))


@router.post(
    "/connections/{connection}/decisions/exceptions",
    auth=DECIDE,
    response=_CREATED,
    operation_id="request_exception",
)
def new_exception(request: HttpRequest, connection: str, wanted: deciding.NewException) -> Any:
    """Asks for an exception; somebody else has to approve it."""

    def ask(locker: Locker, name: str, by: str) -> Statement:
        asked = asking.ExceptionAsked(
            control=deciding.control(wanted.control),
            reason=wanted.reason,
            risk=wanted.risk,
            measure=wanted.measure,
            subject=wanted.subject.strip(),
            selector=deciding.selector(wanted.selector),
        )
        return asking.exception(locker, name, asked, deciding.terms(wanted, by))

    return _requested(request, connection, ask)


@router.post(
    "/connections/{connection}/decisions/attestations",
    auth=DECIDE,
    response=_CREATED,
    operation_id="request_attestation",
)
def new_attestation(request: HttpRequest, connection: str, wanted: deciding.NewAttestation) -> Any:
    """Asks for an attestation; somebody else has to approve it."""

    def ask(locker: Locker, name: str, by: str) -> Statement:
        return asking.attestation(
            locker,
            name,
            wanted.kind,
            wanted.statement,
            deciding.terms(wanted, by),
            subject=wanted.subject.strip(),
            data=wanted.data,
        )

    return _requested(request, connection, ask)


@router.post(
    "/connections/{connection}/decisions/scope_rules",
    auth=DECIDE,
    response=_CREATED,
    operation_id="request_scope_rule",
)
def new_scope_rule(request: HttpRequest, connection: str, wanted: deciding.NewScopeRule) -> Any:
    """Asks for a scope rule; somebody else has to approve it."""

    def ask(locker: Locker, name: str, by: str) -> Statement:
        return asking.scope_rule(
            locker,
            name,
            wanted.name,
            deciding.selector(wanted.selector),
            wanted.reason,
            deciding.terms(wanted, by),
            controls=deciding.controls(wanted.controls),
            replaces=wanted.replaces.strip().upper(),
        )

    return _requested(request, connection, ask)


@router.get(_ONE, auth=SEE, response=deciding.ToldWhole, operation_id="decision")
def decision(request: HttpRequest, connection: str, identity: str) -> Any:  # noqa: ARG001
    """One of them, with every sealed version."""
    return _told(connection, identity)


@router.post(f"{_ONE}/approve", auth=DECIDE, response=deciding.ToldWhole, operation_id="approve")
def approve(request: HttpRequest, connection: str, identity: str, wanted: deciding.Remark) -> Any:
    """Approves what somebody else asked for; controls it concerns are judged again."""
    return _decided(request, connection, identity, "approve", wanted.remark)


@router.post(f"{_ONE}/reject", auth=DECIDE, response=deciding.ToldWhole, operation_id="reject")
def reject(request: HttpRequest, connection: str, identity: str, wanted: deciding.Remark) -> Any:
    """Rejects what was asked for; `remark` says why."""
    return _decided(request, connection, identity, "reject", wanted.remark)


@router.post(f"{_ONE}/revoke", auth=DECIDE, response=deciding.ToldWhole, operation_id="revoke")
def revoke(request: HttpRequest, connection: str, identity: str, wanted: deciding.Remark) -> Any:
    """Ends what was approved or asked for, at once; `remark` says why."""
    return _decided(request, connection, identity, "revoke", wanted.remark)


@router.get(
    "/connections/{connection}/controls/{control}/parameters",
    auth=SEE,
    response=list[deciding.ParameterSet],
    operation_id="parameters",
)
def parameters(request: HttpRequest, connection: str, control: str) -> Any:  # noqa: ARG001
    """Every parameter that can be set for a control, as it is set over this connection."""
    _, found = _thresholds(connection, control)
    return [deciding.parameter(each) for each in found]


@router.post(
    "/connections/{connection}/controls/{control}/parameters/{parameter}",
    auth=SET,
    response=deciding.ParameterSet,
    operation_id="set_parameter",
)
def new_value(
    request: HttpRequest,
    connection: str,
    control: str,
    parameter: str,
    wanted: deciding.NewValue,
) -> Any:
    """Sets a parameter; the control is judged again."""
    declared, found = _thresholds(connection, control)
    threshold = next((each for each in found if each.parameter.name == parameter), None)
    if threshold is None:
        raise Http404("The control has no such parameter.")
    value = threshold.parameter.default if wanted.value is None else wanted.value
    fault = out_of_bounds(threshold.parameter, value)
    if fault:
        raise unusable({"body value": f"{fault}."})
    lost = set(threshold.broken(value)) - set(threshold.broken_now)
    if lost and not wanted.anyway:
        named_ones = ", ".join(sorted(f"{each.framework} {each.id}" for each in lost))
        raise Declined(
            HTTPStatus.CONFLICT,
            f"With that value the control no longer gives evidence for: {named_ones}.",
            hint='Send "anyway": true to set it nevertheless.',
        )
    _acting(
        request,
        lambda actor: set_parameter(
            installation().locker(),
            named(connection).name,
            actor,
            declared,
            parameter,
            wanted.value,
            wanted.reason,
        ),
    )
    _, found = _thresholds(connection, control)
    return deciding.parameter(next(each for each in found if each.parameter.name == parameter))


def _requested(
    request: HttpRequest, connection: str, ask: Callable[[Locker, str, str], Statement]
) -> Any:
    view, locker = named(connection), installation().locker()
    asked: Statement = _acting(
        request,
        lambda actor: request_statement(
            locker, view.name, actor, lambda: ask(locker, view.name, actor.person)
        ),
    )
    return Status(HTTPStatus.CREATED, _told(connection, asked.decided.id))


def _decided(request: HttpRequest, connection: str, identity: str, act: str, remark: str) -> Any:
    view = named(connection)
    _told(connection, identity)  # it is there
    _acting(
        request,
        lambda actor: decide(installation().locker(), view.name, actor, act, identity, remark),
    )
    return _told(connection, identity)


def _acting(request: HttpRequest, act: Callable[[Actor], Any]) -> Any:
    """What `act` gives, done by who calls; two keys of one person are one person."""
    who = caller(request)
    return act(Actor(who.person.get_username(), who.name))


def _told(connection: str, identity: str) -> dict[str, Any]:
    view = named(connection)
    found = queries.decision(installation().locker(), view.id, identity)
    if found is None:
        raise Http404("There is no such exception, attestation or scope rule.")
    return deciding.whole(found, now(), queries.covered(view.id))


def _thresholds(connection: str, control: str) -> tuple[Control, tuple[Threshold, ...]]:
    declared = catalogue().get(control)
    if declared is None:
        raise Http404("There is no such control.")
    return declared, thresholds(installation().locker(), named(connection).id, declared)
