"""One record of a register: its values now, and what changed from collection to collection."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from watchkeeper.ledger.models import CollectionEntry
from watchkeeper.locker import layout
from watchkeeper.locker.locker import Locker
from watchkeeper.model.resource import Nature
from watchkeeper.queries import sealed, shelf
from watchkeeper.queries.newest import Sealed, collection_id
from watchkeeper.queries.register import Register

MOST_COLLECTIONS = 30
"""How many collections a record's history looks back over."""


@dataclass(frozen=True, slots=True)
class Version:
    """A record as one collection holds it; `values` is None where that does not have it."""

    collection: Sealed
    values: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Change:
    """What differs in one collection from the one before: (name, from, to) for each column.

    `appeared` and `vanished` tell of the record itself.
    """

    before: Sealed
    seen: Sealed
    values: tuple[tuple[str, Any, Any], ...]
    appeared: bool = False
    vanished: bool = False


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record: its newest values, where they come from, its changes, newest first.

    `looked_at` are the collections that were compared, oldest first; `gone` is true when the
    newest of them does not have the record any more.
    """

    values: Mapping[str, Any]
    collection: Sealed
    changes: tuple[Change, ...]
    looked_at: tuple[Sealed, ...]
    gone: bool


def record(register: Register, locker: Locker, connection: int, key: str) -> RecordView | None:
    """The record of that id; None when no collection looked at has it."""
    streamed = register.declared.nature is Nature.STREAM
    looked_at = (
        _holding(register, locker, connection, key) if streamed else _complete(register, connection)
    )
    versions = _versions(register, locker, looked_at, key)
    for newest in reversed(versions):
        if newest.values is not None:
            return RecordView(
                values=newest.values,
                collection=newest.collection,
                changes=changes(versions, frozenset({"updated_at"})),
                looked_at=looked_at,
                gone=newest is not versions[-1],
            )
    return None


def newest_values(
    register: Register, locker: Locker, connection: int, keys: Collection[str]
) -> dict[str, Mapping[str, Any]]:
    """By key: all values of these records in the newest complete collection, where it has them."""
    collections = register.collections(locker, connection)[-1:]
    if not collections or not keys:
        return {}
    files = sealed.vouched(locker, [each.path for each in collections], layout.TABLE)
    columns = [column.name for column in register.declared.columns]
    found = (
        f"SELECT * FROM {sealed.relation(register.declared, files, columns)} "  # noqa: S608
        f"WHERE {register.key} IN (SELECT unnest($keys::VARCHAR[]))"
    )
    rows = sealed.select(files, found, {"keys": list(keys)})
    return {row[register.key]: {name: row[name] for name in columns} for row in rows}


def changes(versions: Sequence[Version], ignored: Collection[str] = ()) -> tuple[Change, ...]:
    """What differs between each version and the next, the newest first."""
    found = []
    for before, after in pairwise(versions):
        if before.values is None and after.values is None:
            continue
        differing: tuple[tuple[str, Any, Any], ...] = ()
        if before.values is not None and after.values is not None:
            old = before.values
            differing = tuple(
                (name, old.get(name), value)
                for name, value in after.values.items()
                if name not in ignored and old.get(name) != value
            )
            if not differing:
                continue
        found.append(
            Change(
                before=before.collection,
                seen=after.collection,
                values=differing,
                appeared=before.values is None,
                vanished=after.values is None,
            )
        )
    return tuple(reversed(found))


def _complete(register: Register, connection: int) -> tuple[Sealed, ...]:
    entries = CollectionEntry.objects.filter(
        connection=connection, resource=register.resource, verdict="complete", subject=""
    ).order_by("-ended", "-id")[:MOST_COLLECTIONS]
    found = [Sealed(each.path, collection_id(each.path), each.ended) for each in entries]
    return tuple(reversed(found))


def _holding(register: Register, locker: Locker, connection: int, key: str) -> tuple[Sealed, ...]:
    """The collection of a stream that holds the newest version of the record."""
    collections = register.collections(locker, connection)
    if not collections:
        return ()
    table = register.table(locker, collections)
    rows = shelf.find([table], "origin", [key])
    return tuple(collections[row["origin"]] for _, row in rows)


def _versions(
    register: Register, locker: Locker, collections: tuple[Sealed, ...], key: str
) -> tuple[Version, ...]:
    if not collections:
        return ()
    files = sealed.vouched(locker, [each.path for each in collections], layout.TABLE)
    columns = [column.name for column in register.declared.columns]
    relation = sealed.relation(register.declared, files, columns)
    found = f"SELECT * FROM {relation} WHERE CAST({register.key} AS VARCHAR) = $key"  # noqa: S608
    rows = sealed.select(files, found, {"key": key})
    by_file = {row["filename"]: {name: row[name] for name in columns} for row in rows}
    return tuple(
        Version(collection, by_file.get(file))
        for collection, file in zip(collections, files, strict=True)
    )
