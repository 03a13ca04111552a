"""A file: CSV or XLSX."""

from collections.abc import Mapping
from pathlib import Path

from watchkeeper.clock import Clock
from watchkeeper.errors import UsageError
from watchkeeper.lists import sheet
from watchkeeper.lists.cells import LARGEST
from watchkeeper.lists.sources import Given, Option, Source
from watchkeeper.locker.stated import Document

RESOURCES = ("assets", "people", "support_ends")
SHEET = Option("sheet", "Which sheet of a workbook; the first by default.", required=False)


def given(data: bytes, name: str, chosen: str, where: str) -> Given:
    """A file's bytes as a list; `where` says where it came from, without secrets."""
    facts = {"from": where} | ({"sheet": chosen} if chosen else {})
    read = sheet.read(data, name, chosen)
    return Given(read, (Document(data, sheet.kind_of(data), facts),))


def bytes_of(path: Path) -> bytes:
    """What a file holds; raises UsageError when it cannot be read or is too large."""
    try:
        with path.open("rb") as opened:
            return opened.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}.", hint="Give a CSV or XLSX file."
        ) from error


def _read(options: Mapping[str, str], resource: str, clock: Clock) -> Given:
    del resource, clock  # any of them, at once
    path = Path(options["path"]).expanduser()
    return given(bytes_of(path), path.name, options["sheet"], path.name)


SOURCE = Source(
    name="file",
    title="A file",
    options=(Option("path", "The CSV or XLSX file."), SHEET),
    resources=RESOURCES,
    read=_read,
)
