"""Lists read in parts at once, and proved whole; where that fails, in one walk.

The parts are the sites, of large ones the groups, and of what is still too large windows of time;
several walks are under way at once, each below the rate limit that they share. What moved between
places while they were read is met twice and counted once, or met nowhere and then found among
what was changed since.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from watchkeeper.clock import rfc3339
from watchkeeper.collection import cursor, splitting, thresholds
from watchkeeper.collection.crew import Put, Task, gathered
from watchkeeper.collection.reading import Kept, Reading
from watchkeeper.collection.splitting import Part, Place, Site, Union
from watchkeeper.errors import CursorExpired, Refused
from watchkeeper.model.collection import Collection, Completeness, completeness

# What was changed since is only looked for where it is a small share of the list.
_FEW = 0.2
# The console's clocks may differ by so much among themselves, and a `Date` has whole seconds only.
_MARGIN = timedelta(seconds=2)
# One walk is in time while a page takes that many times as long as the rate makes wait: parts ask
# ten times more, and the first page takes longer than those that follow. What was read in one walk
# the last time may take longer: its pages are stored as what differs from those.
_IN_TIME, _STILL_IN_TIME = 1.25, 1.75


@dataclass(frozen=True, slots=True)
class Start:
    """The count before the first page, and a moment by the console's clock before it was made.

    The moment is None where the console tells no time.
    """

    count: int
    since: datetime | None


def start(reading: Reading, counted: cursor.Counted) -> Start | None:
    """What a proof begins with; None where the list is not divided."""
    if counted.total is None or not reading.resource.split:
        return None
    known = reading.decided("since")
    if known is not None:
        return Start(counted.total, datetime.fromisoformat(known))
    if not counted.date:
        return Start(counted.total, None)
    told = parsedate_to_datetime(counted.date)
    moment = told - timedelta(seconds=counted.seconds) - _MARGIN
    return Start(counted.total, moment)


def only_in_time(reading: Reading) -> bool:
    """Whether a list is divided, if at all, by what the console counts: nothing else is known."""
    return (
        reading.resource.split
        and _most_parts(reading) > 1
        and reading.decided("parts") is None
        and not reading.job.rests_on("sites")
        and reading.former_whole is None
    )


def needless(reading: Reading, params: cursor.Params, counted: cursor.Counted) -> bool:
    """Whether one walk asks for pages about as often as the rate allows: parts would gain nothing.

    Its first page shows that: it was read when the next may be asked for, or soon after. Then the
    walk that follows is given it; else it is let go, as the parts will have what is in it. None is
    asked for where a count takes longer already; and what was read in parts the last time stays so.
    """
    console, route = reading.job.console, reading.route
    interval = console.interval(route)
    worth_it = splitting.useful(counted.total or 0, _most_parts(reading))
    if not worth_it or counted.seconds > interval or reading.decided("parts") is not None:
        return False
    again = reading.former_whole is not None
    if again and _former(reading):
        return False
    try:
        first = cursor.first(reading, params)
    except Refused:
        return False  # the walk will find out why
    if console.idle(route) > interval * (_STILL_IN_TIME if again else _IN_TIME):
        return False
    reading.decide("parts", [])
    reading.hold(first)
    return True


def planned(
    reading: Reading, params: cursor.Params, begin: Start, before: thresholds.Ahead | None
) -> tuple[Part, ...]:
    """The parts to read the list in; none when one walk is better.

    `before`: what the console was asked already of how it lies in time.
    """
    decided = reading.decided("parts")
    if decided is not None:
        return tuple(Part.of(each) for each in decided)
    parts = _chosen(reading, params, begin, before)
    if parts and begin.since is not None:
        reading.decide("since", rfc3339(begin.since))
    reading.decide("parts", [part.filter for part in parts])
    return parts


def read(
    reading: Reading, params: cursor.Params, parts: tuple[Part, ...], begin: Start
) -> Completeness | None:
    """Reads every part; returns the verdict, None when the union cannot be proved whole.

    Then what was read stays as evidence, and one walk over the whole list has to follow.
    """
    reading.older_than(begin.since)
    reading.facts["parts"] = [{"filter": part.filter} for part in parts]
    refused: list[str] = []
    new = Counter[int | None]()

    def whole() -> None:
        tasks = [
            partial(_part, reading, params | part.filter, number)
            for number, part in enumerate(parts)
        ]
        try:
            with closing(gathered(tasks, workers=reading.job.console.limits.walks)) as found:
                for kept in found:
                    new[kept.part] += reading.add(kept)
        except CursorExpired:
            raise
        except Refused as error:
            refused.append(error.message)

    reason = cursor.attempt(reading, whole, begin.count)
    if reason:
        return cursor.verdict(reading, begin.count, None, reason, ended=False)
    if refused:
        reading.notes.append(f"not read in parts: {refused[0]}")
        return None
    short = sum(_short(told, new[number]) for number, told in enumerate(reading.facts["parts"]))
    return _proved(reading, params, parts, begin, short)


def _proved(
    reading: Reading, params: cursor.Params, parts: tuple[Part, ...], begin: Start, short: int
) -> Completeness | None:
    """The verdict over what was read, None without a proof."""
    places = any(part.name for part in parts)
    rows, met, older = reading.rows, reading.distinct, reading.older
    after, dated, changed = _afterwards(reading, params, begin, places=places)
    union = Union(
        begin.count,
        after,
        reading.distinct,
        reading.older,
        dated,
        short=short,
        places=places,
        changed=changed,
    )
    reading.facts["union"] = {
        "proved": union.whole,
        "by": "age and change" if places else "windows of time",
        "counted_before": begin.count,
        "counted_after": after,
        **({} if places else {"counted_dated": dated}),
        "read": union.distinct,
        "read_of_those": union.older,
        "at": rfc3339(begin.since) if begin.since else None,
    }
    if not union.whole:
        missing = f"read in {len(parts)} parts, {union.why_not}: read again in one walk"
        reading.notes.append(missing)
        return None
    if rows > met:
        reading.notes.append(f"{rows - met} were met in more than one part and counted once")
    if reading.older > older:
        moved = reading.older - older
        reading.notes.append(f"{moved} moved meanwhile and were found among the changed ones")
    reading.notes.append(f"read in {len(parts)} parts; all {begin.count} that were there were met")
    return completeness(
        ended=True,
        rows=reading.distinct,
        distinct=reading.distinct,
        count_before=begin.count,
        count_after=after,
    )


def _part(reading: Reading, params: cursor.Params, number: int, put: Put[Kept]) -> None:
    """One part as a task."""
    told = reading.facts["parts"][number]
    told["rows"] = 0
    for kept in cursor.kept_pages(reading, params, part=number):
        told.setdefault("count_first", kept.rows.total)
        told["count_last"] = kept.rows.total
        told["rows"] += kept.rows.count
        put(kept)


def _short(told: Mapping[str, Any], new: int) -> bool:
    """Whether a part gave fewer than the console counted in it.

    Only what no other part gave counts: between windows of time nothing moves.
    """
    counts = [told["count_first"], told["count_last"]]
    return new < min((count for count in counts if count is not None), default=0)


def _afterwards(
    reading: Reading, params: cursor.Params, begin: Start, *, places: bool
) -> tuple[int | None, int | None, bool]:
    """The console's counts after the parts: of all, and of those that are in any window.

    With `places`, what was changed since the beginning is taken in instead of the second; the last
    value says whether all of that was read. Both are asked for at once: what comes between the two
    is told by neither or makes them disagree.
    """
    counted: dict[str, int | None] = {}
    changed: list[bool] = []

    def count(name: str, asked: cursor.Params, _put: Put[Kept]) -> None:
        counted[name] = cursor.count(reading, asked).total

    tasks: list[Task[Kept]] = [partial(count, "all", params)]
    if places:
        tasks.append(partial(_changed, reading, params, begin.since, changed))
    else:
        tasks.append(partial(count, "dated", params | Part(since=splitting.EARLIEST).filter))

    def whole() -> None:
        with closing(gathered(tasks, workers=len(tasks))) as found:
            for kept in found:
                reading.add(kept)

    reason = cursor.attempt(reading, whole, begin.count)
    if reason:
        reading.notes.append(f"what came after the parts could not be read: {reason}")
    return counted.get("all"), counted.get("dated"), any(changed)


def _changed(
    reading: Reading,
    params: cursor.Params,
    since: datetime | None,
    whole: list[bool],
    put: Put[Kept],
) -> None:
    """Reads what was changed since the parts were begun: what moved is among it.

    `whole` gets a True once all of it was handed on.
    """
    if since is None:
        return
    asked = params | {"updatedAt__gte": splitting.moment(since)}
    few = max(reading.resource.page_limit, _FEW * reading.distinct)
    try:
        for kept in cursor.kept_pages(reading, asked):
            put(kept)
            if kept.rows.total is not None and kept.rows.total > few:
                reading.notes.append(f"{kept.rows.total} were changed meanwhile, too many to read")
                return
        whole.append(True)
    except CursorExpired:
        raise
    except Refused as error:
        reading.notes.append(f"what moved cannot be looked for: {error.message}")


# ---------------------------------------------------------------------- which parts


def _most_parts(reading: Reading) -> int:
    return min(splitting.MOST_PARTS, reading.job.console.limits.walks)


def _chosen(
    reading: Reading, params: cursor.Params, begin: Start, before: thresholds.Ahead | None
) -> tuple[Part, ...]:
    """The parts of the last time where they are still about even, else new ones."""
    walks = _most_parts(reading)
    # Without the console's clock nothing proves that no record moved from place to place.
    sites = _places(reading) if begin.since is not None else []
    former = splitting.adapted(_former(reading), sites)
    if splitting.even(former, sites, begin.count, walks):
        return former
    weighed = splitting.reweighed(sites, thresholds.weights(reading))
    drafts = splitting.draft(weighed, begin.count, walks)
    wanted = {each.part: each.windows for each in drafts if each.windows > 1}
    parts = splitting.parts_of(drafts, thresholds.find(reading, params, wanted, before))
    if splitting.covers(former, sites) and not splitting.better(parts, former):
        return former
    return parts


def _places(reading: Reading) -> list[Site]:
    """The sites with their groups, from the newest collections of both that are whole.

    None where an id is no number: it might hold a comma, and a filter would ask for others.
    """
    sites, groups = reading.newest("sites"), reading.newest("groups")
    if sites is None or not sites.complete:
        return []
    below: dict[str, list[Place]] = {}
    if groups is not None and groups.complete:
        for site, group, agents in _rows(reading, groups, "site_id", "id", "total_agents"):
            below.setdefault(site, []).append(Place(group, agents or 0))
    found: list[Site] = []
    for identity, licences in _rows(reading, sites, "id", "active_licenses"):
        inside = tuple(below.get(identity, ()))
        found.append(Site(identity, sum(each.weight for each in inside) or licences or 0, inside))
    ids = [each.id for site in found for each in (site, *site.groups)]
    plain = all(str(each).isascii() and str(each).isdecimal() for each in ids)
    return found if plain and len(ids) == len(set(ids)) else []


def _rows(reading: Reading, found: Collection, *columns: str) -> Iterator[tuple[Any, ...]]:
    table = reading.job.locker.table(found, columns)
    yield from zip(*(table.column(name).to_pylist() for name in columns), strict=True)


def _former(reading: Reading) -> tuple[Part, ...]:
    """The parts of the last collection, if they were proved to be the whole."""
    for found in reading.former():
        parts = found.manifest.get("parts")
        if parts and found.complete and not found.subject:
            if not found.manifest.get("union", {}).get("proved"):
                return ()
            return tuple(Part.of(part["filter"], part.get("rows", 0)) for part in parts)
    return ()
