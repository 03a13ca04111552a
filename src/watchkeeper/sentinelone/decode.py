"""An answer's JSON as typed columns: fast where it is what was promised, tolerant where not."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import msgspec

from watchkeeper.model.resource import Column, ColumnType, Resource

_TYPES: dict[ColumnType, Any] = {
    ColumnType.TEXT: str | None,
    ColumnType.INTEGER: int | None,
    ColumnType.BOOLEAN: bool | None,
    ColumnType.TIMESTAMP: str | None,
    ColumnType.TEXTS: list[str] | None,
    ColumnType.JSON: msgspec.Raw,
}
_NOTHING = msgspec.Raw(b"")
_INTEGER = re.compile(r"-?\d{1,18}")
_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0"})


class _Pagination(msgspec.Struct):
    totalItems: int | None = None  # noqa: N815 - the console's own name
    nextCursor: str | None = None  # noqa: N815 - the console's own name


@dataclass(slots=True)
class Rows:
    """One answer decoded: `columns` by name, all of length `count`; times are text as received.

    `total` and `next_cursor` are the pagination's, None when it gives none;
    `unreadable` counts, by column, values that had another type and could not be converted;
    `absent` names declared fields that no record of the answer had.
    """

    columns: dict[str, list[Any]]
    count: int
    total: int | None = None
    next_cursor: str | None = None
    unreadable: dict[str, int] = field(default_factory=dict)
    absent: tuple[str, ...] = ()


Decoder = Callable[[bytes], Rows]


class ResourceDecoder:
    """Decodes answers of one resource. Bound columns (`@…`) are left to the caller."""

    def __init__(self, resource: Resource, *, single: bool = False) -> None:
        """`single`: `data` may also be one object, which is then one row."""
        self.resource = resource
        self._columns = [column for column in resource.columns if not column.path.startswith("@")]
        self._single = single
        item = _struct(f"{resource.name}_item", self._columns, depth=0)
        data: Any = list[item] | None  # type: ignore[valid-type]
        if resource.envelope:
            data = msgspec.defstruct("Envelope", [(resource.envelope, list[item])]) | None  # type: ignore[valid-type]
        self._decoder = msgspec.json.Decoder(
            msgspec.defstruct(
                "Page",
                [("data", data), ("pagination", _Pagination | None, None)],
            )
        )
        self._getters = [(column, *self._getter(column)) for column in self._columns]

    def __call__(self, text: bytes, *, look_for_absent: bool = False) -> Rows:
        """The rows of an answer; raises msgspec.DecodeError when it is not the promised JSON."""
        try:
            page: Any = self._decoder.decode(text)
            if page.data is None:
                raise msgspec.DecodeError("`data` is null")
            records = page.data
            if self.resource.envelope:
                records = getattr(records, self.resource.envelope)
            rows = self._typed(records)
        except msgspec.ValidationError:
            rows = self._tolerant(text)
        else:
            if page.pagination is not None:
                rows.total = page.pagination.totalItems
                rows.next_cursor = page.pagination.nextCursor
        if look_for_absent:
            rows.absent = self._absent(text)
        return rows

    def _getter(self, column: Column) -> tuple[Callable[[Any], Any] | None, Callable[[Any], Any]]:
        """How to reach a column's value: (parent, field); the parent is None at the top."""
        parts = column.path.split(".")
        if len(parts) == 1:
            return None, attrgetter(parts[0])
        if len(parts) > 2:  # noqa: PLR2004 - parent and field
            raise ValueError(f"{column.path} is nested deeper than any field this reads")
        owner, get = attrgetter(parts[0]), attrgetter(parts[1])
        if not any(each.path == parts[0] for each in self._columns):
            return owner, get
        # The parent is also kept whole as JSON: its fields are read out of that.
        below = [each for each in self._columns if each.path.startswith(f"{parts[0]}.")]
        nested = msgspec.json.Decoder(_struct(parts[0], below, depth=1) | None)
        return lambda record: nested.decode(raw) if (raw := owner(record)) else None, get

    def _typed(self, records: Sequence[Any]) -> Rows:
        columns: dict[str, list[Any]] = {}
        for column, parent, get in self._getters:
            owners = records if parent is None else [parent(record) for record in records]
            values = [get(owner) if owner is not None else None for owner in owners]
            if column.type is ColumnType.JSON:
                values = [bytes(value).decode() if value else None for value in values]
                values = [None if value == "null" else value for value in values]
            columns[column.name] = values
        return Rows(columns, len(records))

    def _tolerant(self, text: bytes) -> Rows:
        """Reads record by record and converts what has another type than declared."""
        answer = msgspec.json.decode(text)
        records = self._records(answer)
        pagination = answer.get("pagination") or {}
        if not isinstance(pagination, Mapping):
            raise msgspec.DecodeError("pagination is not an object")
        rows = Rows({}, len(records))
        total, cursor = pagination.get("totalItems"), pagination.get("nextCursor")
        rows.total = total if isinstance(total, int) else None
        if cursor is not None and not isinstance(cursor, str):
            raise msgspec.DecodeError("the cursor is no text")
        rows.next_cursor = cursor
        for column in self._columns:
            converted = []
            for record in records:
                value, readable = convert(_at(record, column.path), column.type)
                if not readable:
                    rows.unreadable[column.name] = rows.unreadable.get(column.name, 0) + 1
                converted.append(value)
            rows.columns[column.name] = converted
        return rows

    def _records(self, answer: Any) -> list[Any]:
        if not isinstance(answer, Mapping) or "data" not in answer:
            raise msgspec.DecodeError("there is no `data` in the answer")
        data = answer["data"]
        if self.resource.envelope and isinstance(data, Mapping):
            data = data.get(self.resource.envelope)
        if self._single and isinstance(data, Mapping):
            data = [data]
        if not isinstance(data, list) or not all(isinstance(each, Mapping) for each in data):
            raise msgspec.DecodeError("`data` is not a list of records")
        return data

    def _absent(self, text: bytes) -> tuple[str, ...]:
        records = self._records(msgspec.json.decode(text))
        if not records:
            return ()
        return tuple(
            column.path
            for column in self._columns
            if not any(_has(record, column.path) for record in records)
        )


