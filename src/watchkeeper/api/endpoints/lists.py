"""Lists a company keeps: which stand and are watched, one loaded from a file, one removed."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal

import msgspec
from django.http import Http404, HttpRequest
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import ConfigDict, Field, StringConstraints

from watchkeeper.api.callers import caller
from watchkeeper.api.endpoints._common import LOAD, SEE, named, now
from watchkeeper.api.problems import Declined, unusable
from watchkeeper.errors import UsageError
from watchkeeper.jobs import listing
from watchkeeper.jobs.stating import Actor
from watchkeeper.ledger.installation import installation
from watchkeeper.lists import bringing, mapping, sources
from watchkeeper.lists import load as loads
from watchkeeper.lists.rows import check_list_name
from watchkeeper.lists.sources import file as files
from watchkeeper.queries import lists as queries

router = Router(tags=["Lists"])
_ONE = "/connections/{connection}/lists/{kind}/{name}"
_KINDS = tuple(each.name for each in queries.resources())
_AGAIN = "Send `mapping`, `date_order` or `allow_shrink`; `dry_run` shows what a list would give."

Kind = Literal[_KINDS]  # type: ignore[valid-type]
Words = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")]


class StandingList(Schema):
    """A list that stands."""

    name: str
    rows: int
    loaded_at: datetime
    by: str
    source: str = Field(description="The kind of source: `upload`, `folder`, `intune`, …")
    came_from: str = Field(description="The file or address, without secrets.")
    collection: str = Field(description="The id of the collection it was loaded by.")
    mapping: dict[str, str] | None = Field(
        description="By header of the list: the column it feeds, empty where it was left out."
    )
    date_order: str = Field(description="`dmy`, `mdy`, or empty.")
    notes: list[str] = Field(description="What was left out, and why.")


class WatchedList(Schema):
    """A list that is looked at on a schedule where it is kept."""

    name: str
    source: str
    where: str = Field(description="A path or address, without secrets.")
    every_seconds: float
    paused: bool
    looked_at: datetime | None
    found_whole_at: datetime | None
    loaded_at: datetime | None
    due: datetime | None = Field(description="When it is looked at again; null while paused.")
    failures: int = Field(description="How often it failed in a row.")
    failing_since: datetime | None
    error: str


class KindOfList(Schema):
    """A kind of list, also where there is none of it."""

    kind: str
    title: str
    read_by: list[str] = Field(description="The controls that read it.")
    lists: list[StandingList]
    watched: list[WatchedList]


class NewList(Schema):
    """How a file is to be read."""

    model_config = ConfigDict(extra="forbid")
    sheet: Words = Field("", description="Which sheet of a workbook; empty: the first.")
    mapping: str = Field(
        "",
        max_length=100_000,
        description='A JSON object such as {"Tag": "external_id", "Type": ""}: the column that '
        "a header feeds, empty to leave it out. Others are as remembered, or guessed.",
    )
    date_order: Literal["", "dmy", "mdy"] = ""
    guess_again: bool = Field(default=False, description="Forget how its columns were mapped.")
    allow_shrink: bool = Field(
        default=False, description="Load it though it lost more than half of its rows."
    )
    dry_run: bool = Field(default=False, description="Tell what it would give; seal nothing.")


class LoadedList(Schema):
    """What a file gave."""

    kind: str
    name: str
    rows: int
    left_out: int = Field(description="How many lines gave no row.")
    mapping: dict[str, str]
    date_order: str
    notes: list[str]
    collection: str | None = Field(description="The id it was sealed as; null for a dry run.")
    run: int | None = Field(description="The run that judges controls again, if any was judged.")


@router.get(
    "/connections/{connection}/lists",
    auth=SEE,
    response=list[KindOfList],
    operation_id="company_lists",
)
def company_lists(request: HttpRequest, connection: str) -> Any:  # noqa: ARG001
    """Which lists of assets, people and ends of support stand, and which are watched."""
    parts = installation()
    return [
        {
            "kind": each.resource.name,
            "title": each.resource.title,
            "read_by": [control.id for control in each.readers],
            "lists": [_standing(row) for row in each.lists],
            "watched": [_watched(row) for row in each.sources],
        }
        for each in queries.kinds(parts.locker(), parts.vault, named(connection).id, now())
    ]


@router.post(
    _ONE,
    auth=LOAD,
    response={HTTPStatus.CREATED: LoadedList, HTTPStatus.OK: LoadedList},
    operation_id="load_list",
)
def load_list(
    request: HttpRequest,
    connection: str,
    kind: Kind,
    name: str,
    file: File[UploadedFile],
    wanted: Form[NewList],
) -> Any:
    """Loads a CSV or XLSX file in place of the list of that name; 200 for a dry run."""
    view, locker = named(connection), installation().locker()
    asked = _mapping(kind, wanted)
    try:
        check_list_name(name)
        told = (file.read(), file.name or "file")
        given = sources.told(files.given(*told, wanted.sheet.strip(), told[1]), "upload")
    except UsageError as error:
        raise unusable({"body file": error.message}, hint=error.hint) from error
    try:
        understood = bringing.understand(
            locker, view.name, kind, name, given, asked, guess_again=wanted.guess_again
        )
        sealed, run = None, None
        if not wanted.dry_run:
            sealed, run = listing.load(
                locker, view.name, _actor(request), understood, allow_shrink=wanted.allow_shrink
            )
    except UsageError as error:
        raise _declined(error) from error
    applied = understood.applied
    found = {
        "kind": kind,
        "name": name,
        "rows": len(applied.rows),
        "left_out": applied.left_out,
        "mapping": dict(applied.mapping.pairs),
        "date_order": applied.mapping.date_order,
        "notes": list(understood.notes),
        "collection": sealed.id if sealed else None,
        "run": run.pk if run else None,
    }
    return Status(HTTPStatus.CREATED if sealed else HTTPStatus.OK, found)


@router.delete(_ONE, auth=LOAD, response={HTTPStatus.NO_CONTENT: None}, operation_id="remove_list")
def remove_list(request: HttpRequest, connection: str, kind: Kind, name: str) -> Any:
    """Ends a list; what it held stays in the locker. One that is watched would come again."""
    view, locker = named(connection), installation().locker()
    if name not in {each.name for each in loads.held(locker, view.name, kind)}:
        raise Http404("There is no such list.")
    listing.remove(locker, view.name, _actor(request), kind, name)
    return Status(HTTPStatus.NO_CONTENT, None)


def _actor(request: HttpRequest) -> Actor:
    who = caller(request)
    return Actor(who.person.get_username(), who.name)


def _declined(error: UsageError) -> Declined:
    """What cannot be loaded as it is; hints about a command's options are not for programs."""
    return Declined(HTTPStatus.UNPROCESSABLE_ENTITY, error.message, hint=_AGAIN)


