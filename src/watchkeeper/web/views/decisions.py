"""Decisions: exceptions, attestations and scope rules, listed; one of them, and deciding on it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from watchkeeper.access.roles import Action, may
from watchkeeper.controls import catalogue
from watchkeeper.errors import UsageError
from watchkeeper.jobs.stating import ACTS, Actor, decide
from watchkeeper.model.statement import (
    KINDS,
    Attestation,
    ExceptionRecord,
    ScopeRule,
    Selector,
    State,
)
from watchkeeper.queries import decisions as queries
from watchkeeper.queries.devices import known
from watchkeeper.queries.paging import page_of
from watchkeeper.queries.selecting import Offered, offered
from watchkeeper.queries.standing import standing
from watchkeeper.statements.concerned import concerned
from watchkeeper.statements.reading import SORTS, Sort, Statement
from watchkeeper.statements.versions import Decision
from watchkeeper.web.asked import asked
from watchkeeper.web.page import Setting, link, nothing_connected, page, setting

STANDINGS = ("requested", "in force", "not yet valid", "expired", "rejected", "revoked")
TITLES = {"exceptions": "Exceptions", "attestations": "Attestations", "scope_rules": "Scope rules"}


@require_GET
@page()
def decisions(request: HttpRequest) -> HttpResponse:
    """What people decided over the connection: one sort of it, those that wait first."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    wanted = asked(request, ("of", "standing"))
    every = list(queries.decisions(found.locker, found.connection.id).values())
    sort = SORTS.get(wanted.chosen.get("of", ""), SORTS["exceptions"])
    own = sorted((each for each in every if each.sort is sort), key=order(found.now))
    shown = [
        row
        for row in rows(found, own)
        if row.matches(wanted.search, wanted.chosen.get("standing", ""))
    ]
    context = {
        "sort_shown": sort.resource,
        "tabs": [
            (name, TITLES[name], sum(each.sort is one for each in every), _waiting(every, one))
            for name, one in SORTS.items()
        ],
        "listed": page_of(shown, wanted.number, wanted.size),
        "total": len(own),
        "asked": wanted,
        "filtered": bool(wanted.search or wanted.chosen.get("standing")),
        "standings": STANDINGS,
        "covered": queries.covered(found.connection.id),
        "may_decide": may(request.user, Action.DECIDE),
    }
    return found.show(request, "web/decisions.html", context)


