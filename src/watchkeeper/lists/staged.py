"""Lists between being given and being loaded: kept on disk for an hour, for who gave them alone.

Every web process of a data folder finds them. A list is a folder with a name that nobody can
guess: `about.json`, the cells as they were read, the documents byte for byte.
"""

import contextlib
import json
import re
import secrets
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from watchkeeper.lists.cells import Row, Sheet
from watchkeeper.lists.sources import Given
from watchkeeper.locker.stated import Document

KEPT = timedelta(hours=1)
"""How long a list is kept that is neither loaded nor given up."""

_NAME = re.compile(r"[0-9a-f]{32}")
_ABOUT, _SHEET, _DOCUMENT = "about.json", "sheet", "document-{}"


@dataclass(frozen=True, slots=True)
class Staged:
    """A list that was given and is being looked at.

    `key` is its name on disk, `owner` the person, `about` what else the pages keep of it: facts
    that fit JSON, secrets among them encrypted.
    """

    key: str
    owner: str
    connection: str
    resource: str
    name: str
    given: Given
    about: Mapping[str, Any] = field(default_factory=dict)


def keep(room: Path, staged: Staged) -> None:
    """Writes it down. It appears whole: whoever looks before that finds nothing."""
    draft = room / f".{staged.key}"
    draft.mkdir(mode=0o700)
    try:
        for number, document in enumerate(staged.given.documents):
            (draft / _DOCUMENT.format(number)).write_bytes(document.data)
        sheet = staged.given.sheet
        rows = [(row.line, row.cells, row.surplus) for row in sheet.rows]
        (draft / _SHEET).write_bytes(msgspec.msgpack.encode(rows))
        told = {
            "owner": staged.owner,
            "connection": staged.connection,
            "resource": staged.resource,
            "name": staged.name,
            "about": dict(staged.about),
            "sheet": {"name": sheet.name, "headers": sheet.headers, "unit": sheet.unit},
            "notes": staged.given.notes,
            "documents": [
                {"kind": each.kind, "facts": dict(each.facts)} for each in staged.given.documents
            ],
        }
        (draft / _ABOUT).write_text(json.dumps(told), encoding="utf-8")
        draft.rename(room / staged.key)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def new_key() -> str:
    """A name for a list on disk that nobody can guess."""
    return secrets.token_hex(16)


def find(room: Path, key: str, owner: str, now: datetime) -> Staged | None:
    """The list of that name; None where there is none (any more), or it is somebody else's."""
    folder = room / key
    if not _NAME.fullmatch(key) or _over(folder, now):
        return None
    try:
        told = json.loads((folder / _ABOUT).read_bytes())
        if told["owner"] != owner:
            return None
        rows = msgspec.msgpack.decode((folder / _SHEET).read_bytes())
        documents = tuple(
            Document((folder / _DOCUMENT.format(number)).read_bytes(), **each)
            for number, each in enumerate(told["documents"])
        )
    except FileNotFoundError:
        return None  # given up in this moment
    sheet = Sheet(
        told["sheet"]["name"],
        tuple(told["sheet"]["headers"]),
        tuple(Row(line, tuple(cells), surplus) for line, cells, surplus in rows),
        told["sheet"]["unit"],
    )
    return Staged(
        key,
        owner,
        told["connection"],
        told["resource"],
        told["name"],
        Given(sheet, documents, tuple(told["notes"])),
        told["about"],
    )


def drop(room: Path, key: str) -> None:
    """Removes a list that was loaded or given up."""
    if _NAME.fullmatch(key):
        shutil.rmtree(room / key, ignore_errors=True)


def sweep(room: Path, now: datetime) -> None:
    """Removes what is older than an hour, also what a process left that was killed."""
    with contextlib.suppress(FileNotFoundError):
        for each in list(room.iterdir()):
            if not _over(each, now):
                continue
            if each.is_dir():
                shutil.rmtree(each, ignore_errors=True)
            else:
                each.unlink(missing_ok=True)


def _over(path: Path, now: datetime) -> bool:
    """Whether it was made longer ago than lists are kept; also true for what is not there."""
    try:
        changed = path.stat().st_mtime
    except OSError:
        return True
    return now.timestamp() - changed > KEPT.total_seconds()
