"""Findings: failing items through time; what every control said at a past moment."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from watchkeeper.api.endpoints._common import SEE, named, now
from watchkeeper.api.paging import Listed, Moment, Searched, Words, listed
from watchkeeper.model.assessment import Result
from watchkeeper.model.control import Severity
from watchkeeper.queries import findings as queries
from watchkeeper.queries.past import standings_at

router = Router(tags=["Findings"])
_SORTS = tuple(f"{sign}{each}" for each in queries.SORTS for sign in ("", "-"))


class Asked(Searched):
    """Which findings."""

    control: Words = Field("", description="A control's id.")
    severity: Severity | None = None
    state: Literal[("", *queries.STATES)] = ""  # type: ignore[valid-type]
    how: Literal[("", *queries.HOW)] = Field("", description="How it ended.")  # type: ignore[valid-type]
    sort: Literal[_SORTS] = Field("-opened", description="With `-` descending.")  # type: ignore[valid-type]


class ControlFinding(Schema):
    """A failing item through time."""

    id: int
    control: str
    subject: str
    name: str
    severity: str
    reason: str = Field(description="Why it failed when it was first seen.")
    opened_at: datetime
    due_at: datetime
    last_seen_at: datetime | None = Field(description="Of one that has ended.")
    closed_at: datetime | None
    how: str = Field(description="How it ended; empty while it is open.")
    closed_reason: str
    times: int = Field(description="The how manieth of its subject for this control.")
    after: str = Field(description="How the one before it ended.")
    late: bool
    regressed: bool


class PastAsked(Schema):
    """Which moment."""

    at: Moment = Field(description="As of then.")


class Past(Schema):
    """What a control said then."""

    control: str
    title: str
    version: str
    result: Result
    reason: str
    judged_at: datetime
    as_of: datetime | None
    assessment: str = Field(description="The folder of what was sealed, in the locker.")


@router.get(
    "/connections/{connection}/findings",
    auth=SEE,
    response=Listed[ControlFinding],
    operation_id="findings",
)
def findings(
    request: HttpRequest, response: HttpResponse, connection: str, asked: Query[Asked]
) -> Any:
    """The findings of a connection."""
    wanted = queries.Wanted(
        control=asked.control,
        severity=asked.severity or "",
        state=asked.state,
        how=asked.how,
        search=asked.q,
        sort=asked.sort.removeprefix("-"),
        descending=asked.sort.startswith("-"),
        number=asked.page,
        size=asked.size,
    )
    return listed(request, response, asked, queries.findings(named(connection).id, wanted, now()))


@router.get(
    "/connections/{connection}/past", auth=SEE, response=list[Past], operation_id="past_results"
)
def past(request: HttpRequest, connection: str, asked: Query[PastAsked]) -> Any:  # noqa: ARG001
    """What every control said at that moment, from what was sealed by then; the worst first."""
    return [
        {
            "control": each.control,
            "title": each.title,
            "version": each.version,
            "result": each.result,
            "reason": each.reason,
            "judged_at": each.judged_at,
            "as_of": each.as_of,
            "assessment": each.path,
        }
        for each in standings_at(named(connection).id, min(asked.at, now()))
    ]
