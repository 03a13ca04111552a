"""A file as a sheet: CSV as programs and people write it, or XLSX."""

import csv
import io
import itertools
from collections.abc import Iterator

from watchkeeper.errors import UsageError
from watchkeeper.lists.cells import LARGEST, Cell, Sheet, cleaned, tabulate

_DELIMITERS = ",;\t"
_LOOKED_AT = 20  # lines, to tell which character separates cells
_WORKBOOK = b"PK\x03\x04"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


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

        return workbook.read(data, name, sheet)
    if sheet:
        raise UsageError(f"{name} is no workbook: it has no sheet {sheet!r}.", hint="Name none.")
    return tabulate(name, _records(_text(data, name), name))


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
    delimiter, line = "", 1
    # What programs write before the headers: a spreadsheet `sep=;`, PowerShell `#TYPE …`.
    first, end, rest = text.partition("\n")
    if end and first[:4].casefold() == "sep=" and first[4:5] in _DELIMITERS:
        delimiter, text, line = first[4:5], rest, 2
    elif end and first.lstrip('"').startswith("#TYPE "):
        text, line = rest, 2
    before = line - 1
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter or _delimiter(text), strict=True
    )
    try:
        for cells in reader:
            yield line, [cleaned(cell) for cell in cells]
            line = before + reader.line_num + 1
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
