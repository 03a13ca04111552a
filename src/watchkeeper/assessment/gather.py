"""The tables a control is judged on, read from the locker as planned."""

from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from watchkeeper.assessment.inputs import Plan
from watchkeeper.columns import ARROW_TYPES
from watchkeeper.controls.values import COLLECTED_AT, EARLIER, UNREAD
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection
from watchkeeper.model.control import Control
from watchkeeper.model.resource import Nature, Resource

_ORDER = "__order"
_MOMENT = pa.timestamp("us", "UTC")


def gather(
    locker: Locker, control: Control, plan: Plan, resources: Mapping[str, Resource]
) -> dict[str, pa.Table]:
    """Every table of the control with exactly its declared columns, by table name."""
    found = {
        name: _current(locker, resources[name], columns, plan.sources.get(name, ()))
        for name, columns in control.reads.items()
    }
    for name, columns in (control.earlier or {}).items():
        found[name + EARLIER] = _earlier(
            locker, resources[name], columns, plan.sources.get(name + EARLIER, ())
        )
    found[UNREAD] = pa.table(
        {
            "resource": pa.array(list(plan.unread), pa.string()),
            "reason": pa.array(list(plan.unread.values()), pa.string()),
        }
    )
    return found


def _current(
    locker: Locker, resource: Resource, columns: Sequence[str], sources: Sequence[Collection]
) -> pa.Table:
    """The rows of a state, or the newest version of each row of a stream."""
    if not sources:
        return _schema(resource, columns).empty_table()
    if resource.nature is Nature.STATE or len(sources) == 1:
        return _read(locker, resource, columns, sources[-1])
    wanted = list(dict.fromkeys([*columns, resource.key, *filter(None, [resource.updated])]))
    versions = [
        _versioned(_read(locker, resource, wanted, each), resource, each, position)
        for position, each in enumerate(sources)
    ]
    return newest_versions(pa.concat_tables(versions), resource.key).select(list(columns))


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
        _ORDER + "_seen", pa.repeat(pa.scalar(position, pa.int64()), table.num_rows)
    )


def newest_versions(table: pa.Table, key: str) -> pa.Table:
    """One row for each key, the newest; rows without a key all stay."""
    ordered = table.sort_by(
        [(key, "ascending"), (_ORDER, "descending"), (_ORDER + "_seen", "descending")]
    )
    keys = ordered[key].combine_chunks()
    if len(keys) == 0:
        return ordered
    repeated = pc.fill_null(pc.equal(keys[1:], keys[:-1]), fill_value=False)
    first = pa.concat_arrays([pa.array([True]), pc.invert(repeated)])
    return ordered.filter(first)


def _earlier(
    locker: Locker, resource: Resource, columns: Sequence[str], sources: Sequence[Collection]
) -> pa.Table:
    """The rows of every earlier collection, each with the time its collection ended."""
    schema = _schema(resource, columns).append(pa.field(COLLECTED_AT, _MOMENT))
    parts = [schema.empty_table()]
    for each in sources:
        rows = _read(locker, resource, columns, each)
        ended = pa.repeat(pa.scalar(each.ended, _MOMENT), rows.num_rows)
        parts.append(rows.append_column(schema.field(COLLECTED_AT), ended))
    return pa.concat_tables(parts)


def _schema(resource: Resource, columns: Sequence[str]) -> pa.Schema:
    return pa.schema([(name, ARROW_TYPES[resource.column(name).type]) for name in columns])


def _read(
    locker: Locker, resource: Resource, columns: Sequence[str], collection: Collection
) -> pa.Table:
    """The declared columns, in order and typed as declared today.

    A column that the collection does not have, because it was declared later, is NULL; `inputs`
    has said so.
    """
    schema = _schema(resource, columns)
    held = locker.table(collection, [*columns])
    return pa.table(
        [
            held[field.name].cast(field.type)
            if field.name in held.column_names
            else pa.nulls(held.num_rows, field.type)
            for field in schema
        ],
        schema=schema,
    )
