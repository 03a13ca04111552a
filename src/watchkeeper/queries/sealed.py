"""SELECT over the sealed tables of a locker: files that never change.

Each query gets an engine of its own that can read the files it was given and nothing else.
"""

import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

from watchkeeper.errors import LockerError
from watchkeeper.locker import layout
from watchkeeper.locker.locker import Locker
from watchkeeper.model.resource import ColumnType, Resource

FROM = "read_parquet($files, hive_partitioning = false, union_by_name = true, filename = true)"

_MEMORY = "2GB"
_CACHE_BYTES = 4_000_000_000
_BLOCK = 1 << 20
_TYPES = {
    ColumnType.TEXT: "VARCHAR",
    ColumnType.INTEGER: "BIGINT",
    ColumnType.BOOLEAN: "BOOLEAN",
    ColumnType.TIMESTAMP: "TIMESTAMPTZ",
    ColumnType.TEXTS: "VARCHAR[]",
    ColumnType.JSON: "VARCHAR",
}


def select(files: Sequence[str], sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of one SELECT; `files` are local paths, which the SQL names `$files`.

    `sql` is put together from constants and declared names only; whatever a person typed is in
    `parameters`.
    """
    try:
        with duckdb.connect(":memory:", config={"memory_limit": _MEMORY}) as engine:
            listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
            engine.execute(f"SET allowed_paths = [{listed}]")
            engine.execute(
                "SET TimeZone = 'UTC'; SET python_enable_replacements = false; "
                "SET enable_external_access = false; SET lock_configuration = true"
            )
            values = {**parameters, "files": list(files)}
            found = engine.sql(sql, params=values).to_arrow_table()
    except duckdb.Error as error:
        first_line = str(error).splitlines()[0]
        raise LockerError(
            f"A sealed table cannot be read: {first_line}",
            hint="`watchkeeper verify` says whether the locker is whole.",
        ) from error
    rows: list[dict[str, Any]] = found.to_pylist()
    return rows


def located(locker: Locker, path: str) -> str:
    """A sealed file on this machine: where it lies, or a copy when the locker is a bucket."""
    local = locker.store.local_path(path)
    if local is not None:
        if not local.is_file():
            raise LockerError(
                f"{path} is missing in {locker.store.where}.",
                hint="`watchkeeper verify` says what else differs.",
            )
        return str(local)
    return str(_copied(locker, path))


def tables(locker: Locker, folders: Sequence[str]) -> tuple[str, ...]:
    """The tables of collections on this machine."""
    return tuple(located(locker, f"{folder}/{layout.TABLE}") for folder in folders)


def items(locker: Locker, folder: str) -> str:
    """The items of an assessment on this machine."""
    return located(locker, f"{folder}/{layout.ITEMS}")


def relation(resource: Resource, files: tuple[str, ...], columns: Sequence[str]) -> str:
    """SQL for declared columns of a resource's files; one that no file holds is null."""
    present = _present(files)
    chosen = ", ".join(
        name if name in present else f"NULL::{_TYPES[resource.column(name).type]} AS {name}"
        for name in columns
    )
    return f"(SELECT {chosen}, filename FROM {FROM})"  # noqa: S608 - declared names only


def newest_versions(resource: Resource, files: tuple[str, ...], columns: Sequence[str]) -> str:
    """SQL for a stream: the newest version of each key over all its collections."""
    wanted = list(dict.fromkeys([*columns, resource.key, *filter(None, [resource.updated])]))
    newest = f"{resource.updated} DESC NULLS LAST, " if resource.updated else ""
    return (
        f"(SELECT * FROM {relation(resource, files, wanted)} "  # noqa: S608 - declared names only
        f"QUALIFY row_number() OVER (PARTITION BY {resource.key} "
        f"ORDER BY {newest}filename DESC) = 1)"
    )


@lru_cache(maxsize=256)
def _present(files: tuple[str, ...]) -> frozenset[str]:
    rows = select(files, f"SELECT column_name FROM (DESCRIBE SELECT * FROM {FROM})", {})  # noqa: S608
    return frozenset(row["column_name"] for row in rows)


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
    _make_room(folder, keep=copy)
    return copy


def _make_room(folder: Path, keep: Path) -> None:
    copies = sorted(folder.glob("*.parquet"), key=lambda found: found.stat().st_mtime)
    total = sum(found.stat().st_size for found in copies)
    for found in copies:
        if total <= _CACHE_BYTES:
            return
        if found != keep:
            total -= found.stat().st_size
            found.unlink(missing_ok=True)
