"""Controls: which there are, what each says of a connection, its items and its history."""

import uuid
from datetime import datetime
from typing import Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from watchkeeper.api import values
from watchkeeper.api.endpoints._common import SEE, named, now
from watchkeeper.api.paging import MOST_ID, UPTO, Listed, Paging, Searched, listed
from watchkeeper.controls import catalogue
from watchkeeper.ledger.installation import installation
from watchkeeper.model.assessment import Counts, Outcome, Result
from watchkeeper.model.control import Cadence, Severity
from watchkeeper.model.control import Control as Declared
from watchkeeper.queries import items as item_queries
from watchkeeper.queries.control import control as find_control
from watchkeeper.queries.history import (
    days,
    newest_assessment,
    page_of_control,
    path_of,
    since,
)
from watchkeeper.queries.newest import collection_id
from watchkeeper.queries.standing import Standing, standing, standings

router = Router(tags=["Controls"])
_SORTS = tuple(f"{sign}{each}" for each in item_queries.LISTING.sorts for sign in ("", "-"))


class Parameter(Schema):
    """A number or word that decides, and why it is as it is."""

    name: str
    default: Any
    unit: str
    why: str
    minimum: float | None
    maximum: float | None


class Requirement(Schema):
    """A framework's clause that a control contributes evidence to."""

    framework: str
    id: str


class Control(Schema):
    """A control as its page declares it."""

    id: str
    version: str
    title: str
    severity: Severity
    cadence: Cadence
    reads: dict[str, list[str]] = Field(description="By resource: the columns it sees.")
    parameters: list[Parameter]
    requirements: list[Requirement]
    why: str = Field(description="Markdown.")
    remedy: str = Field(description="Markdown.")
    logic: str = Field(description="SQL.")
    sha256: str = Field(description="Of the page.")
    tenant: bool = Field(description="Whether you wrote it; else it comes with the product.")


class Tally(Schema):
    """How many subjects had which outcome."""

    passed: int
    failed: int
    not_applicable: int
    unknown: int
    excepted: int = Field(description="How many of those that failed an exception covers.")


class State(Schema):
    """What a control says of a connection, read now."""

    control: str
    title: str
    version: str
    severity: Severity
    cadence: Cadence
    result: Result = Field(description="May have become STALE since it was sealed.")
    reason: str
    sealed_result: Result
    counts: Tally
    judged_at: datetime
    as_of: datetime | None
    holds_until: datetime | None = Field(
        description="When the first exception or declaration it rests on expires."
    )
    since: datetime | None = Field(description="Since when it says so without a break.")
    assessment: str = Field(description="The folder of what was sealed, in the locker.")


class ParameterInForce(Schema):
    """A parameter as it was when the control was judged."""

    name: str
    value: Any
    default: Any
    changed: bool


class Mapped(Schema):
    """A requirement; `too_loose` says why the control gives no evidence for it."""

    framework: str
    id: str
    too_loose: str


class StateDetail(State):
    """What a control says, why, and what that rests on."""

    parameters: list[ParameterInForce]
    requirements: list[Mapped]
    evidence: list[values.Collection]


class Item(Schema):
    """One subject: what was found, and the values that rests on."""

    subject: str
    name: str
    outcome: Outcome
    reason: str
    observed: dict[str, Any]
    exception: str = Field(description="The id of the one that covers it: it fails all the same.")


class ItemsAsked(Searched):
    """Which items."""

    assessment: uuid.UUID | None = Field(
        None, description="Of an earlier assessment, by its id; `next` holds on to one."
    )
    outcome: Outcome | None = None
    exception: str = Field("", max_length=20, description="What this exception covers alone.")
    sort: Literal[_SORTS] = Field("outcome", description="With `-` descending.")  # type: ignore[valid-type]


class HistoryAsked(Paging):
    """Which assessments."""

    upto: int | None = Field(None, ge=0, le=MOST_ID, description=UPTO)


class Assessment(Schema):
    """One assessment of a control, as sealed."""

    id: str
    path: str
    judged_at: datetime
    as_of: datetime | None
    version: str
    result: Result
    reason: str
    counts: Tally


class DaysAsked(Schema):
    """How many days to look back over."""

    days: int = Field(30, ge=1, le=366)


class Day(Schema):
    """How many controls ended a day with which result; none where nothing was judged."""

    day: str
    results: dict[str, int]


