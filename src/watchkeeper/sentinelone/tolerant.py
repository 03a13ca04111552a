"""Answers that are JSON and not quite what was promised, read record by record.

Values of another type than declared are converted where that loses nothing; where it would, they
become null and are counted.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import pyarrow as pa

from watchkeeper import columns as arrow
from watchkeeper.model.resource import Column, ColumnType

# What a backslash begins: a pair of surrogates, one that stands alone, or anything else.
_ESCAPE = re.compile(
    rb"""\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"""
    rb"""|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)""",
    re.DOTALL,
)
_INTEGER = re.compile(r"-?\d{1,19}")
_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0"})


@dataclass(slots=True)
class Found:
    """What an answer held, as `decode.Rows` tells it."""

    batch: pa.RecordBatch
    total: int | None
    next_cursor: str | None
    unreadable: dict[str, int] = field(default_factory=dict)


def read(text: bytes, columns: Sequence[Column], envelope: str, *, single: bool) -> Found:
    """Reads an answer; raises msgspec.DecodeError when it holds no list of records."""
    answer = msgspec.json.decode(text)
    records = _records(answer, envelope, single=single)
    pagination = answer.get("pagination") or {}
    if not isinstance(pagination, Mapping):
        raise msgspec.DecodeError("pagination is not an object")
    total, cursor = pagination.get("totalItems"), pagination.get("nextCursor")
    if cursor is not None and not isinstance(cursor, str):
        raise msgspec.DecodeError("the cursor is no text")
    unreadable: dict[str, int] = {}
    arrays = []
    for column in columns:
        values = []
        for record in records:
            value, readable = convert(_at(record, column.path), column.type)
            if not readable:
                unreadable[column.name] = unreadable.get(column.name, 0) + 1
            values.append(value)
        arrays.append(pa.array(values, arrow.ARROW_TYPES[column.type]))
    batch = pa.RecordBatch.from_arrays(arrays, schema=arrow.schema(columns))
    return Found(batch, total if isinstance(total, int) else None, cursor, unreadable)


def without_halves(text: bytes) -> tuple[bytes, int]:
    """JSON with U+FFFD for every half of a character, and how many there were.

    A text that was cut in the middle of a character beyond U+FFFF, as programs do that count in
    UTF-16, ends with the escape of half a surrogate pair. RFC 8259 (8.2) lets it pass; nothing can
    be made of it, and no reader takes it.
    """
    halves = 0

    def whole(found: re.Match[bytes]) -> bytes:
        nonlocal halves
        if found[1] is None:
            return found[0]
        halves += 1
        return rb"\ufffd"

    mended = _ESCAPE.sub(whole, text)
    return mended, halves


def absent(
    text: bytes, columns: Sequence[Column], envelope: str, *, single: bool
) -> tuple[str, ...]:
    """The paths of columns that no record of the answer has; empty when it has no records."""
    records = _records(msgspec.json.decode(text), envelope, single=single)
    if not records:
        return ()
    return tuple(
        column.path for column in columns if not any(_has(each, column.path) for each in records)
    )


def convert(value: Any, kind: ColumnType) -> tuple[Any, bool]:  # noqa: C901, PLR0911 - one per type
    """A value as the declared type and whether that was possible (else None, False)."""
    if value is None:
        return None, True
    match kind:
        case ColumnType.JSON:
            return msgspec.json.encode(value).decode(), True
        case ColumnType.TIMESTAMP if isinstance(value, str):
            return _moment(value)
        case ColumnType.TEXT if isinstance(value, str):
            return value, True
        case ColumnType.TEXT if isinstance(value, int | float) and not isinstance(value, bool):
            return str(value), True
        case ColumnType.BOOLEAN if isinstance(value, bool):
            return value, True
        case ColumnType.BOOLEAN if str(value).lower() in _TRUE | _FALSE:
            return str(value).lower() in _TRUE, True
        case ColumnType.INTEGER if isinstance(value, int) and not isinstance(value, bool):
            return _fitting(value)
        case ColumnType.INTEGER if isinstance(value, str) and _INTEGER.fullmatch(value):
            return _fitting(int(value))
        case ColumnType.TEXTS if isinstance(value, list) and all(isinstance(v, str) for v in value):
            return value, True
        case _:
            return None, False


def _moment(text: str) -> tuple[datetime | None, bool]:
    """A time in UTC; one without a zone is UTC, as everything the console says."""
    try:
        moment = datetime.fromisoformat(text)
        return (
            moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        ), True
    except (ValueError, OverflowError):
        return None, False


def _fitting(value: int) -> tuple[int | None, bool]:
    """An integer that a column of 64 bits holds."""
    return (value, True) if -(2**63) <= value < 2**63 else (None, False)


def _records(answer: Any, envelope: str, *, single: bool) -> list[Any]:
    if not isinstance(answer, Mapping) or "data" not in answer:
        raise msgspec.DecodeError("there is no `data` in the answer")
    data = answer["data"]
    if envelope and isinstance(data, Mapping):
        data = data.get(envelope)
    if single and isinstance(data, Mapping):
        data = [data]
    if not isinstance(data, list) or not all(isinstance(each, Mapping) for each in data):
        raise msgspec.DecodeError("`data` is not a list of records")
    return data


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
