"""Where a list is divided in time: from the rows of last time, else from what the console counts.

When a record was created never changes, so nothing moves from one such window to another.
"""

import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
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
from watchkeeper.sentinelone import stopping

# Days ago. Few, as each is a request; the oldest record is the fifth point.
_AGES = (60, 180, 365, 730)
_COLUMNS = {"siteIds": "site_id", "groupIds": "group_id"}

Wanted = Mapping[Part, int]
Moments = dict[Part, tuple[str, ...]]
# How many records of a part were created before a moment.
Points = dict[datetime, int]
# A part, a moment (None: now) and how many of its records were created before.
_Counted = tuple[Part, datetime | None, int | None]


def weights(reading: Reading) -> dict[str, Counter[str]]:
    """How many rows of last time each place has, by `siteIds` and `groupIds`; else nothing."""
    table = _earlier(reading)
    if table is None:
        return {}
    found = spread.counted(reading.job.locker.store, table, list(_COLUMNS.values()))
    return {name: found[column] for name, column in _COLUMNS.items()} if found else {}


@dataclass(frozen=True, slots=True)
class Ahead:
    """What `find` would ask of a whole list, asked before: its points, or why there are none."""

    points: Points
    refused: ConsoleError | None = None


def ahead(
    reading: Reading, params: cursor.Params
) -> tuple[list[cursor.Params], cursor.Counted, Ahead | None]:
    """What `cursor.settle` finds, and what `find` would ask of the whole list, at the same time.

    None where the console does not take these parameters as they are: then it has to be asked anew.
    None, too, where it counts so quickly that nothing is lost by asking afterwards, if at all.
    """
    settled: list[tuple[list[cursor.Params], cursor.Counted]] = []
    points: Points = {}
    refused: list[ConsoleError] = []
    known = threading.Event()

    def settle(_put: Put[_Counted]) -> None:
        settled.append(cursor.settle(reading, params))
        known.set()

    def tried(task: Task[_Counted], put: Put[_Counted]) -> None:
        try:
            task(put)
        except cursor.FATAL:
            raise
        except ConsoleError as error:
            refused.append(error)

    questions = _questions(reading, params, Part(), _tomorrow(reading))
    asked: list[Task[_Counted]] = []

    def tasks() -> Iterator[Task[_Counted]]:
        yield settle
        if not _soon(reading, known):
            asked.extend(partial(tried, each) for each in questions)
        yield from asked

    with closing(gathered(tasks(), workers=1 + len(questions))) as counts:
        for _, when, count in counts:
            if when is not None and count is not None:
                points[when] = count
    walks, counted = settled[0]
    found = Ahead(points, next(iter(refused), None))
    return walks, counted, found if walks == [params] and asked else None


def _soon(reading: Reading, known: threading.Event) -> bool:
    """Whether something is known before the rate lets anybody ask the next question."""
    console = reading.job.console
    interval = console.interval(reading.route)
    late = console.clock.monotonic() + interval

    def waited(seconds: float) -> bool:
        left = late - console.clock.monotonic()
        return known.wait(min(seconds, max(0.0, left))) or left <= 0

    stopping.patiently(waited)
    return interval > 0 and known.is_set()


def find(reading: Reading, params: cursor.Params, wanted: Wanted, before: Ahead | None) -> Moments:
    """The moments between the windows of each part; of none where it is better left whole.

    `wanted` tells how many windows; `before` is what was asked of the whole list already. The
    console is asked in any case, so that one that does not know these filters is found out before
    anything is read.
    """
    if not wanted:
        return {}
    try:
        found = _of_last_time(reading, wanted)
        if found is None:
            if before is not None and before.refused is not None:
                raise before.refused
            return _asked(reading, params, wanted, before.points if before else {})
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


def _asked(reading: Reading, params: cursor.Params, wanted: Wanted, points: Points) -> Moments:
    """About even windows from a few counts, all asked for at the same time."""
    now = _tomorrow(reading)
    known: dict[Part, Points] = {part: {} for part in wanted}
    tasks: list[Task[_Counted]] = []
    for part in wanted:
        if not part.name:
            # All there are were counted a moment ago.
            known[part] = points | {now: part.weight}
            if points:
                continue
        tasks += _questions(reading, params | part.filter, part, now)
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


def _tomorrow(reading: Reading) -> datetime:
    """The end of the console's day: who asks twice on one day asks the same."""
    last = reading.job.console.server_time.last or reading.job.console.clock.now()
    return last.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _questions(
    reading: Reading, params: cursor.Params, part: Part, now: datetime
) -> list[Task[_Counted]]:
    """How many of a part were created when, as tasks; how many there are, of one with a name."""
    moments: list[datetime | None] = [now - timedelta(days=days) for days in _AGES]
    if part.name:
        moments.append(None)
    return [
        partial(_oldest, reading, params, part),
        *(partial(_before, reading, params, part, when) for when in moments),
    ]


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