def _mapping(kind: str, wanted: NewList) -> mapping.Mapping:
    """The mapping that was sent; raises Declined."""
    try:
        sent = msgspec.json.decode(wanted.mapping or "{}", type=dict[str, str])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise unusable({"body mapping": "It is no JSON object of texts."}) from error
    try:
        texts = [f"{header}={column}" for header, column in sent.items()]
        return mapping.given(loads.resource(kind), texts, wanted.date_order)
    except UsageError as error:
        raise unusable({"body mapping": error.message}) from error


def _standing(row: queries.ListRow) -> dict[str, Any]:
    pairs = None
    if row.columns is not None:
        pairs = dict(row.columns) | dict.fromkeys(row.unused, "")
    return {
        "name": row.name,
        "rows": row.rows,
        "loaded_at": row.at,
        "by": row.by,
        "source": row.source,
        "came_from": row.came_from,
        "collection": row.collection,
        "mapping": pairs,
        "date_order": row.date_order,
        "notes": list(row.notes),
    }


def _watched(row: queries.SourceRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "source": row.source,
        "where": row.where,
        "every_seconds": row.every.total_seconds(),
        "paused": row.paused,
        "looked_at": row.tried_at,
        "found_whole_at": row.found_at,
        "loaded_at": row.loaded_at,
        "due": row.due,
        "failures": row.failures,
        "failing_since": row.failing_since,
        "error": row.error,
    }
