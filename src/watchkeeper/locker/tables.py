"""Resource declarations as Parquet: schema, typed writing, reading."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from watchkeeper.errors import LockerError
from watchkeeper.locker.store import HashingWriter, Store, Written
from watchkeeper.model.resource import ColumnType, Resource

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

# Large enough to be cheap to write and read, small enough to stay a few ten MB in memory.
ROW_GROUP = 16_384

ITEMS_SCHEMA = pa.schema(
    [
        pa.field("subject", pa.string(), nullable=False),
        pa.field("name", pa.string()),
        pa.field("outcome", pa.string(), nullable=False),
        pa.field("reason", pa.string()),
        pa.field("observed", pa.string()),
    ]
)


def schema(resource: Resource, columns: Sequence[str] | None = None) -> pa.Schema:
    """The Arrow schema of a resource's table, or of some of its columns."""
    wanted = columns if columns is not None else [column.name for column in resource.columns]
    return pa.schema([pa.field(name, ARROW_TYPES[resource.column(name).type]) for name in wanted])


class TableWriter:
    """Writes rows of one resource, each key once; rows with a key already seen are counted only."""

    def __init__(self, resource: Resource, store: Store, path: str) -> None:
        """`path`: the file's final name."""
        self.resource = resource
        self.unparsable: dict[str, int] = {}
        self.rows = 0
        self._keys: set[Any] = set()
        self._schema = schema(resource)
        self._sink: HashingWriter = store.open_writer(path)
        self._writer = pq.ParquetWriter(self._sink, self._schema, compression="zstd")
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = 0

    @property
    def distinct(self) -> int:
        """How many different keys were written."""
        return len(self._keys)

    def add(self, rows: Mapping[str, Sequence[Any]]) -> list[int]:
        """Adds columns of equal length; times as text. Returns the positions that were new."""
        keys = rows[self.resource.key]
        self.rows += len(keys)
        new: list[int] = []
        for position, key in enumerate(keys):
            if key is None:
                self.unparsable[self.resource.key] = self.unparsable.get(self.resource.key, 0) + 1
            elif key not in self._keys:
                self._keys.add(key)
                new.append(position)
        if not new:
            return new
        batch = pa.RecordBatch.from_arrays(
            [
                self._array(column.name, column.type, rows[column.name])
                for column in self.resource.columns
            ],
            schema=self._schema,
        )
        self._waiting.append(batch if len(new) == len(keys) else batch.take(pa.array(new)))
        self._waiting_rows += len(new)
        if self._waiting_rows >= ROW_GROUP:
            self._flush()
        return new

    def close(self) -> Written:
        """Ends the file and says what was written."""
        self._flush()
        self._writer.close()
        self._sink.close()
        return self._sink.written()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting), row_group_size=ROW_GROUP)
            self._waiting, self._waiting_rows = [], 0

    def _array(self, name: str, kind: ColumnType, values: Sequence[Any]) -> pa.Array:
        if kind is not ColumnType.TIMESTAMP:
            return self._plain(name, kind, values)
        texts = pa.array(values, pa.string())
        try:
            return texts.cast(ARROW_TYPES[kind])
        except pa.ArrowInvalid:
            return pa.array([self._moment(name, text) for text in values], ARROW_TYPES[kind])

    def _plain(self, name: str, kind: ColumnType, values: Sequence[Any]) -> pa.Array:
        try:
            return pa.array(values, ARROW_TYPES[kind])
        except (OverflowError, pa.ArrowInvalid):
            kept = [value if value is None or _fits(value) else None for value in values]
            lost = sum(value is not None for value in values) - sum(v is not None for v in kept)
            self.unparsable[name] = self.unparsable.get(name, 0) + lost
            return pa.array(kept, ARROW_TYPES[kind])

    def _moment(self, name: str, text: str | None) -> datetime | None:
        """One time, read tolerantly; what cannot be read becomes null and is counted."""
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.unparsable[name] = self.unparsable.get(name, 0) + 1
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _fits(value: Any) -> bool:
    """Whether an integer fits a column of 64 bits; every other value does."""
    return not isinstance(value, int) or -(2**63) <= value < 2**63


def write_items(store: Store, path: str, items: pa.Table | pa.RecordBatchReader) -> Written:
    """Writes the items of an assessment under their final name, a batch at a time."""
    batches = items.to_batches() if isinstance(items, pa.Table) else items
    sink = store.open_writer(path)
    with pq.ParquetWriter(sink, ITEMS_SCHEMA, compression="zstd") as writer:
        waiting: list[pa.RecordBatch] = []
        for batch in batches:
            waiting.append(batch.select(ITEMS_SCHEMA.names).cast(ITEMS_SCHEMA))
            if sum(each.num_rows for each in waiting) >= ROW_GROUP:
                writer.write_table(pa.Table.from_batches(waiting))
                waiting = []
        writer.write_table(pa.Table.from_batches(waiting, schema=ITEMS_SCHEMA))
    sink.close()
    return sink.written()


def read(store: Store, path: str, columns: Sequence[str] | None = None) -> pa.Table:
    """A Parquet file, or some of its columns; raises LockerError when it is not one any more."""
    wanted = list(columns) if columns is not None else None
    try:
        with store.open_reader(path) as source:
            return pq.ParquetFile(source).read(columns=wanted, use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise LockerError(
            f"{path} is no readable table: {error}", hint="See what `watchkeeper verify` says."
        ) from error
