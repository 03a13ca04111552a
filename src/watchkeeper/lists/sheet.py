"""A list as it was given: headers and rows, whatever kind of file it was.

Nothing in it is believed or run: a cell is text or a moment, and a formula the value that the
program which wrote the file had worked out.
"""

import csv
import io
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from watchkeeper.errors import UsageError

LARGEST = 512 * 1024 * 1024
"""Bytes of a file, unpacked."""
MOST_ROWS = 2_000_000
MOST_COLUMNS = 2_000

_DELIMITERS = ",;\t"
_LOOKED_AT = 20  # lines, to tell which character separates cells
_WORKBOOK = b"PK\x03\x04"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))

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


def kind_of(data: bytes) -> str:
    """What a file is: `xlsx` or `csv`."""
    return "xlsx" if data.startswith(_WORKBOOK) else "csv"


def read(data: bytes, name: str, sheet: str = "") -> Sheet:
    """The list in a CSV or XLSX file; `sheet` names one of a workbook's, else it is the first.

    Raises UsageError, which names the file, where possible the line, and what to do.
    """
    if len(data) > LARGEST:
        raise UsageError(
            f"{name} is larger than {LARGEST // 1024**2} MB.", hint="Give it in several lists."
        )
    if data.startswith(_OLD_WORKBOOK):
        raise UsageError(
            f"{name} is a workbook of the old kind, or one with a password.",
            hint="Save it as XLSX without a password, or as CSV.",
        )
    if kind_of(data) == "xlsx":
        # Only who gives a workbook waits until its reader is loaded.
        from watchkeeper.lists import workbook  # noqa: PLC0415

        return tabulate(name, workbook.lines(data, name, sheet))
    if sheet:
        raise UsageError(f"{name} is no workbook: it has no sheet {sheet!r}.", hint="Name none.")
    return tabulate(name, _records(_text(data, name), name))


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


def _text(data: bytes, name: str) -> str:
    """The file's text: UTF-8, UTF-16 or, where it is neither, Windows-1252."""
    encoding = next((each for mark, each in _BOMS if data.startswith(mark)), "")
    if not encoding and b"\x00" in data[:200]:
        encoding = "utf-16-be" if data[:1] == b"\x00" else "utf-16-le"
    for each in [encoding] if encoding else ["utf-8", "cp1252"]:
        try:
            return data.decode(each)
        except UnicodeDecodeError:
            continue
    raise UsageError(
        f"{name} is not text that can be read as CSV, and no XLSX.",
        hint="Save it as CSV in UTF-8, or as XLSX.",
    )


def _records(text: str, name: str) -> Iterator[tuple[int, list[Cell]]]:
    """The records of a CSV with the line that each begins at."""
    text = text.removeprefix("\ufeff")
    # What a spreadsheet writes for itself before the headers.
    told = text[:6].casefold().startswith("sep=")
    delimiter = text[4:5] if told and text[4:5] in _DELIMITERS else _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for number, cells in enumerate(reader):
            if not (told and number == 0):
                yield line, [cleaned(cell) for cell in cells]
            line = reader.line_num + 1
    except csv.Error as error:
        raise UsageError(
            f"{name} is no proper CSV at line {line}: {error}.",
            hint="Quotes within a cell are doubled, and each that opens a cell is closed.",
        ) from error


def _delimiter(text: str) -> str:
    """What separates the cells: what splits the headers, and most lines as often as them."""
    best, highest = _DELIMITERS[0], (0.0, 0)
    for each in _DELIMITERS:
        widths: list[int] = []
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=each)
        try:
            widths += (len(cells) for cells in itertools.islice(reader, _LOOKED_AT) if cells)
        except csv.Error:
            continue  # not the one, or refused with its line when the file is read
        if widths and widths[0] > 1:
            score = (widths.count(widths[0]) / len(widths), widths[0])
            if score > highest:
                best, highest = each, score
    return best
