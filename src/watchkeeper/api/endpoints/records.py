"""What was collected: for each resource its list and its records, made from its declaration.

A resource that is added, as a file of `resources/`, is here without anything else.
"""

import json
import uuid
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar, cast

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field, create_model

from watchkeeper.api.endpoints._common import SEE, named
from watchkeeper.api.paging import Listed, Searched, Words, listed
from watchkeeper.ledger.installation import installation
from watchkeeper.model.resource import Column, ColumnType
from watchkeeper.queries import register as queries
from watchkeeper.queries.every import every
from watchkeeper.queries.latest import shortfall
from watchkeeper.queries.newest import Sealed, newest_complete
from watchkeeper.queries.paging import Page
from watchkeeper.queries.record import Change, record
from watchkeeper.queries.register import Register

router = Router(tags=["Records"])
T = TypeVar("T")

_TYPES: dict[ColumnType, Any] = {
    ColumnType.TEXT: str | None,
    ColumnType.INTEGER: int | None,
    ColumnType.BOOLEAN: bool | None,
    ColumnType.TIMESTAMP: datetime | None,
    ColumnType.TEXTS: list[str] | None,
    ColumnType.JSON: Any,
}


class Source(Schema):
    """A collection that a list or a record rests on."""

    id: str
    ended: datetime


class Shortfall(Schema):
    """The newest attempt, where it was not complete: what is told is older."""

    collection: str
    ended: datetime
    verdict: str
    reason: str
    permission: str = Field(description="What the token needs for this resource.")


class Records(Listed[T], Generic[T]):
    """A page of records."""

    source: Source = Field(description="The newest collection they are from.")
    shortfall: Shortfall | None


class Changed(Schema):
    """One value, before and after."""

    name: str
    before: Any
    after: Any


class Seen(Schema):
    """What differs between two collections that follow each other."""

    before: Source
    seen: Source
    appeared: bool
    vanished: bool
    values: list[Changed]


class Record(Schema, Generic[T]):
    """One record: its newest values, and how they changed, the newest change first."""

    values: T
    source: Source
    gone: bool = Field(description="True when the newest collection no longer has it.")
    changes: list[Seen]
    compared: int = Field(description="How many collections were compared.")


def _row(register: Register, name: str, *, whole: bool) -> Any:
    """The schema of a row of the list, or of a whole record."""
    resource = register.declared
    columns = resource.columns if whole else [resource.column(each) for each in register.shown]
    fields: dict[str, Any] = {
        each.name: (_TYPES[each.type], Field(description=_described(each))) for each in columns
    }
    if not whole:
        fields |= dict.fromkeys(register.computed, (str | None, ...))
    return create_model(name, __base__=Schema, **fields)


def _described(column: Column) -> str:
    told = f"`{column.path}` of the console's answer"
    return f"{told}; personal" if column.personal else told


def _asked(register: Register, name: str) -> Any:
    """The query parameters of a list."""
    sorts = tuple(f"{sign}{each}" for each in register.sorts for sign in ("", "-"))
    first = f"-{register.default_sort}" if register.newest_first else register.default_sort
    fields: dict[str, Any] = dict.fromkeys(register.filters, (Words, ""))
    for each, values in register.closed.items():
        fields[each] = (Literal[("", *values)], "")
    fields["sort"] = (Literal[sorts], Field(first, description="With `-` descending."))
    fields["collection"] = (
        uuid.UUID | None,
        Field(None, description="As it was with that collection, by its id."),
    )
    return create_model(name, __base__=Searched, **fields)


def _add(resource: str, register: Register) -> None:
    """Adds a resource's two endpoints."""
    path = f"/connections/{{connection}}/{resource}"
    title = register.declared.title
    name = "".join(part.title() for part in resource.split("_"))
    asked_for = _asked(register, f"{name}Asked")
    row, whole = _row(register, f"{name}Row", whole=False), _row(register, name, whole=True)

    def many(request: HttpRequest, response: HttpResponse, connection: str, asked: Any) -> Any:
        return _page(register, request, response, connection, asked)

    many.__annotations__["asked"] = cast("Any", Query)[asked_for]
    router.get(
        path, auth=SEE, response=cast("Any", Records)[row], operation_id=resource, summary=title,
        url_name=resource, description=f"{title}: a page of them.",
    )(many)  # fmt: skip

    if register.key != register.declared.key:
        return  # its records have no id to ask for one by

    def one(request: HttpRequest, connection: str, identity: str) -> Any:  # noqa: ARG001
        return _record(register, connection, identity)

    router.get(
        f"{path}/{{path:identity}}",
        auth=SEE,
        response=cast("Any", Record)[whole],
        operation_id=f"{resource}_record",
        summary=f"{title}: one",
        description=f"One of {title[:1].lower()}{title[1:]}, with what changed.",
    )(one)


def _page(
    register: Register, request: HttpRequest, response: HttpResponse, connection: str, asked: Any
) -> Any:
    view = named(connection)
    wanted = asked.asked({name: getattr(asked, name) for name in register.filters})
    upto = str(asked.collection or "")
    found = queries.listed(register, installation().locker(), view.id, wanted, upto)
    short = shortfall(view.id, register.resource)
    newest = newest_complete(view.id, register.resource, upto)
    if found is None and newest is None:
        raise Http404(_nothing(register, upto, short.collection.reason if short else ""))
    told = None
    if short is not None:
        told = {
            "collection": short.collection.id,
            "permission": short.permission,
            **{name: getattr(short.collection, name) for name in ("ended", "verdict", "reason")},
        }
    # The newest of a list of changes holds no row where nothing had changed.
    source = max((each for each in (found and found.newest, newest) if each), key=_ended)
    none: Page[dict[str, Any]] = Page((), 1, asked.size, 0)  # read to the end, and there were none
    page = listed(request, response, asked, found.page if found else none, collection=source.id)
    return page | {"source": source, "shortfall": told}


def _ended(collection: Sealed) -> datetime:
    return collection.ended


def _nothing(register: Register, upto: str, reason: str) -> str:
    if upto:
        return "There is no such complete collection of this resource."
    told = f"No complete collection of {register.resource} is there yet."
    return f"{told} The newest attempt: {reason}" if reason else told


def _record(register: Register, connection: str, identity: str) -> Any:
    view = record(register, installation().locker(), named(connection).id, identity)
    if view is None:
        raise Http404(
            f"The collections of this connection know no such record of {register.resource}."
        )
    structured = {each.name for each in register.declared.columns if each.type is ColumnType.JSON}
    return {
        "values": {name: _value(value, name in structured) for name, value in view.values.items()},
        "source": view.collection,
        "gone": view.gone,
        "changes": [_change(each, structured) for each in view.changes],
        "compared": len(view.looked_at),
    }


def _change(change: Change, structured: set[str]) -> dict[str, Any]:
    return {
        "before": change.before,
        "seen": change.seen,
        "appeared": change.appeared,
        "vanished": change.vanished,
        "values": [
            {
                "name": name,
                "before": _value(before, name in structured),
                "after": _value(after, name in structured),
            }
            for name, before, after in change.values
        ],
    }


def _value(value: Any, structured: bool) -> Any:  # noqa: FBT001 - one place calls it
    """JSON as received becomes what it says."""
    if not structured or not value:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


for _name, _register in every().items():
    _add(_name, _register)
