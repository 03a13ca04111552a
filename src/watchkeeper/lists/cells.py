"""A list as it was given: headers and rows, whatever it was read from.

Nothing in it is believed or run: a cell is text or a moment, and a formula the value that the
program which wrote the file had worked out.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from watchkeeper.errors import UsageError

LARGEST = 512 * 1024 * 1024
"""Bytes of a file, unpacked."""
MOST_ROWS = 2_000_000
MOST_COLUMNS = 2_000


Cell = str | datetime | None
"""Text without blanks around it, an aware UTC moment, or None where nothing stands."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the line it begins at, counted from 1, and a cell for each header.

    `surplus` says that it had more cells than there are headers: nobody knows which is which.
    """

    line: int
    cells: tuple[Cell, ...]
    surplus: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A list as given; `name` says where from, for messages, and `unit` what a row is there."""

    name: str
    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    unit: str = "line"


def tabulate(name: str, lines: Iterable[tuple[int, Sequence[Cell]]]) -> Sheet:
    """Lines with their numbers as a sheet: the first that is not blank is the headers."""
    filled = (each for each in lines if any(cell is not None for cell in each[1]))
    first = next(filled, None)
    if first is None:
        raise UsageError(f"{name} is empty.", hint="Its first line must name the columns.")
    headers = _headers(first[1])
    if len(headers) > MOST_COLUMNS:
        raise UsageError(
            f"{name} has more than {MOST_COLUMNS:,} columns.", hint="Give only those that matter."
        )
    rows: list[Row] = []
    for line, cells in filled:
        if len(rows) >= MOST_ROWS:
            raise UsageError(
                f"{name} has more than {MOST_ROWS:,} rows.", hint="Give it in several lists."
            )
        rows.append(_row(line, cells, len(headers)))
    return Sheet(name, headers, tuple(rows))


def cleaned(text: str) -> str | None:
    """The text without blanks around it, None where nothing is left.

    A half of a character pair, which no encoding can write down, becomes `?`.
    """
    return text.strip("\ufeff \t\r\n\v\f\x00\xa0").encode("utf-8", "replace").decode() or None


def _row(line: int, cells: Sequence[Cell], width: int) -> Row:
    kept = tuple(cells[:width])
    surplus = any(cell is not None for cell in cells[width:])
    return Row(line, kept + (None,) * (width - len(kept)), surplus)


def _headers(cells: Sequence[Cell]) -> tuple[str, ...]:
    """Names for all columns, each different: nameless ones and repeated ones get a number."""
    texts = [str(cell) if cell is not None else "" for cell in cells]
    while texts and not texts[-1]:
        texts.pop()
    named: list[str] = []
    for position, text in enumerate(texts, 1):
        name = " ".join(text.split()) or f"column {position}"
        others = (f"{name} ({number})" for number in itertools.count(2))
        named.append(name if name not in named else next(o for o in others if o not in named))
    return tuple(named)
