"""A folder into which another program puts the list: the newest file that is whole."""

import fnmatch
import os
from collections.abc import Mapping
from pathlib import Path

from watchkeeper.clock import Clock
from watchkeeper.errors import SourceFailed, UsageError
from watchkeeper.lists.sources import Given, Option, Source
from watchkeeper.lists.sources.file import RESOURCES, SHEET, bytes_of, given

_STILL = 2.0  # seconds without a change after which a file is taken to be whole
_LOOKS = 30
_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")


def _read(options: Mapping[str, str], resource: str, clock: Clock) -> Given:
    del resource  # any of them
    folder = Path(options["path"]).expanduser()
    before = _newest(folder, options["pattern"])
    for _ in range(_LOOKS):
        clock.sleep(_STILL)
        now = _newest(folder, options["pattern"])
        if now == before:
            data, written = bytes_of(now[0])
            if _newest(folder, options["pattern"]) == now:
                name = now[0].name
                return given(data, name, options["sheet"], name, written)
        before = now
    raise SourceFailed(f"{before[0]} is still being written.", hint="Load it when it is whole.")


def _newest(folder: Path, pattern: str) -> tuple[Path, int, int]:
    """The newest file of that pattern, its size and when it was changed, in nanoseconds."""
    found: list[tuple[int, str, int]] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_file() and _meant(entry.name, pattern):
                    facts = entry.stat()
                    found.append((facts.st_mtime_ns, entry.name, facts.st_size))
    except OSError as error:
        raise UsageError(
            f"The folder {folder} cannot be read: {error.strerror}.", hint="Give a folder."
        ) from error
    if not found:
        raise UsageError(f"No file in {folder} is called {pattern}.", hint="Give another pattern.")
    changed, name, size = max(found)
    return folder / name, size, changed


def _meant(name: str, pattern: str) -> bool:
    hidden = name.startswith((".", "~"))
    return not hidden and not name.endswith(_UNFINISHED) and fnmatch.fnmatch(name, pattern)


SOURCE = Source(
    name="folder",
    title="A folder",
    options=(
        Option("path", "The folder."),
        Option("pattern", "Which files count, such as assets-*.csv.", required=False, default="*"),
        SHEET,
    ),
    resources=RESOURCES,
    read=_read,
)
