"""A resource's columns as Arrow types: one place that says what a declared type is on disk."""

from collections.abc import Iterable

import pyarrow as pa

from watchkeeper.model.resource import Column, ColumnType, Resource

ARROW_TYPES: dict[ColumnType, pa.DataType] = {
    ColumnType.TEXT: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.TIMESTAMP: pa.timestamp("us", "UTC"),
    ColumnType.TEXTS: pa.list_(pa.string()),
    ColumnType.JSON: pa.string(),
}
# Arrow's own pool keeps what it once had; the system's gives it back, which is worth some 40 MB
# of peak memory at 100,000 agents and costs no time that shows.
pa.set_memory_pool(pa.system_memory_pool())


def schema(columns: Iterable[Column]) -> pa.Schema:
    """The Arrow schema of these columns, all of them nullable."""
    return pa.schema([pa.field(column.name, ARROW_TYPES[column.type]) for column in columns])


def served(resource: Resource) -> list[Column]:
    """The columns whose values the console serves; the others (`@…`) are bound by the walk."""
    return [column for column in resource.columns if not column.path.startswith("@")]
