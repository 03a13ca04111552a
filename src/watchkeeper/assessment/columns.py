"""Column types of resource declarations as Arrow types: what tables in memory look like."""

import pyarrow as pa

from watchkeeper.model.resource import ColumnType

_TYPES: dict[ColumnType, pa.DataType] = {
    ColumnType.TEXT: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.TIMESTAMP: pa.timestamp("us", "UTC"),
    ColumnType.TEXTS: pa.list_(pa.string()),
    ColumnType.JSON: pa.string(),
}


def arrow_type(kind: ColumnType) -> pa.DataType:
    """The Arrow type of a column."""
    return _TYPES[kind]
