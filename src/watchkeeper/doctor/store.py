"""The database and the locker."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db import connection

from watchkeeper.doctor.finding import Finding, note, right, wrong
from watchkeeper.errors import LockerError
from watchkeeper.ledger.models import Connection, RunState
from watchkeeper.locker import layout, records
from watchkeeper.locker.locker import Locker

OLDEST_POSTGRES = 14_00_00
CLOCKS_MAY_DIFFER = timedelta(seconds=30)
_LOOKED_AT = 50


def database(missing: Sequence[str]) -> list[Finding]:
    """Version, size and tables; `missing` are the steps that its tables are behind."""
    topic = "database"
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int,"
                       " current_setting('server_version'),"
                       " pg_database_size(current_database())")  # fmt: skip
        number, version, size = cursor.fetchone() or (0, "?", 0)
    text = f"PostgreSQL {version} answers; the database has {size / 1e6:,.0f} MB."
    found = [right(topic, text)]
    if number < OLDEST_POSTGRES:
        found = [wrong(topic, f"PostgreSQL {version} is too old.", "Use 14 or later.")]
    if missing:
        text = f"Its tables are {len(missing)} steps behind this version ({missing[0]} …)."
        found.append(wrong(topic, text, "Run `watchkeeper migrate`, or start `watchkeeper up`."))
    return found


def clock(now: datetime, offsets: Iterable[tuple[str, int]]) -> list[Finding]:
    """This machine's clock beside PostgreSQL's and the consoles' (name, ms ahead of here)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (there,) = cursor.fetchone() or (now,)
    others = [("PostgreSQL", there - now)]
    others += [(name, timedelta(milliseconds=ms)) for name, ms in offsets]
    return clocks(others)


def clocks(others: Sequence[tuple[str, timedelta]]) -> list[Finding]:
    """Each one's clock is so much ahead of this machine's."""
    off = [
        wrong(
            "clock",
            f"The clock of {name} differs by {difference.total_seconds():+.0f} s from here.",
            "Set this machine's clock by a time server (NTP): due times rest on it.",
        )
        for name, difference in others
        if abs(difference) > CLOCKS_MAY_DIFFER
    ]
    named = ", ".join(name for name, _ in others)
    return off or [right("clock", f"It agrees with {named}.")]


def locker(found: Locker) -> list[Finding]:
    """Whether it can be written, its newest entries are whole, and what was cut off in it."""
    topic, store = "locker", found.store
    probe = f"{layout.OPEN}/doctor-{secrets.token_hex(8)}"
    try:
        store.put_open(f"{probe}/probe.json", b"{}")
        store.remove_open([f"{probe}/probe.json"])
    except LockerError as error:
        return [wrong(topic, f"It cannot be written: {error.message}", "Check its permissions.")]
    count, differs = 0, []
    for entry in records.log_entries(store, newest_first=True):
        count += 1
        if count > _LOOKED_AT:
            break
        _, digest = found.manifest(entry.path.rsplit("/", 1)[0])
        if digest != entry.manifest_sha256:
            differs.append(entry.path)
    if differs:
        text = f"{differs[0]} is not what was sealed."
        return [wrong(topic, text, f"See `watchkeeper verify {store.where}`.")]
    looked = min(count, _LOOKED_AT)
    text = f"{store.where} can be written; the newest {looked} sealed records are as the log says."
    return [right(topic, text), *_cut_off(found)]


def _cut_off(found: Locker) -> list[Finding]:
    """What is under way or was cut off: a run goes on with it, or the next one ends it."""
    store, told = found.store, []
    waiting = sum(1 for _ in store.files(layout.PENDING))
    if waiting:
        told.append(note("locker", f"{waiting} seals wait for their log entry; a run writes it."))
    notes = len(store.folders(layout.OPEN))
    if notes:
        text = f"{notes} runs or collections are under way, or were cut off: the next run goes on."
        told.append(note("locker", text))
    staged = len(store.staged())
    if staged:
        told.append(note("locker", f"{staged} unfinished copies lie there; nobody reads them."))
    return told


def index(found: Locker) -> list[Finding]:
    """Whether the database holds what the locker's log names."""
    topic = "index"
    numbers = [layout.log_number(path) for path, _ in found.store.files(layout.LOG)]
    head = max((number for number in numbers if number is not None), default=0)
    connections = list(Connection.objects.all())
    ahead = [each.name for each in connections if each.indexed_entry > head]
    unknown = sorted(set(found.connections()) - {each.name for each in connections})
    told = []
    if ahead:
        text = f"It knows more of {', '.join(ahead)} than the locker holds: that is another one."
        told.append(wrong(topic, text, "Check WATCHKEEPER_LOCKER, then `watchkeeper reindex`."))
    if unknown:
        text = f"The locker holds {', '.join(unknown)}, which the database does not know."
        told.append(wrong(topic, text, "Run `watchkeeper reindex`."))
    since = min((each.indexed_entry for each in connections), default=head)
    newer = list(_newer(found, since))
    for each in connections:
        own = f"/connection={each.name}/"
        behind = [path for number, path in newer if number > each.indexed_entry and own in path]
        text = f"{len(behind)} sealed records of {each.name} are not in it yet."
        if behind and each.runs.filter(state=RunState.RUNNING).exists():
            told.append(note(topic, f"{text} Its run is under way and adds them at its end."))
        elif behind:
            told.append(wrong(topic, text, "The next run adds them, or `watchkeeper reindex`."))
    return told or [right(topic, f"It holds what the log names, up to entry {head}.")]


def _newer(found: Locker, number: int) -> Iterator[tuple[int, str]]:
    """Number and path of the log's entries after that one, the newest first."""
    for entry in records.log_entries(found.store, newest_first=True):
        if entry.number <= number:
            return
        yield entry.number, entry.path
