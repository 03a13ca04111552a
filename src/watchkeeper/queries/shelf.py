"""Tables made of sealed ones for lists: what is shown, searched and sorted, in one order.

A sealed table is laid out for keeping. To show 25 of a million rows in any order it would have to
be read whole, so each set of sealed files gets a table of its own that is laid out for showing:
rows in the order that breaks ties, one column that holds what is searched, places by key. Sealed
files never change, so what is made of them stays right. It lies in a folder that may be removed at
any time (`keep_in`), never in the locker, and is made only of files that the log vouches for.
"""

import contextlib
import hashlib
import os
import secrets
import shutil
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from watchkeeper.clock import SYSTEM_CLOCK
from watchkeeper.errors import LockerError
from watchkeeper.locker.locker import Locker
from watchkeeper.queries import sealed
from watchkeeper.queries.engine import Ask, asking, engine, quoted

_FORMAT = f"1 {duckdb.__version__}"  # what is made by another version is made again
_ASKING_MEMORY, _MAKING_MEMORY = "768MB", "400MB"
_MOST_BYTES = 4_000_000_000
_LEFT_SECONDS = 3600.0  # what a killed process left unfinished is removed after that
_MAKERS = threading.BoundedSemaphore(2)  # their memory and processors are bounded


@dataclass(frozen=True, slots=True)
class Shape:
    """How a table for a list is made of sealed files named `file`.

    `relation` gives the SQL for their rows, `columns` what is kept of a row, `searched` the texts
    that are searched. `order` is total. `key` is the column rows are looked up by; of several rows
    with one key only the first by `newest` and then of the latest collection is kept, or each where
    that is empty.
    """

    name: str
    file: str
    relation: Callable[[tuple[str, ...]], str] = field(compare=False)
    columns: tuple[str, ...]
    searched: tuple[str, ...]
    order: str
    key: str
    newest: str = ""

    @property
    def text(self) -> str:
        """All that decides what such a table holds."""
        parts = (self.name, self.file, *self.columns, *self.searched, self.order, self.key)
        return "\n".join((_FORMAT, *parts, self.newest))


@dataclass(frozen=True, slots=True)
class Table:
    """A made table. Two with one name hold the same rows."""

    shelf: "Shelf"
    name: str
    key: str

    @property
    def rows(self) -> str:
        """Its rows, in SQL; `rowid` counts them in the shape's order."""
        return f"{self.name}.listed"

    def asked(self) -> contextlib.AbstractContextManager[Ask]:
        """Lets SQL be asked over it."""
        return self.shelf.asked(self)


class Shelf:
    """A folder of made tables, and the engine that asks them: one per process, many threads."""

    def __init__(self, folder: Path, most_open: int = 64) -> None:
        """`folder` is made when something is put into it; so many tables stay open unused."""
        self.folder = folder
        self._most_open = most_open
        self._engine: duckdb.DuckDBPyConnection | None = None
        self._attached: OrderedDict[str, int] = OrderedDict()  # how many use each now
        self._made_of: dict[str, dict[str, sealed.State]] = {}
        self._making: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def table(self, locker: Locker, shape: Shape, folders: Sequence[str]) -> Table:
        """The table of these sealed folders, made if it is not there; raises Tampered.

        What was made of the first of them is used again for all of them.
        """
        names = _names(locker, shape, folders)
        paths = [f"{each}/{shape.file}" for each in folders]
        states = {path: sealed.state(locker, path) for path in paths}
        with self._lock:
            making = self._making.setdefault(names[-1], threading.Lock())
        with making:
            if not self._stands(names[-1], states):
                self._make(locker, shape, folders, names, states)
        return Table(self, names[-1], shape.key)

    @contextlib.contextmanager
    def asked(self, *tables: Table) -> Iterator[Ask]:
        """Lets SQL be asked over these tables, which stay open meanwhile."""
        names = {table.name for table in tables}
        with self._lock:
            for name in names:
                self._attach(name)
                self._attached[name] += 1
            cursor = self._running().cursor()
        try:
            yield asking(cursor, f"Remove {self.folder}: it is made again.")
        finally:
            cursor.close()
            with self._lock:
                for name in names:
                    self._attached[name] -= 1
                self._detach()

    def _running(self) -> duckdb.DuckDBPyConnection:
        if self._engine is None:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._engine = engine(_ASKING_MEMORY, folder=self.folder)
        return self._engine

    def _attach(self, name: str) -> None:
        """Opens a table; the caller holds the lock. Raises duckdb.Error for one that is broken."""
        if name not in self._attached:
            path = self._path(name)
            self._running().execute(f"ATTACH {quoted(str(path))} AS {name} (READ_ONLY)")
            self._attached[name] = 0
            os.utime(path)
        self._attached.move_to_end(name)

    def _detach(self) -> None:
        """Closes what nobody uses when there are too many; the caller holds the lock."""
        idle = [name for name, users in self._attached.items() if not users]
        for name in idle[: max(0, len(self._attached) - self._most_open)]:
            self._running().execute(f"DETACH {name}")
            del self._attached[name]

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.duckdb"

    def _stands(self, name: str, states: dict[str, sealed.State]) -> bool:
        """Whether the table is there and was made of these files as they are now."""
        if name not in self._made_of:
            if not self._path(name).is_file():
                return False
            try:
                with self._lock:
                    self._attach(name)
                    sources = self._running().execute(f"FROM {name}.sources").fetchall()
            except duckdb.Error:
                return False  # it is made again
            self._made_of[name] = {path: tuple(state) for path, *state in sources}
        return self._made_of[name] == states

    def _make(
        self,
        locker: Locker,
        shape: Shape,
        folders: Sequence[str],
        names: Sequence[str],
        states: dict[str, sealed.State],
    ) -> None:
        paths = list(states)
        known = next(
            (
                count
                for count in range(len(names) - 1, 0, -1)
                if self._stands(names[count - 1], {path: states[path] for path in paths[:count]})
            ),
            0,
        )
        files = sealed.vouched(locker, folders[known:], shape.file)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.folder / f"{names[-1]}.{secrets.token_hex(4)}.draft"
        base = self._path(names[known - 1]) if known else None
        try:
            with _MAKERS:
                _write(draft, shape, files, base, known, states)
            # One that is open goes on with the file it has: vouched for, so its rows are the same.
            draft.replace(self._path(names[-1]))
        finally:
            for left in self.folder.glob(f"{draft.name}*"):
                left.unlink(missing_ok=True)
        self._made_of[names[-1]] = states
        sealed.make_room(self.folder, "*.duckdb", _MOST_BYTES)


