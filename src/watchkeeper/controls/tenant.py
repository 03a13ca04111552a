"""The controls a tenant wrote: the pages of a folder, read again when one of them changes.

A page that cannot be read as a control is told with every fault it has. It is never left out
silently: whoever wrote it believes that something is watched.
"""

import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from watchkeeper.controls.faults import PageFaults
from watchkeeper.controls.page import LARGEST, read
from watchkeeper.frameworks import identifiers
from watchkeeper.model.control import Control
from watchkeeper.resources import everything as resources

_SAID = 400  # characters of a fault: it may quote what stands in the page


@dataclass(frozen=True, slots=True)
class Faulty:
    """A page that is no control: the name of its file, and a sentence for each fault."""

    file: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pages:
    """What a folder holds: the controls by id, in the order of files, and the faulty pages."""

    controls: dict[str, Control] = field(default_factory=dict)
    faulty: tuple[Faulty, ...] = ()


def read_folder(folder: Path, taken: Iterable[str]) -> Pages:
    """Every `.md` file of a folder but its README; `taken` are the ids of the product's.

    Raises OSError when there is no such folder, or it cannot be listed.
    """
    controls: dict[str, Control] = {}
    faulty: list[Faulty] = []
    for name in listed(folder):
        found = read_page(folder / name, taken)
        if isinstance(found, Faulty):
            faulty.append(found)
        else:
            controls[found.id] = found
    return Pages(controls, tuple(faulty))


def read_page(path: Path, taken: Iterable[str]) -> Control | Faulty:
    """One page as a control, or what is wrong with it."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        return _faulty(path, [f"it cannot be read ({error.strerror})"])
    if path.stem in taken:
        own = f"ACME-{path.stem}"
        taken_by = f"the id {path.stem} belongs to a control of the product; call yours {own}, say"
        return _faulty(path, [taken_by])
    try:
        return read(data, path.name, resources(), identifiers(), tenant=True)
    except PageFaults as faults:
        return _faulty(path, faults.faults)


def _faulty(path: Path, faults: Iterable[str]) -> Faulty:
    cut = (each if len(each) <= _SAID else each[:_SAID] + "…" for each in faults)
    return Faulty(path.name, tuple(f"{_begun(each)}." for each in cut))


def _begun(fault: str) -> str:
    """With a capital, unless it begins with a name such as `soc-2`."""
    return fault[0].upper() + fault[1:] if fault.split(" ", 1)[0].isalpha() else fault


def listed(folder: Path) -> list[str]:
    """The names of the pages, sorted."""
    with os.scandir(folder) as found:
        names = sorted(each.name for each in found)
    pages = (name for name in names if name.endswith(".md") and name[0] != ".")
    return [name for name in pages if name.upper() != "README.MD"]


# ---------------------------------------------------------------------------- in use

_Stamp = tuple[tuple[str, int, int], ...]


@dataclass
class _InUse:
    """The folder this process takes controls from, and what it held when it was last looked at."""

    folder: Path | None = None
    taken: frozenset[str] = frozenset()
    needed: bool = False
    stamp: _Stamp = ()
    pages: Pages = field(default_factory=Pages)
    looking: threading.Lock = field(default_factory=threading.Lock)


_in_use = _InUse()


def use(folder: Path | None, taken: Iterable[str], *, needed: bool = True) -> Pages:
    """From now on the catalogue holds this folder's controls too; None: no folder's.

    `taken` are the ids of the product's. Unless it is `needed` the folder may be missing.
    """
    with _in_use.looking:
        _in_use.folder, _in_use.taken, _in_use.needed = folder, frozenset(taken), needed
        _in_use.stamp, _in_use.pages = (), Pages()
    return in_use()


def in_use() -> Pages:
    """What the folder in use holds now; looked at each time, read when a file changed.

    A folder that cannot be listed is a faulty page by itself.
    """
    folder = _in_use.folder
    if folder is None:
        return _in_use.pages
    with _in_use.looking:
        try:
            stamp = _stamp(folder)
            if stamp != _in_use.stamp:
                _in_use.pages = read_folder(folder, _in_use.taken)
                _in_use.stamp = stamp
        except FileNotFoundError:
            _in_use.stamp, _in_use.pages = (), _missing(folder) if _in_use.needed else Pages()
        except OSError as error:
            _in_use.stamp, _in_use.pages = (), _unlisted(folder, error)
        return _in_use.pages


def _missing(folder: Path) -> Pages:
    return Pages(faulty=(Faulty(str(folder), ("The folder of your controls is not there.",)),))


def _unlisted(folder: Path, error: OSError) -> Pages:
    return Pages(faulty=(Faulty(str(folder), (f"It cannot be read ({error.strerror}).",)),))


def _stamp(folder: Path) -> _Stamp:
    """What tells that a page changed: names, times of change (ns), sizes."""
    return tuple((name, *_state(folder / name)) for name in listed(folder))


def _state(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return 0, 0  # reading it will say why
    return found.st_mtime_ns, found.st_size
