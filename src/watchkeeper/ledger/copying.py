"""Columns as PostgreSQL's COPY takes them (its text format), without an object for each value."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

# PostgreSQL can hold no NUL; the locker keeps it as it came.
_NUL, _FOR_NUL = "\x00", "\N{REPLACEMENT CHARACTER}"
# As the text format asks for, the backslash first.
_WRITTEN = (
    ("\\", "\\\\"),
    ("\t", "\\t"),
    ("\n", "\\n"),
    ("\r", "\\r"),
    (_NUL, _FOR_NUL),
)


def text(value: str) -> str:
    """A text as PostgreSQL can hold it."""
    return value.replace(_NUL, _FOR_NUL)


def lines(columns: Sequence[pa.Array | str]) -> bytes:
    """A line for every row of these texts or booleans, in their order.

    A text that is null is written as an empty one, a boolean as NULL. A plain text stands in
    every row; it must need no escaping.
    """
    rows = pc.binary_join_element_wise(*map(_written, columns), "\t")
    ended = pc.binary_join_element_wise(rows, "", "\n")
    size = pc.sum(pc.binary_length(ended)).as_py() or 0
    return bytes(memoryview(ended.buffers()[2])[:size]) if size else b""


def _written(column: pa.Array | str) -> pa.Array | str:
    if isinstance(column, str):
        return column
    if pa.types.is_boolean(column.type):
        return pc.if_else(column, "t", "f").fill_null("\\N")
    column = column.fill_null("")
    held = column.buffers()[2]
    if held is None:
        return column
    bytes_held = held.to_pybytes()
    for letter, written in _WRITTEN:
        if letter.encode() in bytes_held:
            column = pc.replace_substring(column, letter, written)
    return column
