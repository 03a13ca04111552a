"""Sealed tables on this machine: found, vouched for, asked as they are."""

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from watchkeeper.errors import LockerError, Tampered
from watchkeeper.locker.locker import Locker
from watchkeeper.model.resource import ColumnType, Resource
from watchkeeper.queries.engine import asking, engine

FROM = "read_parquet($files, hive_partitioning = false, union_by_name = true, filename = true)"

State = tuple[int, ...]
"""What shows that a file was touched: size, time of change, inode; zeros in a bucket."""

_MEMORY = "1GB"
_CACHE_BYTES = 4_000_000_000
_BLOCK = 1 << 20
_MOST_VOUCHED = 100_000
_HINT = "`watchkeeper verify` says whether the locker is whole."
_TYPES = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.TIMESTAMP: "TIMESTAMPTZ",
    ColumnType.TEXTS: "VARCHAR[]",
    ColumnType.JSON: "VARCHAR",
}
_vouched: dict[tuple[str, str, State], None] = {}


def select(files: Sequence[str], sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of one SELECT; `files` are local paths, which the SQL names `$files`."""
    with engine(_MEMORY, files=files) as made:
        return asking(made, _HINT)(sql, {**parameters, "files": list(files)})


def state(locker: Locker, path: str) -> State:
    """How a sealed file is now; raises LockerError when it is missing."""
    local = locker.store.local_path(path)
    if local is None:
        return (0, 0, 0)
    try:
        found = local.stat()
    except OSError as error:
        raise LockerError(
            f"{path} is missing in {locker.store.where}.",
            hint="`watchkeeper verify` says what else differs.",
        ) from error
    return (found.st_size, found.st_mtime_ns, found.st_ino)


def vouched(locker: Locker, folders: Sequence[str], name: str) -> tuple[str, ...]:
    """The file of that name of each sealed folder, on this machine.

    Raises Tampered when its bytes are not those that the log holds; a file that was found right
    and not touched since is not read again.
    """
    where = locker.store.where
    files: list[str] = []
    new: list[tuple[str, tuple[str, str, State]]] = []
    for folder in folders:
        path = f"{folder}/{name}"
        known = (where, path, state(locker, path))
        files.append(_located(locker, path))
        if known not in _vouched:
            new.append((folder, known))
    if new:
        locker.vouch(folder for folder, _ in new)
        local = dict(zip(folders, files, strict=True))
        for folder, known in new:
            _compare(locker, folder, name, local[folder])
            if len(_vouched) >= _MOST_VOUCHED:
                _vouched.clear()
            _vouched[known] = None
    return tuple(files)


def _compare(locker: Locker, folder: str, name: str, file: str) -> None:
    """Raises Tampered unless the file is the one in its folder's manifest."""
    listed = json.loads(locker.manifest(folder)[0])["files"]
    wanted = next((each["sha256"] for each in listed if each["path"] == name), None)
    with Path(file).open("rb") as source:
        found = hashlib.file_digest(source, "sha256").hexdigest()
    if found != wanted:
        raise Tampered(
            f"{folder}/{name} is not what was sealed.",
            hint="`watchkeeper verify` says what else differs.",
        )


def relation(resource: Resource, files: tuple[str, ...], columns: Sequence[str]) -> str:
    """SQL for declared columns of a resource's files; one that no file holds is null."""
    present = _present(files)
    chosen = ", ".join(
        name if name in present else f"NULL::{_TYPES[resource.column(name).type]} AS {name}"
        for name in columns
    )
    return f"(SELECT {chosen}, filename FROM {FROM})"  # noqa: S608 - declared names only


@lru_cache(maxsize=256)
def _present(files: tuple[str, ...]) -> frozenset[str]:
    rows = select(files, f"SELECT column_name FROM (DESCRIBE SELECT * FROM {FROM})", {})  # noqa: S608
    return frozenset(row["column_name"] for row in rows)


def _located(locker: Locker, path: str) -> str:
    """A sealed file on this machine: where it lies, or a copy when the locker is a bucket."""
    local = locker.store.local_path(path)
    return str(local) if local is not None else str(_copied(locker, path))


def _copied(locker: Locker, path: str) -> Path:
    """A copy of a bucket's file; sealed files never change, so a copy is always right."""
    folder = Path(tempfile.gettempdir()) / f"watchkeeper-tables-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise LockerError(f"{folder} belongs to somebody else.", hint="Remove it.")
    name = hashlib.sha256(f"{locker.store.where}\n{path}".encode()).hexdigest()
    copy = folder / f"{name}.parquet"
    if copy.exists():
        copy.touch()
        return copy
    handle, draft = tempfile.mkstemp(dir=folder, suffix=".part")
    with os.fdopen(handle, "wb") as target, locker.store.open_reader(path) as source:
        while block := bytes(source.read(_BLOCK)):
            target.write(block)
    Path(draft).replace(copy)
    make_room(folder, "*.parquet", _CACHE_BYTES)
    return copy


def make_room(folder: Path, pattern: str, most: int) -> None:
    """Removes the files that were not used for longest until the others fit into `most` bytes."""
    found = []
    for path in folder.glob(pattern):
        try:
            known = path.stat()
        except FileNotFoundError:
            continue  # somebody else made room
        found.append((known.st_mtime, known.st_size, path))
    total = 0
    for _, size, path in sorted(found, reverse=True):
        total += size
        if total > most and total > size:  # the newest stays, however large
            path.unlink(missing_ok=True)
