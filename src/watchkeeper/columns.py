"""A resource's columns as Arrow types: one place that says what a declared type is on disk."""

import contextlib
import ctypes
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


def _keep_what_is_used_again() -> None:
    """Lets the C library keep up to 64 MB that were freed, where it is the GNU one.

    Pages of some megabytes come and go all the time; giving each back to the kernel and getting
    zeroed memory for the next one takes a twentieth of all processor time of a collection. In
    return all threads share one heap: each of their own would keep what it once had, and how much
    that comes to depends on who met whom.
    """
    trim_threshold, mmap_threshold, most_arenas = -1, -3, -8  # malloc.h
    with contextlib.suppress(OSError, AttributeError, TypeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(most_arenas, 1)
        for option in (trim_threshold, mmap_threshold):
            mallopt(option, 64 * 1024 * 1024)


_keep_what_is_used_again()


def schema(columns: Iterable[Column]) -> pa.Schema:
    """The Arrow schema of these columns, all of them nullable."""
    return pa.schema([pa.field(column.name, ARROW_TYPES[column.type]) for column in columns])


def served(resource: Resource) -> list[Column]:
    """The columns whose values the console serves; the others (`@…`) are bound by the walk."""
    return [column for column in resource.columns if not column.path.startswith("@")]