def _names(locker: Locker, shape: Shape, folders: Sequence[str]) -> list[str]:
    """The names of the tables of the first folder, the first two, and so on to all."""
    names = []
    digest = hashlib.sha256(f"{shape.text}\n{locker.store.where}".encode())
    for each in folders:
        digest.update(f"\n{each}".encode())
        names.append(f"{shape.name}_{digest.hexdigest()[:40]}")
    return names


def _write(
    draft: Path,
    shape: Shape,
    files: tuple[str, ...],
    base: Path | None,
    known: int,
    states: dict[str, sealed.State],
) -> None:
    """Makes a table of files that are vouched for, and of `base`, made of `known` files before."""
    searched = ", ".join(f"lower({name})" for name in shape.searched)
    found = (
        f"SELECT {', '.join(shape.columns)}, concat_ws(chr(0), {searched}) AS searched, "  # noqa: S608
        f"{known} + place AS origin FROM {shape.relation(files)} "
        "JOIN (SELECT unnest($files) AS filename, unnest(range(len($files))) AS place) "
        "USING (filename)"
    )
    if base is not None:
        found += " UNION ALL BY NAME FROM base.listed"
    if shape.newest:
        found = (
            f"SELECT * FROM ({found}) QUALIFY row_number() OVER "  # noqa: S608
            f"(PARTITION BY {shape.key} ORDER BY {shape.newest}, origin DESC) = 1"
        )
    cores = max(1, (os.cpu_count() or 1) // 2)
    with engine(_MAKING_MEMORY, folder=draft.parent, files=files, threads=cores) as maker:
        ask = asking(maker, "`watchkeeper verify` says whether the locker is whole.")
        ask(f"ATTACH {quoted(str(draft))} AS made")
        if base is not None:
            ask(f"ATTACH {quoted(str(base))} AS base (READ_ONLY)")
        ask(f"CREATE TABLE made.listed AS {found} ORDER BY {shape.order}", {"files": list(files)})
        ask(
            f"CREATE TABLE made.keys AS SELECT hash({shape.key}) AS hashed, rowid AS place "  # noqa: S608
            "FROM made.listed ORDER BY hashed"
        )
        sizes, times, inodes = zip(*states.values(), strict=True)
        ask(
            "CREATE TABLE made.sources AS SELECT unnest($paths) AS path, unnest($sizes) AS size, "
            "unnest($times) AS time, unnest($inodes) AS inode",
            {"paths": [*states], "sizes": [*sizes], "times": [*times], "inodes": [*inodes]},
        )
        ask("DETACH made")


_shelves: list[Shelf] = []  # the one of this process, once `keep_in` was called


def keep_in(folder: Path) -> None:
    """Says where made tables are kept from now on: a folder of our own that may be removed."""
    _shelves[:] = [Shelf(folder)]
    for left in (*folder.glob("*.draft*"), *folder.glob("spilled-*")):
        with contextlib.suppress(OSError):
            if SYSTEM_CLOCK.now().timestamp() - left.stat().st_mtime > _LEFT_SECONDS:
                shutil.rmtree(left) if left.is_dir() else left.unlink()


def table(locker: Locker, shape: Shape, folders: Sequence[str]) -> Table:
    """The table of these sealed folders, oldest first, made if it is not there.

    Raises Tampered when a file is not what the log holds, LockerError when it cannot be read.
    """
    if not _shelves:
        raise LockerError("It was not said where made tables are kept.", hint="Call keep_in.")
    return _shelves[0].table(locker, shape, folders)


def find(
    tables: Sequence[Table], columns: str, keys: Sequence[str]
) -> list[tuple[Table, dict[str, Any]]]:
    """Some columns of the rows with these keys, of each table in its turn, and whose they are."""
    if not tables or not keys:
        return []
    names = [f"key_{number}" for number, _ in enumerate(keys)]
    hashed = ", ".join(f"hash(${name})" for name in names)
    wanted = ", ".join(f"${name}" for name in names)
    found = (
        f"SELECT {number} AS turn, {columns} FROM {table.rows} WHERE {table.key} IN ({wanted}) "  # noqa: S608
        f"AND rowid IN (SELECT place FROM {table.name}.keys WHERE hashed IN ({hashed}))"
        for number, table in enumerate(tables)
    )
    with tables[0].shelf.asked(*tables) as ask:
        rows = ask(" UNION ALL ".join(found), dict(zip(names, keys, strict=True)))
    return [(tables[row.pop("turn")], row) for row in rows]
