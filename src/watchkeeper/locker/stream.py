"""The rows of several collections of one resource as one table: the newest version of each key."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from watchkeeper.columns import ARROW_TYPES
from watchkeeper.errors import LockerError
from watchkeeper.locker.keys import Keys
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection
from watchkeeper.model.resource import Resource
from watchkeeper.model.stream import Kind, Reach

# Of records that are told by name in a manifest: the others are only counted.
MOST_NAMED = 100

_ORDER, _SEEN = "__order", "__order_seen"
_MOMENT = pa.timestamp("us", "UTC")


def newest(
    locker: Locker, resource: Resource, columns: Sequence[str], collections: Sequence[Collection]
) -> pa.Table:
    """These columns of the newest version of each key; `collections` are oldest first."""
    if not collections:
        return schema(resource, columns).empty_table()
    if len(collections) == 1:
        return rows(locker, resource, columns, collections[0])
    wanted = list(dict.fromkeys([*columns, resource.key, *filter(None, [resource.updated])]))
    versions = [
        _versioned(rows(locker, resource, wanted, each), resource, each, position)
        for position, each in enumerate(collections)
    ]
    return newest_versions(pa.concat_tables(versions), resource.key).select(list(columns))


def rows(
    locker: Locker, resource: Resource, columns: Sequence[str], collection: Collection
) -> pa.Table:
    """The declared columns of one collection, in order and typed as declared today.

    A column that the collection does not have, because it was declared later, is NULL.
    """
    wanted = schema(resource, columns)
    held = locker.table(collection, [*columns])
    return pa.table(
        [
            held[field.name].cast(field.type)
            if field.name in held.column_names
            else pa.nulls(held.num_rows, field.type)
            for field in wanted
        ],
        schema=wanted,
    )


def schema(resource: Resource, columns: Sequence[str]) -> pa.Schema:
    """The Arrow schema of some columns, typed as declared today."""
    return pa.schema([(name, ARROW_TYPES[resource.column(name).type]) for name in columns])


def _versioned(
    table: pa.Table, resource: Resource, collection: Collection, position: int
) -> pa.Table:
    """The rows with what orders versions: when changed, and by which collection it was seen."""
    seen = pa.scalar(collection.ended, _MOMENT)
    changed = (
        pc.fill_null(table[resource.updated], seen)
        if resource.updated
        else pa.repeat(seen, table.num_rows)
    )
    return table.append_column(_ORDER, changed).append_column(
        _SEEN, pa.repeat(pa.scalar(position, pa.int64()), table.num_rows)
    )


def newest_versions(table: pa.Table, key: str) -> pa.Table:
    """One row for each key, the newest; rows without a key all stay."""
    ordered = table.sort_by([(key, "ascending"), (_ORDER, "descending"), (_SEEN, "descending")])
    keys = ordered[key].combine_chunks()
    if len(keys) == 0:
        return ordered
    repeated = pc.fill_null(pc.equal(keys[1:], keys[:-1]), fill_value=False)
    first = pa.concat_arrays([pa.array([True]), pc.invert(repeated)])
    return ordered.filter(first)


@dataclass(frozen=True, slots=True)
class Differences:
    """What a whole collection shows of those before it; at most `MOST_NAMED` ids are named.

    `gone` were known and are no longer there. `unannounced` were updated before the moment that
    what is known reached, and are known at no such version, or not at all.
    """

    gone: int
    gone_ids: tuple[str, ...]
    unannounced: int
    unannounced_ids: tuple[str, ...]


@dataclass(slots=True)
class Versions:
    """The keys that a collection has met so far, each with when it was updated."""

    resource: Resource
    _batches: list[pa.RecordBatch] = field(default_factory=list)

    def add(self, batch: pa.RecordBatch) -> None:
        """Adds rows of the resource; each key comes once."""
        self._batches.append(batch.select(self._columns))

    def known_with(self, locker: Locker, collections: Iterable[Collection]) -> int:
        """How many different keys these and sealed collections hold together."""
        known = Keys()
        name = self.resource.key
        for batch in self._batches:
            known.add(batch.column(name))
        for collection in collections:
            held = locker.table(collection, [name])
            for chunk in held.column(name).chunks:
                known.add(chunk)
        return len(known)

    def against(
        self, locker: Locker, collections: Sequence[Collection], until: datetime | None
    ) -> Differences:
        """What differs from what these sealed collections hold, oldest first, which reach `until`.

        With None nothing is unannounced.
        """
        name, updated = self._columns
        before = newest(locker, self.resource, self._columns, collections)
        now = pa.Table.from_batches(self._batches, schema(self.resource, self._columns))
        gone = before[name].filter(pc.invert(pc.is_in(before[name], now[name].combine_chunks())))
        place = pc.index_in(now[name], before[name].combine_chunks())
        known = before[updated].combine_chunks().take(place)
        older = pc.fill_null(pc.less(known, now[updated]), fill_value=False)
        due = pc.fill_null(pc.less(now[updated], pa.scalar(until, _MOMENT)), fill_value=False)
        late = now[name].filter(pc.and_(due, pc.or_(pc.is_null(place), older)))
        return Differences(len(gone), _named(gone), len(late), _named(late))

    @property
    def _columns(self) -> list[str]:
        return [self.resource.key, self.resource.updated]


def _named(keys: pa.ChunkedArray) -> tuple[str, ...]:
    return tuple(str(each) for each in keys.slice(0, MOST_NAMED).to_pylist())


def wholes(locker: Locker, connection: str, resource: str) -> Iterator[Collection]:
    """The complete collections that are whole, the newest first.

    Each tells where the one before it lies, so those between them are not read.
    """
    listed = locker.newest_first(connection, resource)
    found = next((each for each in listed if each.complete and not each.subject), None)
    while found is not None:
        try:
            told = "reach" in found.manifest
            reach = Reach.of(found)
            if reach.kind is Kind.WHOLE:
                yield found
            if not told:
                break
            found = locker.sealed(reach.base) if reach.base else None
        except (KeyError, TypeError, ValueError, LockerError):
            return  # what it builds on is not there as it was told: nothing is known before it
    if found is not None:
        # From before that was told, all of them are whole.
        for each in locker.newest_first(connection, resource, before=found.path):
            if each.complete and not each.subject:
                yield each
