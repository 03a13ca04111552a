"""Resource declarations as Parquet: writing each key once, reading."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from watchkeeper import columns
from watchkeeper.errors import LockerError
from watchkeeper.locker.keys import Keys
from watchkeeper.locker.pieces import HashingWriter, Written
from watchkeeper.locker.store import Store
from watchkeeper.model.resource import Resource

# Large enough to be cheap to write and read, small enough to stay a few ten MB in memory.
ROW_GROUP = 32_768
# Rows from which is told what repeats.
_SAMPLE = 2_048
# A column with more different values than this share of the sample hardly repeats: of the 10,000
# values, evenly drawn, that make half of 16,000 rows different, so many are in the sample.
_UNLIKE = 0.9
_MOST_WAITING = 200

ITEMS_SCHEMA = pa.schema(
    [
        pa.field("subject", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
        pa.field("observed", pa.string()),
        # The exception that covers a failing item, and the digest of its failing values.
        pa.field("exception", pa.string()),
        pa.field("digest", pa.string()),
    ]
)

# Items come by subject, so one resembles the next; words repeat, what was judged seldom does.
_ITEM_ENCODINGS: dict[str, Any] = {
    "use_dictionary": ["outcome", "reason", "exception"],
    "column_encoding": {"subject": "DELTA_BYTE_ARRAY", "name": "DELTA_BYTE_ARRAY"},
    "write_statistics": ["subject"],
}


class TableWriter:
    """Writes rows of one resource, each key once; rows with a key already seen are counted only."""

    def __init__(self, resource: Resource, store: Store, path: str) -> None:
        """`path`: the file's final name."""
        self.resource = resource
        self.rows = 0
        self.keyless = 0
        self._keys = Keys()
        self._schema = columns.schema(resource.columns)
        self._sink: HashingWriter = store.open_writer(path)
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = 0

    @property
    def distinct(self) -> int:
        """How many different keys were written."""
        return len(self._keys)

    def add(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Adds rows with all columns of the resource; returns those whose key was new."""
        keys = batch.column(self.resource.key)
        self.rows += len(keys)
        self.keyless += keys.null_count
        new = self._keys.add(keys)
        if len(new) < len(keys):
            batch = batch.take(pa.array(new, pa.int64()))
        if new:
            self._waiting.append(batch)
            self._waiting_rows += len(new)
        if self._waiting_rows >= ROW_GROUP:
            self._flush()
        elif len(self._waiting) > _MOST_WAITING:
            # Thousands of answers with a row each would take far more than what they hold.
            joined = pa.Table.from_batches(self._waiting, self._schema).combine_chunks()
            self._waiting = joined.to_batches()
        return batch

    def close(self) -> Written:
        """Ends the file and says what was written."""
        self._flush()
        if self._writer is not None:
            self._writer.close()
        self._sink.close()
        return self._sink.written()

    def _flush(self) -> None:
        table = pa.Table.from_batches(self._waiting, self._schema)
        if self._writer is None:
            self._writer = pq.ParquetWriter(
                self._sink,
                self._schema,
                compression="zstd",
                # Only who looks for one key gains by them, and they take a sixth of the time.
                write_statistics=[self.resource.key],
                **encodings(table.slice(0, _SAMPLE)),
            )
        if self._waiting:
            self._writer.write_table(table, row_group_size=2 * ROW_GROUP)
            self._waiting, self._waiting_rows = [], 0


def encodings(sample: pa.Table) -> dict[str, Any]:
    """How columns are written, as pyarrow takes it, from the first rows.

    What hardly repeats has no use for a dictionary: without one it takes a fifth less, and half
    the time. Those that repeat keep theirs.
    """
    repeating: list[str] = []
    encoding: dict[str, str] = {}
    for name in sample.column_names:
        column = sample.column(name)
        number = pa.types.is_timestamp(column.type) or pa.types.is_integer(column.type)
        if not number and not pa.types.is_string(column.type):
            continue  # booleans take a bit, lists are few
        if sample.num_rows and pc.count_distinct(column).as_py() > sample.num_rows * _UNLIKE:
            encoding[name] = "DELTA_BINARY_PACKED" if number else "DELTA_BYTE_ARRAY"
        else:
            repeating.append(name)
    lists = [
        f"{field.name}.list.element" for field in sample.schema if pa.types.is_list(field.type)
    ]
    return {"use_dictionary": repeating + lists, "column_encoding": encoding}


def write_items(store: Store, path: str, items: pa.Table | pa.RecordBatchReader) -> Written:
    """Writes the items of an assessment under their final name, a batch at a time."""
    batches = items.to_batches() if isinstance(items, pa.Table) else items
    sink = store.open_writer(path)
    with pq.ParquetWriter(sink, ITEMS_SCHEMA, compression="zstd", **_ITEM_ENCODINGS) as writer:
        waiting: list[pa.RecordBatch] = []
        for batch in batches:
            waiting.append(_item_batch(batch))
            if sum(each.num_rows for each in waiting) >= ROW_GROUP:
                writer.write_table(pa.Table.from_batches(waiting))
                waiting = []
        writer.write_table(pa.Table.from_batches(waiting, schema=ITEMS_SCHEMA))
    sink.close()
    return sink.written()


def _item_batch(batch: pa.RecordBatch) -> pa.RecordBatch:
    arrays = [
        batch.column(field.name).cast(field.type)
        if field.name in batch.schema.names
        else pa.nulls(batch.num_rows, field.type)
        for field in ITEMS_SCHEMA
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=ITEMS_SCHEMA)


def read(store: Store, path: str, columns: Sequence[str] | None = None) -> pa.Table:
    """A Parquet file, or some of its columns; raises LockerError when it is not one any more."""
    with _opened(store, path) as file:
        return file.read(columns=_named(columns), use_threads=False)


def parsed(path: str, data: bytes) -> pa.Table:
    """A Parquet file that is at hand; raises LockerError when it is not one."""
    with _naming(path):
        return pq.ParquetFile(pa.BufferReader(data)).read(use_threads=False)


def batches(
    store: Store, path: str, columns: Sequence[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """As `read`, a batch of some ten thousand rows at a time."""
    with _opened(store, path) as file:
        yield from file.iter_batches(ROW_GROUP, columns=_named(columns), use_threads=False)


def _named(columns: Sequence[str] | None) -> list[str] | None:
    return list(columns) if columns is not None else None


@contextmanager
def _opened(store: Store, path: str) -> Iterator[pq.ParquetFile]:
    with _naming(path), store.open_reader(path) as source:
        yield pq.ParquetFile(source)


@contextmanager
def _naming(path: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError) as error:
        raise LockerError(
            f"{path} is no readable table: {error}", hint="See what `watchkeeper verify` says."
        ) from error
