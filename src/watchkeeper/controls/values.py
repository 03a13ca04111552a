"""What a cell of an example table means, by the type of its column.

An empty cell is NULL. Times are RFC 3339 or relative to the moment of judging (`now`,
`now - 19d`, `now + 10min`); lists stand in brackets (`[]`, `[reboot_needed, unprotected]`);
booleans are `true` and `false`; `""` is the empty text; JSON stands as it is received.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from watchkeeper.model.control import Control, Example, Scalar
from watchkeeper.model.resource import ColumnType, Resource

EXAMPLE_NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
"""The moment at which examples are judged."""

EARLIER = "_earlier"
COLLECTED_AT = "collected_at"
UNREAD = "unread"

_RELATIVE = re.compile(r"now(?:\s*([+-])\s*(\d+)\s*(d|h|min|s))?")
_UNITS = {"d": "days", "h": "hours", "min": "minutes", "s": "seconds"}


def columns_of(
    control: Control, resources: Mapping[str, Resource]
) -> dict[str, dict[str, ColumnType]]:
    """Every table the control's SQL may read: table → column → type, in the declared order."""
    return tables_of(control.reads, control.earlier or {}, resources)


def tables_of(
    reads: Mapping[str, tuple[str, ...]],
    earlier: Mapping[str, tuple[str, ...]],
    resources: Mapping[str, Resource],
) -> dict[str, dict[str, ColumnType]]:
    """As `columns_of`, for a control that is still being read."""
    found: dict[str, dict[str, ColumnType]] = {
        name: {column: resources[name].column(column).type for column in columns}
        for name, columns in reads.items()
    }
    for name, columns in earlier.items():
        found[name + EARLIER] = {
            column: resources[name].column(column).type for column in columns
        } | {COLLECTED_AT: ColumnType.TIMESTAMP}
    found[UNREAD] = {"resource": ColumnType.TEXT, "reason": ColumnType.TEXT}
    return found


def cell(text: str, kind: ColumnType, now: datetime) -> Any:
    """The value a cell holds; ValueError says what was expected instead."""
    if not text:
        return None
    match kind:
        case ColumnType.TIMESTAMP:
            return _moment(text, now)
        case ColumnType.BOOLEAN:
            if text not in {"true", "false"}:
                raise ValueError(f"{text!r} is not true or false")
            return text == "true"
        case ColumnType.INTEGER:
            if not re.fullmatch(r"-?\d+", text):
                raise ValueError(f"{text!r} is not a whole number")
            return int(text)
        case ColumnType.TEXTS:
            if not (text.startswith("[") and text.endswith("]")):
                raise ValueError(f"{text!r} is not a list; write [a, b]")
            return [part.strip() for part in text[1:-1].split(",") if part.strip()]
        case ColumnType.TEXT | ColumnType.JSON:
            return "" if text == '""' else text


def _moment(text: str, now: datetime) -> datetime:
    relative = _RELATIVE.fullmatch(text)
    if relative is None:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(f"{text!r} has no time zone; write {text}Z")
        return moment.astimezone(UTC)
    sign, number, unit = relative.groups()
    if sign is None:
        return now
    distance = timedelta(**{_UNITS[unit]: int(number)})
    return now + distance if sign == "+" else now - distance


def rows(
    example: Example, tables: Mapping[str, Mapping[str, ColumnType]], now: datetime
) -> dict[str, list[dict[str, Any]]]:
    """The example's rows as values, every table and every column present."""
    return {
        table: [
            {name: cell(row.get(name, ""), kind, now) for name, kind in columns.items()}
            for row in example.tables.get(table, ())
        ]
        for table, columns in tables.items()
    }


def parameter_value(text: str, default: Scalar) -> Scalar:
    """A parameter as an example writes it, of the kind of its default; ValueError otherwise."""
    if isinstance(default, bool):
        return bool(cell(text, ColumnType.BOOLEAN, EXAMPLE_NOW))
    if isinstance(default, int):
        return int(text)
    return float(text) if isinstance(default, float) else text
