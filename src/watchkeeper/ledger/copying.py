"""Columns as PostgreSQL's COPY takes them (its text format), without an object for each value."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

# As the text format asks for, the backslash first; NUL is nothing that PostgreSQL can hold, and
# stays as it came in the locker.
_WRITTEN = (
    ("\\", "\\\\"),
    ("\t", "\\t"),
    ("\n", "\\n"),
    ("\r", "\\r"),
    ("\x00", "\N{REPLACEMENT CHARACTER}"),
)


def lines(columns: Sequence[pa.Array | str]) -> bytes:
    """A line for every row of these texts or booleans, in their order; null is an empty text.

    A plain text stands in every row; it must need no escaping.
    """
    rows = pc.binary_join_element_wise(*map(_written, columns), "\t")
    ended = pc.binary_join_element_wise(rows, "", "\n")
    size = pc.sum(pc.binary_length(ended)).as_py() or 0
    return bytes(memoryview(ended.buffers()[2])[:size]) if size else b""


def _written(column: pa.Array | str) -> pa.Array | str:
    if isinstance(column, str):
        return column
    if pa.types.is_boolean(column.type):
        return pc.if_else(column, "t", "f")
    column = column.fill_null("")
    held = column.buffers()[2]
    if held is None:
        return column
    bytes_held = held.to_pybytes()
    for letter, written in _WRITTEN:
        if letter.encode() in bytes_held:
            column = pc.replace_substring(column, letter, written)
    return column