@router.get("/controls", auth=SEE, response=list[Control], operation_id="controls")
def controls(request: HttpRequest) -> Any:  # noqa: ARG001
    """Every control there is."""
    return [_declared(each) for each in catalogue().values()]


@router.get("/controls/{control}", auth=SEE, response=Control, operation_id="control")
def declared(request: HttpRequest, control: str) -> Any:  # noqa: ARG001
    """One control, as its page declares it."""
    found = catalogue().get(control)
    if found is None:
        raise Http404("There is no such control.")
    return _declared(found)


@router.get(
    "/connections/{connection}/controls", auth=SEE, response=list[State], operation_id="results"
)
def results(request: HttpRequest, connection: str) -> Any:  # noqa: ARG001
    """What every control says of a connection, the worst first."""
    view = named(connection)
    lasting = since(view.id)
    return [_state(each, lasting) for each in standings(view.id, now())]


@router.get("/connections/{connection}/days", auth=SEE, response=list[Day], operation_id="days")
def results_by_day(request: HttpRequest, connection: str, asked: Query[DaysAsked]) -> Any:  # noqa: ARG001
    """How many controls ended each day with which result, the oldest day first."""
    found = days(named(connection).id, now().date(), asked.days)
    return [
        {
            "day": each.day.isoformat(),
            "results": {result.value: count for result, count in each.results.items()},
        }
        for each in found
    ]


@router.get(
    "/connections/{connection}/controls/{control}",
    auth=SEE,
    response=StateDetail,
    operation_id="result",
)
def result(request: HttpRequest, connection: str, control: str) -> Any:  # noqa: ARG001
    """What one control says of a connection, why, and what that rests on."""
    view = named(connection)
    found = find_control(installation().locker(), view.id, control, now())
    if found is None:
        raise Http404("This control was never judged over this connection.")
    return _state(found.standing, since(view.id)) | {
        "parameters": list(found.parameters),
        "requirements": [
            {
                "framework": each.requirement.framework,
                "id": each.requirement.id,
                "too_loose": each.too_loose,
            }
            for each in found.requirements
        ],
        "evidence": list(found.evidence),
    }


@router.get(
    "/connections/{connection}/controls/{control}/items",
    auth=SEE,
    response=Listed[Item],
    operation_id="items",
)
def items(
    request: HttpRequest,
    response: HttpResponse,
    connection: str,
    control: str,
    asked: Query[ItemsAsked],
) -> Any:
    """The items of a control's newest assessment, or of an earlier one."""
    view = named(connection)
    path = _standing(view.id, control).path
    if asked.assessment is not None:
        earlier = path_of(view.id, control, str(asked.assessment))
        if earlier is None:
            raise Http404("There is no such assessment of this control.")
        path = earlier
    wanted = asked.asked(
        {"outcome": asked.outcome.value if asked.outcome else "", "exception": asked.exception}
    )
    page = item_queries.items(installation().locker(), path, wanted)
    return listed(request, response, asked, page, assessment=collection_id(path))


@router.get(
    "/connections/{connection}/controls/{control}/assessments",
    auth=SEE,
    response=Listed[Assessment],
    operation_id="assessments",
)
def assessments(
    request: HttpRequest,
    response: HttpResponse,
    connection: str,
    control: str,
    asked: Query[HistoryAsked],
) -> Any:
    """Every assessment of a control over a connection, the newest first."""
    view = named(connection)
    _standing(view.id, control)
    found = page_of_control(view.id, control, asked.page, asked.size, upto=asked.upto)
    return listed(request, response, asked, found, upto=asked.upto or newest_assessment())


def _standing(connection: int, control: str) -> Standing:
    found = standing(connection, control, now())
    if found is None:
        raise Http404("This control was never judged over this connection.")
    return found


def _declared(control: Declared) -> dict[str, Any]:
    told = {name: getattr(control, name) for name in Control.model_fields if name != "reads"}
    return told | {"reads": {name: list(columns) for name, columns in control.reads.items()}}


def _state(found: Standing, lasting: dict[str, datetime]) -> dict[str, Any]:
    plain = set(State.model_fields) - {"counts", "since", "assessment"}
    return {name: getattr(found, name) for name in plain} | {
        "counts": _tally(found.counts),
        "since": lasting.get(found.control),
        "assessment": found.path,
    }


def _tally(counts: Counts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in Tally.model_fields}
