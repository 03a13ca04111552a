"""XLSX, read a row at a time; formulas as the values that were stored with them."""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
from openpyxl.worksheet._read_only import ReadOnlyWorksheet

from watchkeeper.errors import UsageError
from watchkeeper.lists.cells import LARGEST, MOST_COLUMNS, MOST_ROWS, Cell, Sheet, cleaned, tabulate

_MOST_FILES = 10_000
_ZEROS = re.compile("0+")
_ERROR = "e"  # a cell that holds `#N/A` and the like


def read(data: bytes, name: str, sheet: str = "") -> Sheet:
    """A sheet of a workbook; the first one where none is named.

    Raises UsageError for what is no workbook, unpacks to too much, or has no such sheet.
    """
    _check_size(data, name)
    try:
        with warnings.catch_warnings():
            # Of styles and checks that it leaves out: nothing of a list.
            warnings.simplefilter("ignore", UserWarning)
            return tabulate(name, _read(data, name, sheet))
    except UsageError:
        raise
    except Exception as error:  # a broken workbook fails in as many ways as it has parts
        raise UsageError(
            f"{name} is a broken workbook: {type(error).__name__}.",
            hint="Open it in a spreadsheet and save it as XLSX again, or as CSV.",
        ) from error


def _read(data: bytes, name: str, sheet: str) -> Iterator[tuple[int, list[Cell]]]:
    book = openpyxl.load_workbook(
        io.BytesIO(data), read_only=True, data_only=True, keep_links=False
    )
    pages = {page.title: page for page in book.worksheets}
    if sheet and sheet not in pages:
        raise UsageError(
            f"{name} has no sheet {sheet!r}.", hint=f"It has: {', '.join(pages) or 'none'}."
        )
    page = pages[sheet] if sheet else next(iter(pages.values()), None)
    if isinstance(page, ReadOnlyWorksheet):
        page.reset_dimensions()  # what the file says of its size need not be so
        yield from _rows(page, name)
    book.close()


def _check_size(data: bytes, name: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise UsageError(f"{name} is cut off or broken.", hint="Give the whole file.") from error
    if len(parts) > _MOST_FILES or sum(part.file_size for part in parts) > LARGEST:
        raise UsageError(
            f"{name} unpacks to more than {LARGEST // 1024**2} MB.",
            hint="Give only the sheet that matters, or CSV.",
        )


def _rows(page: ReadOnlyWorksheet, name: str) -> Iterator[tuple[int, list[Cell]]]:
    for number, cells in enumerate(page.rows, 1):
        if number > MOST_ROWS + 1:
            raise UsageError(
                f"{name} has more than {MOST_ROWS:,} rows.", hint="Give it in several lists."
            )
        if len(cells) > MOST_COLUMNS:
            raise UsageError(
                f"Line {number} of {name} has more than {MOST_COLUMNS:,} columns.",
                hint="Give only those that matter.",
            )
        yield number, [_cell(cell) for cell in cells]


def _cell(cell: Any) -> Cell:
    match cell.value:
        case bool() as value:
            found: Cell = "true" if value else "false"
        case int() | float() as value:
            found = _digits(value, str(cell.number_format or ""))
        case datetime() as value:
            found = value.replace(tzinfo=UTC)
        case date() as value:
            found = datetime(value.year, value.month, value.day, tzinfo=UTC)
        case None:
            found = None
        case value:
            found = cleaned(str(value)) if cell.data_type != _ERROR else None
    return found


def _digits(value: float, shown: str) -> str:
    """A number as its digits: no exponent, no `.0`, and the zeros that the sheet shows before."""
    exact = Decimal(repr(value))
    if not exact.is_finite():
        return str(value)
    whole = exact == exact.to_integral_value()
    text = format(exact.quantize(Decimal(1)) if whole and abs(exact) < 10**25 else exact, "f")
    return text.zfill(len(shown)) if whole and _ZEROS.fullmatch(shown) else text
