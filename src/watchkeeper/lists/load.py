"""Loads: a list replaces what it was before, the others of its kind stay beside it.

A collection of a list's resource is always the whole: the rows of every list. Each says in its
manifest which list was changed by it and where each of the others was changed last, so that what
stands can be worked out from all of them, whatever order they were made in. Nothing is locked: a
bucket knows no locks. Who seals looks again afterwards, and where another load came between,
joins both.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from watchkeeper.clock import rfc3339
from watchkeeper.errors import LockerError, Tampered, UsageError
from watchkeeper.lists import mapping as mappings
from watchkeeper.lists.rows import check_list_name
from watchkeeper.locker import layout, stated, stream
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.stated import Document
from watchkeeper.model.collection import Collection
from watchkeeper.model.resource import Resource
from watchkeeper.resources import everything

_SHRUNK = 0.5
_MOST_TRIES = 50
_JOINED_BY = "watchkeeper"


class Change(StrEnum):
    """What a collection of lists did."""

    LOADED = "loaded"
    REMOVED = "removed"
    JOINED = "joined"  # nothing new: two loads that did not see each other


@dataclass(frozen=True, slots=True)
class Held:
    """A list that stands: the collection it was loaded by, its rows, when, by whom, from where.

    `mapping` is None for one that was sealed by other means than a load. Times are UTC.
    """

    name: str
    collection: Collection
    rows: int
    mapping: mappings.Mapping | None

    @property
    def at(self) -> datetime:
        """When it was loaded."""
        return self.collection.ended

    @property
    def by(self) -> str:
        """Who loaded it."""
        return str(self.collection.manifest["source"].get("stated_by", ""))

    @property
    def source(self) -> str:
        """The kind of source that gave it; empty where nothing tells it."""
        return str(_request(self.collection).get("source", ""))

    @property
    def came_from(self) -> str:
        """The file or address it came from, without secrets; empty where nothing tells it."""
        return str(_request(self.collection).get("from", ""))

    def is_of(self, documents: Iterable[Document]) -> bool:
        """Whether it was made of these documents, byte for byte, and read the same way."""
        manifest = self.collection.manifest
        kept = [each["received"]["sha256"] for each in manifest["pages"]]
        given = list(documents)
        sheet = str(_request(self.collection).get("sheet", ""))
        return kept == [hashlib.sha256(each.data).hexdigest() for each in given] and all(
            str(each.facts.get("sheet", "")) == sheet for each in given
        )


@dataclass(frozen=True, slots=True)
class _Standing:
    """The lists that stand, and the newest collection; `joined`: it holds all of them."""

    lists: Mapping[str, Held]
    newest: Collection | None
    joined: bool


def resource(name: str) -> Resource:
    """The resource of lists of that name; raises UsageError."""
    lists = {each.name: each for each in everything().values() if mappings.listable(each)}
    if name not in lists:
        raise UsageError(f"There are no lists of {name!r}.", hint=f"There are: {', '.join(lists)}.")
    return lists[name]


def held(locker: Locker, connection: str, resource_name: str) -> list[Held]:
    """The lists of a resource that stand now, by name."""
    found = _standing(locker, connection, resource(resource_name)).lists
    return [found[name] for name in sorted(found)]


def remembered(
    locker: Locker, connection: str, resource_name: str, list_name: str
) -> mappings.Mapping | None:
    """The mapping that a list was loaded with last; None for one that is not there."""
    found = _standing(locker, connection, resource(resource_name)).lists.get(list_name)
    return found.mapping if found is not None else None


def held_in(locker: Locker, newest: Collection) -> list[Held]:
    """The lists that a resource's newest complete collection holds, by name.

    As `held`, from the manifests that this one names alone, however many loads there were.
    """
    request = _request(newest)
    if not request:
        found = _by_rows(locker, newest)
        return [found[name] for name in sorted(found)]
    listed: list[Held] = []
    for name, path in sorted(_index(newest).items()):
        where = newest if path == newest.path else locker.sealed(path)
        own = _request(where)
        mapping = own.get("mapping")
        rows = int(request["lists"][name]["rows"])
        known = mappings.Mapping.from_json(mapping) if mapping else None
        listed.append(Held(name, where, rows, known))
    return listed


def shrinks(now: int, before: int) -> bool:
    """Whether a list of `now` rows is none, or has lost more than half of those it had before."""
    return now == 0 or now < before * _SHRUNK


def load(  # noqa: PLR0913 - what is loaded, by name
    locker: Locker,
    connection: str,
    resource_name: str,
    list_name: str,
    rows: Sequence[Mapping[str, Any]],
    documents: Sequence[Document],
    *,
    by: str,
    mapping: mappings.Mapping | None = None,
    notes: tuple[str, ...] = (),
    allow_shrink: bool = False,
) -> Collection:
    """Seals a list's rows in place of those it had, beside the other lists of the resource.

    Returns the collection that holds all of them. `rows` are as `rows.apply` makes them. Raises
    UsageError for an empty list, or one with less than half of its rows of before, unless
    `allow_shrink`.
    """
    kind = resource(resource_name)
    check_list_name(list_name)
    standing = _standing(locker, connection, kind)
    before = standing.lists.get(list_name)
    if not allow_shrink:
        _check_size(list_name, len(rows), before.rows if before else 0)
    facts: dict[str, Any] = {"mapping": mapping.as_json()} if mapping else {}
    change = _Change(Change.LOADED, list_name, by, tuple(rows), tuple(documents), notes, facts)
    return _change(locker, connection, kind, change)


def remove(
    locker: Locker, connection: str, resource_name: str, list_name: str, *, by: str
) -> Collection:
    """Seals the resource without a list; what it held before stays in the locker.

    Raises UsageError when there is no such list.
    """
    kind = resource(resource_name)
    known = _standing(locker, connection, kind).lists
    if list_name not in known:
        raise UsageError(
            f"There is no list {list_name!r} of {kind.title.lower()}.",
            hint=f"There are: {', '.join(sorted(known)) or 'none'}.",
        )
    return _change(locker, connection, kind, _Change(Change.REMOVED, list_name, by))


# ---------------------------------------------------------------------------- sealing


@dataclass(frozen=True, slots=True)
class _Change:
    """What is to be sealed."""

    kind: Change
    list: str
    by: str
    rows: tuple[Mapping[str, Any], ...] = ()
    documents: tuple[Document, ...] = ()
    notes: tuple[str, ...] = ()
    facts: Mapping[str, Any] | None = None


def _change(locker: Locker, connection: str, kind: Resource, change: _Change) -> Collection:
    """Seals a change, then joins until the newest collection holds every list that stands."""
    sealed = _seal(locker, connection, kind, change)
    for _ in range(_MOST_TRIES):
        standing = _standing(locker, connection, kind)
        if standing.joined:
            return standing.newest or sealed
        _seal(locker, connection, kind, _Change(Change.JOINED, "", _JOINED_BY))
    raise LockerError(
        f"{kind.title} were changed by others {_MOST_TRIES} times while a list was loaded.",
        hint="What was loaded is sealed; load it again when the others are done.",
    )


def _seal(locker: Locker, connection: str, kind: Resource, change: _Change) -> Collection:
    standing = _standing(locker, connection, kind)
    kept = {name: found for name, found in standing.lists.items() if name != change.list}
    told: dict[str, Any] = {
        name: {"in": found.collection.path, "rows": found.rows} for name, found in kept.items()
    }
    if change.kind is Change.LOADED:
        told[change.list] = {"in": "", "rows": len(change.rows)}
    facts = {"change": change.kind.value, "list": change.list, "lists": told}
    documents = change.documents or (_own_document(change, facts, locker.clock.now()),)
    first = replace(documents[0], facts={**documents[0].facts, **(change.facts or {}), **facts})
    carried = _carried(locker, kind, kept.values(), standing)
    statement = stated.Statement(
        rows=[*carried, *change.rows],
        documents=[first, *documents[1:]],
        by=change.by,
        notes=change.notes,
    )
    return stated.seal(locker, connection, kind, statement)


def _own_document(change: _Change, facts: Mapping[str, Any], now: datetime) -> Document:
    """What is kept of a change that brings no document."""
    told = {"change": facts["change"], "list": change.list, "by": change.by, "at": rfc3339(now)}
    return Document(json.dumps(told, ensure_ascii=False).encode())


def _carried(
    locker: Locker, kind: Resource, lists: Iterable[Held], standing: _Standing
) -> list[dict[str, Any]]:
    """The rows of lists that are not changed, each read where it is as it was loaded."""
    newest = standing.newest
    told = _index(newest) if newest is not None else {}
    by_collection: dict[str, tuple[Collection, set[str]]] = {}
    for each in lists:
        # The newest collection has most of them: one table to read in place of one for each.
        at_hand = newest is not None and told.get(each.name) == each.collection.path
        where = newest if at_hand and newest is not None else each.collection
        by_collection.setdefault(where.path, (where, set()))[1].add(each.name)
    columns = [column.name for column in kind.columns]
    rows: list[dict[str, Any]] = []
    locker.vouch(by_collection)
    for collection, names in by_collection.values():
        _check_table(locker, collection)
        table = stream.rows(locker, kind, columns, collection)
        rows += (row for row in table.to_pylist() if (row["list"] or "") in names)
    return rows


def _check_table(locker: Locker, collection: Collection) -> None:
    """Raises Tampered for a table that is not what was sealed: it must not be sealed anew."""
    path = f"{collection.path}/{layout.TABLE}"
    sealed = {file["path"]: file["sha256"] for file in collection.manifest["files"]}
    if hashlib.sha256(locker.store.get(path)).hexdigest() != sealed.get(layout.TABLE):
        raise Tampered(
            f"{path} is not what was sealed; its rows cannot be carried over.",
            hint="See what `watchkeeper verify` says.",
        )


def _check_size(list_name: str, now: int, before: int) -> None:
    if now == 0:
        raise UsageError(
            f"The list {list_name!r} would be empty.",
            hint="Look at what was left out (--dry-run); --allow-shrink loads it all the same.",
        )
    if shrinks(now, before):
        raise UsageError(
            f"The list {list_name!r} has {now:,} rows, and had {before:,}: less than half.",
            hint="Look whether it is whole; --allow-shrink loads it all the same.",
        )


# ---------------------------------------------------------------------------- what stands


def _standing(locker: Locker, connection: str, kind: Resource) -> _Standing:
    """What all sealed collections together say; each list as it was changed last."""
    lists: dict[str, Held] = {}
    newest = None
    for each in stated.readable(locker.collections(connection, kind.name)):
        newest = each
        request = _request(each)
        name = str(request.get("list", ""))
        match request.get("change"):
            case Change.LOADED:
                lists[name] = _loaded(each, request)
            case Change.REMOVED:
                lists.pop(name, None)
            case Change.JOINED:
                pass
            case _:  # sealed by other means: it is the whole
                lists = _by_rows(locker, each)
    index = _index(newest) if newest is not None else {}
    if newest is not None and not _request(newest):
        joined = True
    else:
        joined = index == {name: found.collection.path for name, found in lists.items()}
    return _Standing(lists, newest, joined)


def _request(collection: Collection) -> Mapping[str, Any]:
    """What a load told of itself; empty where a collection was made by other means."""
    requests: Iterable[Mapping[str, Any]] = collection.manifest.get("requests", ())
    return next((each for each in requests if "change" in each and "lists" in each), {})


def _index(collection: Collection) -> dict[str, str]:
    """By list: the collection that it was loaded by, as a newer one tells it."""
    told: Mapping[str, Mapping[str, Any]] = _request(collection).get("lists", {})
    return {name: str(each["in"]) or collection.path for name, each in told.items()}


def _loaded(collection: Collection, request: Mapping[str, Any]) -> Held:
    name = str(request["list"])
    mapping = request.get("mapping")
    return Held(
        name,
        collection,
        int(request["lists"][name]["rows"]),
        mappings.Mapping.from_json(mapping) if mapping else None,
    )


def _by_rows(locker: Locker, collection: Collection) -> dict[str, Held]:
    counts: dict[str, int] = {}
    for name in locker.table(collection, ["list"])["list"].to_pylist():
        counts[name or ""] = counts.get(name or "", 0) + 1
    return {name: Held(name, collection, rows, None) for name, rows in counts.items()}
