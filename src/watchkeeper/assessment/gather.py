"""The tables a control is judged on, read from the locker as planned."""

from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from watchkeeper.assessment import own
from watchkeeper.assessment.inputs import Plan
from watchkeeper.controls.values import COLLECTED_AT, EARLIER, UNREAD
from watchkeeper.locker import stream
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection
from watchkeeper.model.control import Control
from watchkeeper.model.resource import Resource, Walk

_MOMENT = pa.timestamp("us", "UTC")


def gather(
    locker: Locker,
    control: Control,
    plan: Plan,
    resources: Mapping[str, Resource],
    collections: Iterable[Collection],
) -> dict[str, pa.Table]:
    """Every table of the control with exactly its declared columns, by table name.

    `collections` are all sealed ones of the connection, for what is told of Watchkeeper itself.
    """
    found = {
        name: own.TABLES[name](resources[name], collections, resources).select(columns)
        if resources[name].walk is Walk.OWN
        else stream.newest(locker, resources[name], columns, plan.sources.get(name, ()))
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


def _earlier(
    locker: Locker, resource: Resource, columns: Sequence[str], sources: Sequence[Collection]
) -> pa.Table:
    """The rows of every earlier collection, each with the time its collection ended."""
    schema = stream.schema(resource, columns).append(pa.field(COLLECTED_AT, _MOMENT))
    parts = [schema.empty_table()]
    for each in sources:
        rows = stream.rows(locker, resource, columns, each)
        ended = pa.repeat(pa.scalar(each.ended, _MOMENT), rows.num_rows)
        parts.append(rows.append_column(schema.field(COLLECTED_AT), ended))
    return pa.concat_tables(parts)
