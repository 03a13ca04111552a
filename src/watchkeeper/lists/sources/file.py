"""A file: CSV or XLSX."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from watchkeeper.clock import Clock
from watchkeeper.errors import UsageError
from watchkeeper.lists import sheet
from watchkeeper.lists.cells import LARGEST
from watchkeeper.lists.sources import Given, Option, Source
from watchkeeper.locker.stated import Document

RESOURCES = ("assets", "people", "support_ends")
SHEET = Option("sheet", "Which sheet of a workbook; the first by default.", required=False)


def given(
    data: bytes, name: str, chosen: str, where: str, written: datetime | None = None
) -> Given:
    """A file's bytes as a list; `where` says where it came from, without secrets."""
    facts = {"from": where} | ({"sheet": chosen} if chosen else {})
    read = sheet.read(data, name, chosen)
    return Given(read, (Document(data, sheet.kind_of(data), facts),), written=written)


def bytes_of(path: Path) -> tuple[bytes, datetime]:
    """What a file holds, a byte more than a list may at the most, and when it was written (UTC).

    Raises UsageError when it cannot be read.
    """
    try:
        with path.open("rb") as opened:
            written = datetime.fromtimestamp(os.fstat(opened.fileno()).st_mtime, UTC)
            return opened.read(LARGEST + 1), written
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}.", hint="Give a CSV or XLSX file."
        ) from error


def _read(options: Mapping[str, str], resource: str, clock: Clock) -> Given:
    del resource, clock  # any of them, at once
    path = Path(options["path"]).expanduser()
    data, written = bytes_of(path)
    return given(data, path.name, options["sheet"], path.name, written)


SOURCE = Source(
    name="file",
    title="A file",
    options=(Option("path", "The CSV or XLSX file."), SHEET),
    resources=RESOURCES,
    read=_read,
)
