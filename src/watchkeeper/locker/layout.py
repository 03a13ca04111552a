"""Where things lie in a locker: pure functions from names to paths.

watchkeeper.json                                             what this folder is
collections/connection=C/resource=R/date=D/id=I/             one collection
    manifest.json  page-00001.json.gz|zst …  table.parquet
assessments/connection=C/control=K/date=D/id=I/              one assessment
    manifest.json  items.parquet  control.md
log/0000000001.json …                                        what was sealed, in order
log/pending/<id>.json                                        seals that are being written
open/<id>/                                                   collections that are being made
open/run-<id>/                                               runs that are under way
"""

import re
from datetime import UTC, datetime

MARKER = "watchkeeper.json"
FORMAT = "watchkeeper/locker/1"
COLLECTIONS = "collections"
ASSESSMENTS = "assessments"
LOG = "log"
PENDING = "log/pending"
OPEN = "open"
MANIFEST = "manifest.json"
TABLE = "table.parquet"
ITEMS = "items.parquet"
PAGE = "control.md"

_LOG_ENTRY = re.compile(r"log/(\d{10})\.json")
# What a process killed while it wrote one of our files leaves beside it: `manifest.json#1`.
_STAGED = re.compile(
    r"(?:.*/)?(?:watchkeeper|manifest|(?:page|answer|claim)-\d{5,}|fact-\w+|collection|run|table"
    r"|items|control|\d{10}|[0-9a-f-]{36})\.(?:json|json\.gz|(?:json|csv|xlsx)\.zst|parquet|md)#\d+"
)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def connection_id(host: str) -> str:
    """The folder name of a connection, from its console's host (and port): safe on every store."""
    return _UNSAFE.sub("-", host).strip("-.").lower() or "console"


def collection_folder(connection: str, resource: str, moment: datetime, identity: str) -> str:
    """The folder of one collection; the date is the day in UTC on which it started."""
    day = moment.astimezone(UTC).date().isoformat()
    return f"{COLLECTIONS}/connection={connection}/resource={resource}/date={day}/id={identity}"


def assessment_folder(connection: str, control: str, moment: datetime, identity: str) -> str:
    """The folder of one assessment; the date is the day in UTC on which it was judged."""
    day = moment.astimezone(UTC).date().isoformat()
    return f"{ASSESSMENTS}/connection={connection}/control={control}/date={day}/id={identity}"


def page_name(number: int, ending: str) -> str:
    """The file name of the nth page, counted from 1; `ending` says how it is stored."""
    return f"page-{number:05d}.{ending}"


def log_entry(number: int) -> str:
    """The path of the nth log entry, counted from 1."""
    return f"{LOG}/{number:010d}.json"


def log_number(path: str) -> int | None:
    """The number of a log entry, or None when the path is no log entry."""
    match = _LOG_ENTRY.fullmatch(path)
    return int(match.group(1)) if match else None


def folder_of(path: str) -> str | None:
    """The folder of the collection or assessment a path lies in, or None outside of one."""
    parts = path.split("/")
    if len(parts) >= 6 and parts[0] in {COLLECTIONS, ASSESSMENTS} and parts[4].startswith("id="):  # noqa: PLR2004 - the depth drawn above
        return "/".join(parts[:5])
    return None


def is_own(path: str) -> bool:
    """Whether a path lies in a folder that a locker makes, or is one."""
    return path.split("/", 1)[0] in {COLLECTIONS, ASSESSMENTS, LOG, OPEN}


def is_staged(path: str) -> bool:
    """Whether a path is the unfinished copy of one of a locker's own files."""
    return _STAGED.fullmatch(path) is not None
