"""A backup: the database of one moment, then what the locker's log vouches for, then the keys.

In that order: what the database knows of the locker is in the locker's part, and what was sealed
meanwhile is indexed after a restore. Collections that are being written are left out; they are not
sealed. Everything goes on while it is made.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import transaction

from watchkeeper.clock import Clock, rfc3339
from watchkeeper.errors import LockerError
from watchkeeper.ledger import dump
from watchkeeper.ledger.archive import ArchiveWriter, writing
from watchkeeper.locker import layout, log
from watchkeeper.locker.store import Store

Progress = Callable[[str, int, int], None]
"""Gets what is being worked on, how much of it is done, and how much there is."""


@dataclass(slots=True)
class Made:
    """What a backup holds; `differences` names files of the locker that are not what was sealed."""

    tables: int = 0
    rows: int = 0
    entries: int = 0
    files: int = 0
    bytes: int = 0
    differences: list[str] = field(default_factory=list)


def backup(
    path: Path,
    *,
    version: str,
    clock: Clock,
    store: Store | None,
    keys: Sequence[str],
    on_progress: Progress,
    controls: Sequence[Path] = (),
) -> Made:
    """Writes a backup; `store` is the locker to include, `keys` and `controls` (pages) as well.

    Raises UsageError when the file is there already or cannot be written.
    """
    made = Made()
    now = clock.now()
    with writing(path, int(now.timestamp())) as archive:
        manifest: dict[str, Any] = {"version": version, "made": rfc3339(now)}
        manifest["database"] = _database(archive, path.parent, made, on_progress)
        manifest["locker"] = _locker(archive, store, made, on_progress) if store else None
        for page in controls:
            archive.add(f"controls/{page.name}", page.read_bytes())
        if keys:
            archive.add("keys/token.key", "".join(f"{key}\n" for key in keys).encode())
        manifest["keys"] = bool(keys)
        manifest["left_out"] = list(dump.NOT_KEPT)
        archive.finish(manifest)
    return made


def _database(
    archive: ArchiveWriter, beside: Path, made: Made, on_progress: Progress
) -> dict[str, Any]:
    """Adds every table, all of one moment; returns what is needed to read them back."""
    with transaction.atomic():
        dump.snapshot()
        found = dump.tables()
        told: dict[str, Any] = {
            "migrations": dump.migrations(),
            "sequences": dump.sequences(),
            "tables": {},
        }
        for done, (table, columns) in enumerate(found.items(), start=1):
            with tempfile.TemporaryFile(dir=beside) as rows:
                count = dump.write(table, columns, rows)
                size = rows.tell()
                rows.seek(0)
                archive.add_file(f"database/{table}.copy.zst", rows, size)
            told["tables"][table] = {"columns": columns, "rows": count}
            made.tables += 1
            made.rows += count
            on_progress("tables", done, len(found))
    return told


def _locker(
    archive: ArchiveWriter, store: Store, made: Made, on_progress: Progress
) -> dict[str, Any]:
    """Adds what the log vouches for, as it lies there; returns the log's head."""
    archive.add(f"locker/{layout.MARKER}", store.get(layout.MARKER))
    numbers = sorted(
        number
        for path, _ in store.files(layout.LOG)
        if (number := layout.log_number(path)) is not None
    )
    head, added = log.GENESIS, set[str]()
    for number in numbers:
        path = layout.log_entry(number)
        data = store.get(path)
        archive.add(f"locker/{path}", data)
        head = hashlib.sha256(data).hexdigest()
        made.entries += 1
        try:
            entry = log.parse(number, data)
        except LockerError:
            made.differences.append(path)
            continue
        if entry.path not in added:
            added.add(entry.path)
            _sealed(archive, store, entry, made)
        on_progress("sealed records", made.entries, len(numbers))
    return {
        "where": store.where,
        "entries": made.entries,
        "head": f"{numbers[-1] if numbers else 0}:{head}",
        "differences": made.differences,
    }


def _sealed(archive: ArchiveWriter, store: Store, entry: log.Entry, made: Made) -> None:
    """Adds one sealed folder: its manifest and every file that it lists."""
    folder = entry.path.rsplit("/", 1)[0]
    manifest = _take(archive, store, entry.path, entry.manifest_sha256, made)
    try:
        listed = [(str(f["path"]), str(f["sha256"])) for f in json.loads(manifest)["files"]]
    except (ValueError, KeyError, TypeError):
        if manifest:
            made.differences.append(entry.path)
        return
    for name, digest in listed:
        _take(archive, store, f"{folder}/{name}", digest, made)


def _take(archive: ArchiveWriter, store: Store, path: str, digest: str, made: Made) -> bytes:
    """Adds one file; empty where it cannot be read. What is not as sealed is noted, and added."""
    try:
        data = store.get(path)
    except LockerError:
        made.differences.append(path)
        return b""
    if hashlib.sha256(data).hexdigest() != digest:
        made.differences.append(path)
    archive.add(f"locker/{path}", data)
    made.files += 1
    made.bytes += len(data)
    return data
