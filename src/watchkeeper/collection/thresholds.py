"""Where a list is divided in time: from the rows of last time, else from what the console counts.

When a record was created never changes, so nothing moves from one such window to another.
"""

from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import msgspec

from watchkeeper.collection import cursor
from watchkeeper.collection.crew import Put, Task, gathered
from watchkeeper.collection.reading import Reading
from watchkeeper.collection.splitting import Part, between, moment
from watchkeeper.errors import ConsoleError, Refused
from watchkeeper.locker import layout, spread

# Days ago. Few, as each is a request; the oldest record is the fifth point.
_AGES = (60, 180, 365, 730)
_COLUMNS = {"siteIds": "site_id", "groupIds": "group_id"}

Wanted = Mapping[Part, int]
Moments = dict[Part, tuple[str, ...]]
# A part, a moment (None: now) and how many of its records were created before.
_Counted = tuple[Part, datetime | None, int | None]


def weights(reading: Reading) -> dict[str, Counter[str]]:
    """How many rows of last time each place has, by `siteIds` and `groupIds`; else nothing."""
    table = _earlier(reading)
    if table is None:
        return {}
    found = spread.counted(reading.job.locker.store, table, list(_COLUMNS.values()))
    return {name: found[column] for name, column in _COLUMNS.items()} if found else {}


def find(reading: Reading, params: cursor.Params, wanted: Wanted) -> Moments:
    """The moments between the windows of each part; of none where it is better left whole.

    `wanted` tells how many windows. The console is asked in any case, so that one that does not
    know these filters is found out before anything is read.
    """
    if not wanted:
        return {}
    try:
        found = _of_last_time(reading, wanted)
        if found is None:
            return _asked(reading, params, wanted)
        if found:
            part, moments = next(iter(found.items()))
            cursor.count(reading, params | part.filter | {"createdAt__lt": moments[0]})
    except cursor.FATAL:
        raise
    except ConsoleError as error:
        reading.notes.append(f"not read in windows of time: {error.message}")
        return {}
    return found


# ---------------------------------------------------------------------- from the rows of last time


def _of_last_time(reading: Reading, wanted: Wanted) -> Moments | None:
    """Even windows over the newest complete collection, None where there is none.

    No moments for a part in which a record has no such time: it would be in no window.
    """
    table = _earlier(reading)
    if table is None:
        return None
    some = {
        part: spread.Some(_COLUMNS.get(part.name, ""), part.ids, windows)
        for part, windows in wanted.items()
    }
    found = spread.divided(reading.job.locker.store, table, _created(reading), some)
    if found is None:
        return None
    return {part: tuple(moment(each) for each in times) for part, times in found.items()}


def _earlier(reading: Reading) -> str | None:
    """The table of the newest complete collection of all there is."""
    newest = reading.former_whole
    return f"{newest.path}/{layout.TABLE}" if newest is not None else None


def _created(reading: Reading) -> str:
    """The column of what the console calls `createdAt`."""
    columns = reading.resource.columns
    return next(each.name for each in columns if each.path.rpartition(".")[2] == "createdAt")


# ---------------------------------------------------------------------- from the console's counts


def _asked(reading: Reading, params: cursor.Params, wanted: Wanted) -> Moments:
    """About even windows from a few counts, all asked for at the same time."""
    last = reading.job.console.server_time.last or reading.job.console.clock.now()
    # Whole days: who asks twice on one day asks the same.
    now = last.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    known: dict[Part, dict[datetime, int]] = {part: {} for part in wanted}
    tasks: list[Task[_Counted]] = []
    for part in wanted:
        moments: list[datetime | None] = [now - timedelta(days=days) for days in _AGES]
        if part.name:
            moments.append(None)
        else:
            known[part][now] = part.weight  # all there are, which was counted a moment ago
        asked = params | part.filter
        tasks.append(partial(_oldest, reading, asked, part))
        tasks += [partial(_before, reading, asked, part, when) for when in moments]
    workers = reading.job.console.limits.walks
    with closing(gathered(tasks, workers=workers)) as counts:
        for part, when, count in counts:
            if count is not None:
                known[part][when or now] = count
    return {
        part: between(points, wanted[part])
        for part, points in known.items()
        if now in points and len(points) > 1
    }


def _before(
    reading: Reading,
    params: cursor.Params,
    part: Part,
    when: datetime | None,
    put: Put[_Counted],
) -> None:
    """How many were created before a moment, or until now."""
    until = {"createdAt__lt": moment(when)} if when else {}
    put((part, when, cursor.count(reading, params | until).total))


def _oldest(reading: Reading, params: cursor.Params, part: Part, put: Put[_Counted]) -> None:
    """When the first of them was created; nothing where the console does not order them so."""
    asked = params | {"sortBy": "createdAt", "sortOrder": "asc", "limit": "1"}
    path = reading.resource.column(_created(reading)).path.split(".")
    try:
        found = reading.glance(asked, partial(_time_at, path))
    except Refused:
        return
    if found is not None:
        put((part, found, 0))


def _time_at(path: list[str], text: bytes) -> datetime | None:
    """The time that stands there in the only record of an answer."""
    value: Any = msgspec.json.decode(text)
    try:
        for name in ("data", 0, *path):
            value = value[name]
        found = datetime.fromisoformat(value)
    except (LookupError, TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
