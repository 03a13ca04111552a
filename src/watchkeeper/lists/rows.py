"""A list's rows by column, with a key that the next load finds again."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from watchkeeper.clock import rfc3339
from watchkeeper.errors import UsageError
from watchkeeper.lists import values
from watchkeeper.lists.cells import Cell, Row, Sheet
from watchkeeper.lists.headers import KEYS
from watchkeeper.lists.mapping import Mapping
from watchkeeper.model.resource import ColumnType, Resource

_MOST_NAMED = 50
_LIST_NAME = re.compile(r"\w[\w .-]{0,59}")
_BETWEEN = re.compile(r"[,;|\r\n\t]+")
# However its pairs are written: aa:bb:…, AA-BB-…, aabb.ccdd.eeff, aabbccddeeff.
_MAC = re.compile(r"(?<![0-9a-z])[0-9a-f]{2}(?:[:. -]?[0-9a-f]{2}){5}(?![0-9a-z])", re.IGNORECASE)
# Serial numbers that makers of boards leave in: as good as none.
_NO_SERIAL = frozenset(
    "none na unknown default defaultstring systemserialnumber tobefilledbyoem notspecified "
    "notavailable invalid".split()
)
_SIGNS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Applied:
    """What a list gives: rows by column name, and what a reader of them must know.

    `mapping` is the one that was used, with the order of day and month that the dates showed;
    `left_out` counts the lines that gave no row.
    """

    rows: tuple[dict[str, Any], ...]
    mapping: Mapping
    notes: tuple[str, ...]
    left_out: int


def check_list_name(name: str) -> str:
    """The name, if a list may be called so; raises UsageError."""
    if not _LIST_NAME.fullmatch(name):
        raise UsageError(
            f"A list cannot be called {name!r}.",
            hint="Give letters, digits, blanks, dots and dashes; at most 60.",
        )
    return name


def apply(
    resource: Resource, list_name: str, sheet: Sheet, mapping: Mapping, listed_at: datetime
) -> Applied:
    """The rows of a list, read at `listed_at` (UTC).

    Lines without a key and those with too many cells are left out and noted; so are values that
    cannot be read, which become null. Raises UsageError when two lines have one key, and when day
    and month of dates cannot be told apart.
    """
    check_list_name(list_name)
    reading = _Reading(resource, list_name, sheet, _dated(resource, sheet, mapping), listed_at)
    rows = tuple(reading.rows())
    return Applied(rows, reading.mapping, reading.notes(), reading.left_out)


def _dated(resource: Resource, sheet: Sheet, mapping: Mapping) -> Mapping:
    """The mapping with the order of day and month, where the dates show it."""
    if mapping.date_order:
        return mapping
    fed = [
        position
        for position, header in enumerate(sheet.headers)
        if (name := mapping.column(header)) and resource.column(name).type is ColumnType.TIMESTAMP
    ]
    try:
        order = values.order_of(row.cells[position] for row in sheet.rows for position in fed)
    except values.Ambiguous as error:
        raise _asking(f"The dates of {sheet.name} do not go together: {error}.") from error
    return replace(mapping, date_order=order)


def _asking(message: str) -> UsageError:
    return UsageError(
        message,
        hint="Say what comes first: --date-order dmy (31/12/2026) or --date-order mdy "
        "(12/31/2026).",
    )


class _Reading:
    """One pass over a sheet, and what it noticed."""

    def __init__(
        self,
        resource: Resource,
        list_name: str,
        sheet: Sheet,
        mapping: Mapping,
        listed_at: datetime,
    ) -> None:
        self.mapping = mapping
        self.left_out = 0
        self._resource = resource
        self._list = list_name
        self._sheet = sheet
        self._listed_at = listed_at
        self._said: list[str] = []
        self._unsaid = 0
        self._fed = [
            (column, [sheet.headers.index(header) for header in mapping.headers(column.name)])
            for column in resource.columns
            if mapping.headers(column.name)
        ]

    def rows(self) -> Iterator[dict[str, Any]]:
        """The rows, each with its id; raises UsageError for two of one key."""
        lines: dict[str, int] = {}
        repeated: Counter[str] = Counter()
        for row in self._sheet.rows:
            if row.surplus:
                self._leave_out(row, f"it has more than {len(self._sheet.headers)} cells")
                continue
            made = self._row(row)
            key = _key(self._resource.name, made)
            if not key:
                self._leave_out(row, "nothing in it tells which one it is")
                continue
            if key in lines:
                repeated[key] += 1
                if len(repeated) == 1 and repeated[key] == 1:
                    first = (key, lines[key], row.line)
                continue
            lines[key] = row.line
            yield made | {
                "id": f"{self._list}/{key}",
                "list": self._list,
                "listed_at": self._listed_at,
            }
        if repeated:
            key, one, other = first
            more = f" (and {repeated.total() - 1:,} more)" if repeated.total() > 1 else ""
            raise UsageError(
                f"The {self._sheet.unit}s {one:,} and {other:,} of {self._sheet.name} are both "
                f"{key!r}{more}.",
                hint="Leave one out, or say which column tells them apart: "
                "--map 'HEADER=external_id'.",
            )

    def notes(self) -> tuple[str, ...]:
        """What was noticed, the first of it by name."""
        more = [f"and {self._unsaid:,} more like these"] if self._unsaid else []
        return (*self._said, *more)

    def _row(self, row: Row) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for column, positions in self._fed:
            cells = [row.cells[position] for position in positions]
            try:
                made[column.name] = self._value(column.name, column.type, cells)
            except (values.Ambiguous, values.Unfitting) as error:
                raise _asking(
                    f"In {self._sheet.unit} {row.line:,} of {self._sheet.name} day and month of "
                    f"{str(error)!r} cannot be told apart as {self.mapping.date_order or 'it is'}."
                ) from error
            except (ValueError, OverflowError):
                made[column.name] = None
                self._say(
                    f"{self._sheet.unit} {row.line:,}: {column.name} is not {cells[0]!r}"[:200]
                )
        return made

    def _value(self, name: str, kind: ColumnType, cells: list[Cell]) -> Any:
        if kind is ColumnType.TEXTS:
            return list(dict.fromkeys(each for cell in cells for each in _several(cell))) or None
        cell = cells[0]
        if kind is ColumnType.TIMESTAMP:
            return values.moment(cell, self.mapping.date_order)
        if kind is ColumnType.BOOLEAN:
            return values.boolean(cell)
        text = _text(cell)
        if text is None:
            return None
        return {"os_type": values.system, "status": values.status}.get(name, str)(text)

    def _leave_out(self, row: Row, why: str) -> None:
        self.left_out += 1
        self._say(f"{self._sheet.unit} {row.line:,} was left out: {why}")

    def _say(self, note: str) -> None:
        if len(self._said) < _MOST_NAMED:
            self._said.append(note)
        else:
            self._unsaid += 1


def _several(cell: Cell) -> list[str]:
    """What a cell holds several of: hardware addresses, or parts with a comma between them."""
    text = _text(cell) or ""
    parts = _MAC.findall(text) or _BETWEEN.split(text)
    return [part.strip() for part in parts if part.strip()]


def _text(cell: Cell) -> str | None:
    return rfc3339(cell) if isinstance(cell, datetime) else cell


def _key(resource: str, row: dict[str, Any]) -> str:
    for parts in KEYS[resource]:
        found = [str(row.get(part) or "") for part in parts]
        if parts == ("serial_number",) and _no_serial(found[0]):
            continue
        if all(found):
            return " ".join(found)
    return ""


def _no_serial(text: str) -> bool:
    signs = _SIGNS.sub("", text).casefold()
    return signs in _NO_SERIAL or len(set(signs)) <= 1
