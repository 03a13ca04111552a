"""Room for what a backup brings back: what is in the way is moved aside, never removed."""

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from watchkeeper.ledger import postgres
from watchkeeper.ledger.folder import DataFolder


def in_the_way(folder: DataFolder, locker: Path | None) -> list[Path]:
    """What lies where a restore would write: an embedded database, a locker with files in it."""
    found = [folder.postgres] if any(folder.postgres.glob("*/PG_VERSION")) else []
    if locker is not None and locker.is_dir() and any(locker.iterdir()):
        found.append(locker)
    return found


def move_aside(folder: DataFolder, paths: Sequence[Path], now: datetime) -> Path:
    """Moves what is in the way into a folder of its own, beside what comes; nothing is removed."""
    postgres.stop_leftover(folder)
    aside = folder.path / f"before-restore-{now:%Y%m%dT%H%M%SZ}"
    aside.mkdir(mode=0o700)
    for path in paths:
        shutil.move(path, aside / path.name)
    return aside
