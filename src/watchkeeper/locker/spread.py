"""How the rows of a stored table are spread: over values, and over time; some at once, never all.

What cannot be read has no answer here: `verify` tells of it, and who asks has other ways.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from watchkeeper.errors import LockerError
from watchkeeper.locker.store import Store

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Some:
    """The rows with one of these values in a column, all without a column; in how many pieces."""

    column: str
    values: tuple[str, ...]
    pieces: int


def counted(store: Store, path: str, columns: Sequence[str]) -> dict[str, Counter[str]]:
    """By column, how many rows have each value; nothing where there are no rows."""
    found = {name: Counter[str]() for name in columns}
    rows = 0
    for table in _groups(store, path, columns):
        rows += table.num_rows
        for name, counter in found.items():
            for each in pc.value_counts(table.column(name)).to_pylist():
                counter[each["values"]] += each["counts"]
    return found if rows else {}


def divided(
    store: Store, path: str, times: str, wanted: Mapping[K, Some]
) -> dict[K, list[datetime]] | None:
    """The times at which some rows fall into even pieces; None where there are no rows at all.

    Rows of which one has no time are left out, as are those that are none: they have no such times.
    """
    found: dict[K, list[pa.Array]] = {key: [] for key in wanted}
    columns = {times, *(some.column for some in wanted.values() if some.column)}
    rows = 0
    for table in _groups(store, path, sorted(columns)):
        rows += table.num_rows
        for key, some in wanted.items():
            chosen = table
            if some.column:
                chosen = table.filter(pc.is_in(table.column(some.column), pa.array(some.values)))
            found[key] += chosen.column(times).cast(pa.int64()).chunks
    if not rows:
        return None
    divisions: dict[K, list[datetime]] = {}
    for key, chunks in found.items():
        numbers = pa.chunked_array(chunks, pa.int64())
        if len(numbers) and not numbers.null_count:
            pieces = wanted[key].pieces
            shares = [each / pieces for each in range(1, pieces)]
            ends = pc.quantile(numbers, shares, interpolation="nearest").to_pylist()
            divisions[key] = [_EPOCH + timedelta(microseconds=end) for end in sorted(set(ends))]
    return divisions


def _groups(store: Store, path: str, columns: Sequence[str]) -> Iterator[pa.Table]:
    """Some columns, some ten thousand rows at once."""
    try:
        with closing(store.open_reader(path)) as source:
            table = pq.ParquetFile(source)
            if set(columns) <= set(table.schema_arrow.names):
                for number in range(table.num_row_groups):
                    yield table.read_row_group(number, list(columns), use_threads=False)
    except (pa.ArrowException, OSError, LockerError):
        return