def convert(value: Any, kind: ColumnType) -> tuple[Any, bool]:  # noqa: PLR0911 - one per type
    """A value as the declared type and whether that was possible (else None, False)."""
    if value is None:
        return None, True
    match kind:
        case ColumnType.JSON:
            return msgspec.json.encode(value).decode(), True
        case ColumnType.TEXT | ColumnType.TIMESTAMP if isinstance(value, str):
            return value, True
        case ColumnType.TEXT if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value), True
        case ColumnType.BOOLEAN if isinstance(value, bool):
            return value, True
        case ColumnType.BOOLEAN if str(value).lower() in _TRUE | _FALSE:
            return str(value).lower() in _TRUE, True
        case ColumnType.INTEGER if isinstance(value, int) and not isinstance(value, bool):
            return value, True
        case ColumnType.INTEGER if isinstance(value, str) and _INTEGER.fullmatch(value):
            return int(value), True
        case ColumnType.TEXTS if isinstance(value, list) and all(isinstance(v, str) for v in value):
            return value, True
        case _:
            return None, False


def page_total(text: bytes) -> int | None:
    """`pagination.totalItems` of an answer to `countOnly`, None when it gives none."""
    page = msgspec.json.decode(text, type=_CountOnly)
    return page.pagination.totalItems if page.pagination is not None else None


class _CountOnly(msgspec.Struct):
    pagination: _Pagination | None = None


def _struct(name: str, columns: Sequence[Column], depth: int) -> type[msgspec.Struct]:
    """A struct with one field per key, nested where paths are dotted; all of them optional."""
    fields: list[tuple[str, Any, Any]] = []
    nested: dict[str, list[Column]] = {}
    for column in columns:
        parts = column.path.split(".")
        if len(parts) - 1 > depth:
            nested.setdefault(parts[depth], []).append(column)
        else:
            default = _NOTHING if column.type is ColumnType.JSON else None
            fields.append((parts[depth], _TYPES[column.type], default))
    taken = {key for key, _, _ in fields}
    for key, below in nested.items():
        if key not in taken:
            fields.append((key, _struct(f"{name}_{key}", below, depth + 1) | None, None))
    return msgspec.defstruct(name, fields, gc=False)


def _at(record: Mapping[str, Any], path: str) -> Any:
    value: Any = record
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(part)
    return value


def _has(record: Mapping[str, Any], path: str) -> bool:
    value: Any = record
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return False
        value = value[part]
    return True