@require_http_methods(["GET", "POST"])
@page()
def decision(request: HttpRequest, identity: str) -> HttpResponse:
    """One statement with all its versions; what is posted approves, rejects or revokes it."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    fault = ""
    if request.method == "POST":
        if not may(request.user, Action.DECIDE):
            raise PermissionDenied(f"Your role does not allow this ({Action.DECIDE.value}).")
        act = request.POST.get("act", "")
        name = request.user.get_username()
        try:
            done = decide(
                found.locker,
                found.connection.name,
                Actor(name, name),
                act,
                identity,
                request.POST.get("remark", "")[:4000].replace("\x00", ""),
            )
        except UsageError as error:
            fault = str(error)
        else:
            messages.success(request, f"{done.decided.id} was {ACTS[act].value}.")
            return redirect(link(found, "decision", done.decided.id))
    one = queries.decision(found.locker, found.connection.id, identity)
    if one is None:
        raise Http404("There is no such exception, attestation or scope rule.")
    context = _about(found, one) | {"fault": fault, "remark": request.POST.get("remark", "")}
    context |= _allowed(request, one)
    about = getattr(one.statement, "subject", "")
    context["agents"] = known(found.locker, found.connection.id, [about])
    answer = found.show(request, "web/decision.html", context)
    answer.status_code = 422 if fault else 200
    return answer


def rows(found: Setting, shown: Iterable[Decision]) -> list["Row"]:
    """Statements as lists show them, with the names of what they are about."""
    held = list(shown)
    if not held:
        return []
    connection = found.connection.id
    subjects = [getattr(each.statement, "subject", "") for each in held]
    names = Names(
        offered(found.locker, connection), queries.names_of(found.locker, connection, subjects)
    )
    return [Row(each, names, found.now) for each in held]


@dataclass(frozen=True)
class Names:
    """What sites, groups and subjects are called."""

    offered: Offered
    subjects: Mapping[str, str]

    def words(self, selector: Selector) -> str:
        """A selector with the names of what it names."""
        return self.offered.words(selector)


class Row:
    """A statement as lists and its page show it."""

    def __init__(self, decision: Decision, names: Names, now: datetime) -> None:
        """`names`: what things are called; `now` (UTC)."""
        self.decision = decision
        self.statement = decision.statement
        self.standing = self.statement.decided.standing(now)
        self.sort: Sort = decision.sort
        self.title, self.about = _words(self.statement, names)

    @property
    def text(self) -> str:
        """All that is searched."""
        decided = self.statement.decided
        people = (decided.requested_by, decided.decided_by, decided.ticket, decided.id)
        own: tuple[str, ...] = ()
        match self.statement:
            case ExceptionRecord() as each:
                own = (each.reason, each.risk, each.measure, each.control)
            case Attestation() as each:
                own = (each.statement, each.kind)
            case ScopeRule() as each:
                own = (each.reason, *each.controls)
        return "\n".join((self.title, self.about, *people, *own)).casefold()

    def matches(self, search: str, standing: str) -> bool:
        """Whether it is asked for."""
        return search.casefold() in self.text and standing in {"", self.standing}


def _words(statement: Statement, names: Names) -> tuple[str, str]:
    """What it is called, and what it is about."""
    match statement:
        case ExceptionRecord():
            subject = statement.subject
            about = names.subjects.get(subject, subject) or names.words(statement.selector)
            declared = catalogue().get(statement.control)
            return about, f"{statement.control} {declared.title if declared else ''}".strip()
        case Attestation():
            declared_kind = KINDS.get(statement.kind)
            title = declared_kind.title if declared_kind else statement.kind
            subject = statement.subject
            called = names.subjects.get(subject)
            return title, f"{called} ({subject})" if called else subject
        case ScopeRule():
            version = f", version {statement.version}" if statement.version > 1 else ""
            return f"{statement.name}{version}", names.words(statement.selector)


def _about(found: Setting, one: Decision) -> dict[str, Any]:
    """What is told of a statement besides itself."""
    connection = found.connection.id
    statement = one.statement
    context: dict[str, Any] = {
        "one": one,
        "row": rows(found, [one])[0],
        "statement": statement,
        "decided": one.decided,
        "sort_title": TITLES[one.sort.resource],
        "concerned": concerned(statement, catalogue()),
        "versions": one.versions[::-1],
    }
    match statement:
        case ExceptionRecord():
            declared = catalogue().get(statement.control)
            held = standing(connection, statement.control, found.now)
            context |= {
                "covers": queries.covered(connection).get(one.id, 0),
                "notes": queries.notes(found.locker, held, one.id),
                "result": held,
                "outdated": declared is None or declared.version != statement.control_version,
                "declared": declared,
                "named": _named(found, one),
            }
        case ScopeRule():
            every = queries.decisions(found.locker, connection)
            context |= {
                "named": _named(found, one),
                "next_version": queries.replaced_by(every, statement),
                "former": every.get(statement.replaces),
            }
        case Attestation():
            context["kind"] = KINDS.get(statement.kind)
    return context


def _named(found: Setting, one: Decision) -> queries.Named | None:
    """Whom its selector names now."""
    match one.statement:
        case ExceptionRecord(selector=selector, control=control):
            controls: tuple[str, ...] = (control,)
        case ScopeRule(selector=selector, controls=controls):
            pass
        case _:
            return None
    if not selector:
        return None
    return queries.named(found.locker, found.connection.id, selector, controls)


def _allowed(request: HttpRequest, one: Decision) -> Mapping[str, bool]:
    """What this person may do about it."""
    allowed = may(request.user, Action.DECIDE)
    state = one.decided.state
    same = one.decided.requested_by.casefold() == request.user.get_username().casefold()
    return {
        "may_approve": allowed and state is State.REQUESTED and not same,
        "may_reject": allowed and state is State.REQUESTED and not same,
        "may_revoke": allowed and (state is State.APPROVED or (same and state is State.REQUESTED)),
        "own": allowed and same and state is State.REQUESTED,
        "may_decide": allowed,
    }


def _waiting(every: Iterable[Decision], sort: Sort) -> int:
    return sum(each.sort is sort and each.decided.state is State.REQUESTED for each in every)


def order(now: datetime) -> Any:
    """What waits first, then what is in force by its end, then the rest, the newest first."""

    def key(each: Decision) -> tuple[int, float]:
        place = STANDINGS.index(each.decided.standing(now))
        ends = each.decided.expires_at
        asked_at = each.decided.requested_at.timestamp()
        return (place, ends.timestamp()) if place == 1 and ends else (min(place, 3), -asked_at)

    return key
