"""Activities: lists in windows of time, each small enough for the console to count.

The console counts at most 50,000 (reference section 2), so a window that reaches the cap is
halved until its count proves something. Windows are half-open and join without a gap; each
collection overlaps the last complete one, however long ago that was, and ids are counted once.
With another token the last 90 days are read again: it may see what the one before did not.
"""

from datetime import UTC, datetime, timedelta
from functools import partial

from watchkeeper.clock import rfc3339
from watchkeeper.collection import cursor
from watchkeeper.collection.reading import Reading
from watchkeeper.collection.resuming import facts_of, told_by
from watchkeeper.errors import ConsoleError
from watchkeeper.model.collection import Collection

COUNT_CAP = 50_000
FIRST_REACH = timedelta(days=90)
OVERLAP = timedelta(hours=1)
# A console's clock that differs more than this is not believed.
FARTHEST = timedelta(days=1)
SMALLEST = timedelta(seconds=1)

Window = tuple[datetime, datetime]


def read(reading: Reading) -> Collection:
    """Reads from where the last complete collection ended, or 90 days on the first run."""
    window = _decided(reading)
    reading.facts["window"] = {"from": rfc3339(window[0]), "to": rfc3339(window[1])}
    reading.notes.append(f"from {window[0]:%Y-%m-%d %H:%M} UTC on; older ones are not asked for")
    parts = _countable(reading, window)
    before = sum(count for _, count, _ in parts)
    reading.expected = before
    reading.report()
    after, reason = 0, ""
    for part, counted, walks in parts:
        had = reading.distinct
        reason = cursor.attempt(reading, partial(cursor.pages, reading, walks), before)
        if reason:
            break
        again = cursor.count_all(reading, walks).total
        if again is None:
            reason = "the console gives no count that would prove a window whole"
            break
        after += again
        # A window in the past can only grow while it is read: the larger count is the floor.
        floor = max(counted, again)
        if reading.distinct - had < floor:
            reason = (
                f"between {rfc3339(part[0])} and {rfc3339(part[1])} the console counts "
                f"{floor}, read were {reading.distinct - had}"
            )
            break
    counted_after = None if reason else after
    return reading.seal(cursor.verdict(reading, before, counted_after, reason, ended=not reason))


def _decided(reading: Reading) -> Window:
    """The window to read; one that was interrupted reads the window it had begun."""
    known = reading.decided("window")
    if known is not None:
        return datetime.fromisoformat(known[0]), datetime.fromisoformat(known[1])
    window = reach(reading)
    reading.decide("window", [rfc3339(window[0]), rfc3339(window[1])])
    return window


def reach(reading: Reading) -> Window:
    """The window to read: its end is the console's own time, not ours."""
    job = reading.job
    if job.console.server_time.last is None:
        # Nothing was asked yet: its answer has the time.
        job.console.alive(reading.book)
    ours = job.console.clock.now()
    now = job.console.server_time.last or ours
    if abs(now - ours) > FARTHEST:
        reading.notes.append(f"the console's clock says {rfc3339(now)}; ours was used")
        now = ours
    listed = job.locker.newest_first(job.connection, reading.resource.name)
    earlier = next((each for each in listed if each.complete and "window" in each.manifest), None)
    start = now - FIRST_REACH
    if earlier is not None:
        reached = _reached(earlier)
        same = told_by(earlier) == facts_of(job.console, reading.resource, "")
        start = reached if same else min(reached, start)
    return min(start, now).astimezone(UTC) - OVERLAP, now.astimezone(UTC)


def _reached(earlier: Collection) -> datetime:
    """Up to when a collection has everything: no later than the console's clock was at its end."""
    reached = datetime.fromisoformat(earlier.manifest["window"]["to"])
    told = earlier.manifest["time"].get("source_date_last")
    last = datetime.fromisoformat(told) if told else reached
    return last if timedelta(0) < reached - last <= FARTHEST else reached


def halves(window: Window) -> tuple[Window, Window]:
    """The window in two that join without a gap."""
    middle = window[0] + (window[1] - window[0]) / 2
    return (window[0], middle), (middle, window[1])


def _countable(reading: Reading, window: Window) -> list[tuple[Window, int, list[cursor.Params]]]:
    """The window in parts below the cap, in order, each with its count and its walks."""
    bounds = frozenset({"createdAt__gte", "createdAt__lt"})
    params = dict(reading.resource.parameters) | {
        "createdAt__gte": rfc3339(window[0]),
        "createdAt__lt": rfc3339(window[1]),
    }
    walks, counted = cursor.settle(reading, params, fixed=bounds)
    count = counted.total
    if count is None:
        raise ConsoleError(f"{reading.route}: the console gives no count for a window of time.")
    if count < COUNT_CAP:
        return [(window, count, walks)]
    if window[1] - window[0] <= SMALLEST:
        raise ConsoleError(
            f"{reading.route}: more than {COUNT_CAP} records within a second at {window[0]}."
        )
    left, right = halves(window)
    return _countable(reading, left) + _countable(reading, right)
