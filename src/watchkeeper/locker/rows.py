"""Rows on their way into a table: bound columns filled in, ages counted."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from watchkeeper import columns
from watchkeeper.model.resource import Column, Resource


def bind(resource: Resource, served: pa.RecordBatch, bound: Mapping[str, Any]) -> pa.RecordBatch:
    """The rows with every column of the resource, those of the walk (`@…`) filled from `bound`.

    `@row` is made of the bound id and the record's own: the same event may stand in the
    timelines of several threats.
    """
    if not any(column.path.startswith("@") for column in resource.columns):
        return served
    arrays = [
        _bound(resource, column, served, bound)
        if column.path.startswith("@")
        else served.column(column.name)
        for column in resource.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=columns.schema(resource.columns))


def _bound(
    resource: Resource, column: Column, served: pa.RecordBatch, bound: Mapping[str, Any]
) -> pa.Array:
    if column.path == "@row":
        own = next(each.name for each in resource.columns if each.path == "id")
        return pc.binary_join_element_wise(str(bound["id"]), served.column(own), "/")
    value = bound.get(column.path[1:])
    kind = columns.ARROW_TYPES[column.type]
    if pa.types.is_timestamp(kind) and isinstance(value, str):
        try:
            value = datetime.fromisoformat(value).astimezone(UTC)
        except ValueError:
            value = None
    return pa.repeat(pa.scalar(value, kind), served.num_rows)


def older(rows: pa.RecordBatch, column: str, moment: datetime) -> int:
    """How many rows have a time in that column before the moment; a null is not before."""
    before = pc.less(rows.column(column), pa.scalar(moment, pa.timestamp("us", "UTC")))
    return int(pc.sum(before).as_py() or 0)


def derived(resource: Resource, values: Mapping[str, list[Any]]) -> pa.RecordBatch:
    """Rows made from another table: `values` by column, the other columns null."""
    served = columns.served(resource)
    length = len(next(iter(values.values())))
    arrays = [
        pa.array(values.get(column.name, [None] * length), columns.ARROW_TYPES[column.type])
        for column in served
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=columns.schema(served))
