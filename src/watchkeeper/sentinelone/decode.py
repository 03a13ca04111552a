"""An answer's JSON as typed Arrow columns: fast where it is what was promised.

Two passes, neither of which makes an object of a record's fields: one reads the envelope and
marks where values kept as JSON stand, the other (Arrow's own reader) fills the columns and skips
what no column wants. A page that does not fit is left to `tolerant`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

from watchkeeper import columns
from watchkeeper.model.resource import Column, ColumnType, Resource
from watchkeeper.sentinelone import tolerant

_NOTHING = msgspec.Raw(b"")
_EARLIEST, _LATEST = (
    pa.scalar(moment, columns.ARROW_TYPES[ColumnType.TIMESTAMP]).value
    for moment in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
)


class _Pagination(msgspec.Struct):
    totalItems: int | None = None  # noqa: N815 - the console's own name
    nextCursor: str | None = None  # noqa: N815 - the console's own name


@dataclass(slots=True)
class Rows:
    """One answer decoded: `batch` has the served columns of the resource, in their order.

    `total` and `next_cursor` are the pagination's, None when it gives none;
    `unreadable` counts, by column, values that could not be read as the declared type and are
    null; `absent` names declared fields that no record of the answer had; `halves` is how many
    halves of a character stood alone, which are read as U+FFFD.
    """

    batch: pa.RecordBatch
    total: int | None = None
    next_cursor: str | None = None
    unreadable: dict[str, int] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    halves: int = 0

    @property
    def count(self) -> int:
        """How many records the answer held."""
        return int(self.batch.num_rows)

    def values(self, column: str) -> list[Any]:
        """The values of one column."""
        found: list[Any] = self.batch.column(column).to_pylist()
        return found


class _Misfit(Exception):
    """The page is JSON and is not what was promised."""


class ResourceDecoder:
    """Decodes answers of one resource. Bound columns (`@…`) are left to the caller.

    May be used by several threads at once.
    """

    def __init__(self, resource: Resource, *, single: bool = False) -> None:
        """`single`: `data` may also be one object, which is then one row."""
        self.resource = resource
        self._single = single
        self._columns = columns.served(resource)
        self._schema = columns.schema(self._columns)
        whole = [column for column in self._columns if column.type is ColumnType.JSON]
        item = msgspec.defstruct(
            "Item", [(column.path, msgspec.Raw, _NOTHING) for column in whole], gc=False
        )
        data: Any = list[item]  # type: ignore[valid-type]
        if resource.envelope:
            data = msgspec.defstruct("Envelope", [(resource.envelope, data)])
        self._envelope = msgspec.json.Decoder(
            msgspec.defstruct(
                "Page", [("data", data | None), ("pagination", _Pagination | None, None)]
            )
        )
        fields = [column for column in self._columns if column.type is not ColumnType.JSON]
        records: pa.DataType = pa.list_(
            _tree([(column.path.split("."), column) for column in fields])
        )
        if resource.envelope:
            records = pa.struct([pa.field(resource.envelope, records)])
        self._options = pa.json.ParseOptions(
            explicit_schema=pa.schema([pa.field("data", records)]),
            unexpected_field_behavior="ignore",
            newlines_in_values=True,
        )

    def __call__(self, text: bytes, *, look_for_absent: bool = False) -> Rows:
        """The rows of an answer; raises ValueError or MsgspecError where it is not such JSON."""
        try:
            return self._rows(text, look_for_absent=look_for_absent)
        except msgspec.DecodeError:
            mended, halves = tolerant.without_halves(text)
            if not halves:
                raise
        rows = self._rows(mended, look_for_absent=look_for_absent)
        rows.halves = halves
        return rows

    def _rows(self, text: bytes, *, look_for_absent: bool) -> Rows:
        try:
            rows = self._typed(text)
        except (_Misfit, msgspec.ValidationError, pa.ArrowInvalid):
            found = tolerant.read(text, self._columns, self.resource.envelope, single=self._single)
            rows = Rows(found.batch, found.total, found.next_cursor, found.unreadable)
        if look_for_absent:
            empty = [
                column
                for column in self._columns
                if rows.batch.column(column.name).null_count == rows.count
            ]
            if empty:
                rows.absent = tolerant.absent(
                    text, empty, self.resource.envelope, single=self._single
                )
        return rows

    def _typed(self, text: bytes) -> Rows:
        _check_utf8(text)
        page: Any = self._envelope.decode(text)
        if page.data is None:
            raise msgspec.DecodeError("`data` is null")
        records: list[Any] = page.data
        if self.resource.envelope:
            records = getattr(page.data, self.resource.envelope)
        served = self._read(text, len(records))
        whole = dict(zip(served.type.names, served.flatten(), strict=True))
        arrays = [
            _raw(records, column.path)
            if column.type is ColumnType.JSON
            else _field(whole, column.path.split("."))
            for column in self._columns
        ]
        for column, array in zip(self._columns, arrays, strict=True):
            if column.type is ColumnType.TEXTS and array.values.null_count:
                raise _Misfit
            if column.type is ColumnType.TIMESTAMP and not _in_calendar(array):
                raise _Misfit
        rows = Rows(pa.RecordBatch.from_arrays(arrays, schema=self._schema))
        if page.pagination is not None:
            rows.total = page.pagination.totalItems
            rows.next_cursor = page.pagination.nextCursor
        return rows

    def _read(self, text: bytes, count: int) -> pa.StructArray:
        """The records as one struct array, `count` of them."""
        # Read as a table it would be read ahead, by a thread that is begun for each page.
        reader = pa.json.open_json(
            pa.BufferReader(text),
            read_options=pa.json.ReadOptions(use_threads=False, block_size=len(text) + 1),
            parse_options=self._options,
        )
        data = reader.read_next_batch().column("data")
        if self.resource.envelope:
            data = data.field(self.resource.envelope)
        found: pa.StructArray = data.flatten()
        if len(found) != count or found.null_count:
            raise _Misfit
        return found


def page_total(text: bytes) -> int | None:
    """`pagination.totalItems` of an answer to `countOnly`, None when it gives none."""
    page = msgspec.json.decode(text, type=_CountOnly)
    return page.pagination.totalItems if page.pagination is not None else None


class _CountOnly(msgspec.Struct):
    pagination: _Pagination | None = None


def _tree(paths: Sequence[tuple[Sequence[str], Column]]) -> pa.StructType:
    """A struct type with one field per key, nested where paths are dotted."""
    below: dict[str, list[tuple[Sequence[str], Column]]] = {}
    for parts, column in paths:
        below.setdefault(parts[0], []).append((parts[1:], column))
    return pa.struct(
        [
            pa.field(key, _tree(inner) if inner[0][0] else columns.ARROW_TYPES[inner[0][1].type])
            for key, inner in below.items()
        ]
    )


def _field(whole: Mapping[str, pa.Array], path: Sequence[str]) -> pa.Array:
    """A field of every record; null where a parent is."""
    found = whole[path[0]]
    return pc.struct_field(found, list(path[1:])) if len(path) > 1 else found


def _in_calendar(moments: pa.TimestampArray) -> bool:
    """Whether all lie in the years 1 to 9999 of UTC: Arrow reads others, too, Python has none."""
    ends = pc.min_max(moments.view(pa.int64()))
    first, last = ends["min"].as_py(), ends["max"].as_py()
    return first is None or (first >= _EARLIEST and last <= _LATEST)


def _check_utf8(text: bytes) -> None:
    """Raises msgspec.DecodeError for what is not UTF-8: the passes do not look at what they skip.

    Arrow looks ten times as fast as decoding would.
    """
    ends = pa.array([0, len(text)], pa.int64()).buffers()[1]
    try:
        pa.LargeStringArray.from_buffers(1, ends, pa.py_buffer(text)).validate(full=True)
    except pa.ArrowInvalid as error:
        raise msgspec.DecodeError(f"the body is not UTF-8: {error}") from error


def _raw(records: Sequence[Any], key: str) -> pa.Array:
    """A field of every record as the JSON received; null where it is null or not there."""
    texts = [bytes(getattr(record, key)) for record in records]
    return pa.array(
        [text if text and text != b"null" else None for text in texts], pa.binary()
    ).cast(pa.string())
