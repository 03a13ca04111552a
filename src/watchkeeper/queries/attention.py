"""What needs attention first: a short list, the most urgent first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from watchkeeper.controls import catalogue as controls
from watchkeeper.controls import tenant
from watchkeeper.model.assessment import Result
from watchkeeper.queries.connections import ConnectionView
from watchkeeper.queries.freshness import Freshness
from watchkeeper.queries.standing import Standing

MOST = 5
_MOST_FAULTS = 3


class Kind(StrEnum):
    """What an entry is about."""

    CONNECTION = "connection"
    TOKEN = "token"  # noqa: S105 - a kind, no secret
    RESOURCE = "resource"
    CONTROL = "control"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing to look at. `target` is the control's or the collection's id."""

    kind: Kind
    result: Result
    title: str
    reason: str
    target: str = ""
    severity: str = ""


def attention(
    connection: ConnectionView,
    standings: Sequence[Standing],
    freshness: Sequence[Freshness],
    now: datetime,
) -> tuple[Attention, ...]:
    """The most urgent first: no connection, no token, unread resources, pages, then controls."""
    found = [
        *_connection(connection, now),
        *_resources(freshness, now),
        *_pages(),
        *_controls(standings),
    ]
    return tuple(found[:MOST])


def _connection(connection: ConnectionView, now: datetime) -> list[Attention]:
    found: list[Attention] = []
    if connection.state not in {"ok", "new"}:
        title = f"The connection does not work: {connection.state}"
        found.append(Attention(Kind.CONNECTION, Result.ERROR, title, connection.state_reason))
    elif connection.paused:
        reason = "The schedule leaves this connection alone; results grow stale."
        found.append(Attention(Kind.CONNECTION, Result.STALE, "The connection is paused", reason))
    state = connection.token_state(now)
    if state == "expired":
        reason = "Nothing can be collected until a new token is given."
        found.append(Attention(Kind.TOKEN, Result.ERROR, "The API token has expired", reason))
    elif state == "soon" and connection.token_expires_at is not None:
        left = max(0, (connection.token_expires_at - now).days)
        days = "1 day" if left == 1 else f"{left} days"
        title = f"The API token expires in {days}"
        reason = "Replace it before then, or collection has a gap."
        found.append(Attention(Kind.TOKEN, Result.STALE, title, reason))
    return found


def _resources(freshness: Sequence[Freshness], now: datetime) -> list[Attention]:
    found: list[Attention] = []
    for each in freshness:
        newest = each.newest
        if newest is None:
            continue
        readers = sum(1 for control in controls().values() if each.resource.name in control.reads)
        rest = "" if readers == 0 else f" {_controls_rest(readers)} on it."
        if newest.verdict.value != "complete" and not each.resource.optional:
            title = f"{each.resource.title}: the newest collection is {newest.verdict.value}"
            reason = f"{newest.reason}{rest}"
            found.append(Attention(Kind.RESOURCE, Result.ERROR, title, reason, newest.id))
        elif each.overdue(now):
            title = f"{each.resource.title}: overdue"
            reason = f"It has missed more than one turn of its schedule.{rest}"
            found.append(Attention(Kind.RESOURCE, Result.STALE, title, reason, newest.id))
    return found


def _pages() -> list[Attention]:
    """Pages of the tenant's that are no controls: what they were to watch is not watched."""
    return [
        Attention(
            Kind.PAGE,
            Result.ERROR,
            f"Your control {each.file.removesuffix('.md')} cannot be read",
            " ".join(each.faults[:_MOST_FAULTS]),
        )
        for each in tenant.in_use().faulty
    ]


def _controls_rest(readers: int) -> str:
    return "1 control rests" if readers == 1 else f"{readers} controls rest"


def _controls(standings: Sequence[Standing]) -> list[Attention]:
    """Failures by severity first: what could not be judged is told by its resource already."""
    bad = [each for each in standings if each.result.rank <= Result.FAIL.rank]
    ordered = sorted(bad, key=lambda each: (each.severity != "critical", each.weight))
    return [
        Attention(Kind.CONTROL, each.result, each.title, each.reason, each.control, each.severity)
        for each in ordered
    ]
