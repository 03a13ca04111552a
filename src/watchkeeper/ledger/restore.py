"""A backup brought back: its locker, its database, its keys.

The caller has compared every digest (`archive.manifest_of`) and made room: an empty place for the
locker and a fresh database. Tables are made as they were, filled, and then brought up to this
version by the caller.
"""

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from watchkeeper.errors import UsageError
from watchkeeper.ledger import archive, dump
from watchkeeper.locker.store import Store

_DATABASE, _LOCKER, _KEYS, _END = "database/", "locker/", "keys/token.key", ".copy.zst"
_CONTROLS = "controls/"


def restore_locker(path: Path, store: Store, on_file: Callable[[int], None]) -> int:
    """Writes the locker's files where they are missing; returns how many. `on_file` counts."""
    count = 0
    for name, file in archive.files(path):
        if name.startswith(_LOCKER):
            store.put_new(name.removeprefix(_LOCKER), file.read_whole())
            count += 1
            on_file(count)
    return count


def restore_controls(path: Path, folder: Path) -> list[str]:
    """Writes the pages of controls where none of that name is; returns the names of those written.

    A page that is there stays: it was put there after the backup, or lies elsewhere on purpose.
    """
    written = []
    for name, file in archive.files(path):
        page = folder / name.removeprefix(_CONTROLS)
        if name.startswith(_CONTROLS) and not page.exists():
            folder.mkdir(parents=True, exist_ok=True)
            page.write_bytes(file.read_whole())
            written.append(page.name)
    return written


def restore_database(
    path: Path, told: Mapping[str, Any], room: Path, on_table: Callable[[str], None]
) -> None:
    """Makes the tables and fills them; `told` is what the manifest says of the database.

    `room` is a folder that takes the rows meanwhile.
    Raises UsageError where the database is not fresh, or the backup of a later version.
    """
    if not dump.is_fresh():
        raise UsageError(
            "The database is not empty.",
            hint="Restore into a new one: make it, and set WATCHKEEPER_DATABASE_URL to it.",
        )
    dump.make_tables([(app, name) for app, name in told["migrations"]])
    columns = {name: table["columns"] for name, table in told["tables"].items()}
    with contextlib.ExitStack() as open_files:
        rows: dict[str, IO[bytes]] = {}
        for name, file in archive.files(path):
            if name.startswith(_DATABASE):
                kept = open_files.enter_context(tempfile.TemporaryFile(dir=room))
                shutil.copyfileobj(file, kept)
                kept.seek(0)
                rows[name.removeprefix(_DATABASE).removesuffix(_END)] = kept
        dump.load(columns, rows, told["sequences"], on_table)


def keys_of(path: Path) -> tuple[str, ...]:
    """The keys that a backup holds; none where it was made without."""
    for name, file in archive.files(path):
        if name == _KEYS:
            return tuple(file.read_whole().decode().split())
    return ()
