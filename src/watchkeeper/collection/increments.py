"""Lists of which only what changed is read, joined to what is known from before.

What was updated since a moment is a list that records enter and never leave (unless they are
deleted), so one walk by id proves it as any list. When every open record is wanted too, the open
ones that were last updated before that moment are a second one: it shares no record with the
first, and records only leave it, each by being updated. Reading it first, an open one that is
resolved meanwhile is met in the list of changes. Each is held against its own counts.

Two things are asked that the filter itself cannot tell: whether every record says when it was
updated, since another one would be in no list; and whether as many are known in the end as the
console counted. Where anything cannot be proved, or the console refuses the filter, the whole list
is read in the same collection, and the verdict is that reading's.
"""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from watchkeeper.clock import rfc3339
from watchkeeper.collection import cursor, lists, reach, splitting
from watchkeeper.collection.reading import Reading
from watchkeeper.collection.resuming import facts_of
from watchkeeper.collection.windows import FARTHEST
from watchkeeper.errors import CursorExpired, LockerError, Refused
from watchkeeper.locker.keys import Keys
from watchkeeper.locker.stream import Versions
from watchkeeper.model.collection import Collection, Completeness, Verdict, completeness
from watchkeeper.model.resource import Incremental
from watchkeeper.model.stream import Current, Kind, Reach, current

# The console's clocks may differ by so much among themselves.
_MARGIN = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class _Work:
    """A collection in the making, what is known from before, and what it has met itself.

    `fault` says why nothing can be built on what is known, and is empty when it can.
    """

    reading: Reading
    rules: Incremental
    known: Current
    fault: str
    met: Versions


@dataclass(slots=True)
class _List:
    """One of the lists to read: its walks, the console's counts, what was met."""

    walks: list[cursor.Params]
    before: int
    after: int | None = None
    rows: int = 0
    keys: Keys = field(default_factory=Keys)

    def short(self) -> str:
        """Why it was not read whole; empty when it was."""
        judged = completeness(
            ended=self.after is not None,
            rows=self.rows,
            distinct=len(self.keys),
            count_before=self.before,
            count_after=self.after,
            reason="the console does not count what changed any more",
        )
        return "" if judged.verdict is Verdict.COMPLETE else judged.reason


def read(reading: Reading) -> Collection:
    """Reads what changed, or all there is when that is due or cannot be avoided; seals it."""
    rules = reading.resource.incremental
    if rules is None:
        return lists.read(reading)
    job, resource = reading.job, reading.resource
    known = current(job.locker.newest_first(job.connection, resource.name))
    fault = reach.fault(known, resource, facts_of(job.console, resource, ""))
    work = _Work(reading, rules, known, fault, Versions(resource))
    reading.versions = work.met
    aim = _decided(work)
    reading.facts["reach"] = aim.as_json()
    if aim.since is not None:
        found = _changes(work, aim, aim.since)
        if isinstance(found, Completeness):
            return _sealed(reading, aim, found)
        reading.notes.append(f"the whole list was read: {found}")
        aim = replace(aim, kind=Kind.WHOLE, since=None, why=found)
        reading.facts["reach"] = aim.as_json()
    outcome = _whole(reading)
    if outcome.verdict is Verdict.COMPLETE:
        _compare(work)
    return _sealed(reading, aim, outcome)


def _sealed(reading: Reading, aim: Reach, outcome: Completeness) -> Collection:
    """Seals it; it reaches no later than the console's clock was at its end."""
    last = reading.book.time.last
    if aim.until is not None and last is not None and last < aim.until:
        reading.facts["reach"]["until"] = rfc3339(last - _MARGIN)
    return reading.seal(outcome)


def _decided(work: _Work) -> Reach:
    """The reach to read; what was interrupted goes on with the one it had."""
    told = work.reading.decided("reach")
    if told is not None:
        with suppress(KeyError, TypeError, ValueError):  # a damaged note is decided anew
            return Reach.of_json(told)
    now = _now(work.reading)
    offset = work.reading.job.console.server_time.offset_ms
    fault = work.fault or reach.put_right(work.rules, work.known, offset)
    aim = reach.decide(work.rules, work.known, now, fault)
    work.reading.decide("reach", aim.as_json())
    return aim


def _now(reading: Reading) -> datetime | None:
    """A moment before the next question by the console's clock; None where it cannot be told."""
    console = reading.job.console
    if console.server_time.last is None:
        # Nothing was asked yet: its answer has the time.
        console.alive(reading.book)
    told, ours = console.server_time.last, console.clock.now()
    if told is None:
        return None
    if abs(told - ours) > FARTHEST:
        reading.notes.append(f"the console's clock says {rfc3339(told)}, which is not believed")
        return None
    return told - _MARGIN


# ---------------------------------------------------------------------- what changed


def _changes(work: _Work, aim: Reach, since: datetime) -> Completeness | str:
    """The verdict over what changed since, or why the whole list has to be read."""
    reading = work.reading
    asked = _asked(work, aim, since)
    if isinstance(asked, str):
        return asked
    counted, wanted = asked
    before = sum(each.before for each in wanted)
    reading.expected = before
    reading.report()
    refused: list[str] = []

    def walk() -> None:
        try:
            # What leaves the open ones meanwhile is met among the changes, which are read later.
            for each in reversed(wanted):
                each.rows = cursor.pages(reading, each.walks, each.keys)
            # What changes between two counts is in one of them at most, as in those before.
            for each in wanted:
                each.after = cursor.count_all(reading, each.walks).total
        except CursorExpired:
            raise
        except Refused as error:
            refused.append(error.message)

    reason = cursor.attempt(reading, walk, before)
    if reason:
        return cursor.verdict(reading, before, None, reason, ended=False)
    short = [*refused, *filter(None, (each.short() for each in wanted))]
    return short[0] if short else _joined(work, since, counted, wanted)


def _asked(work: _Work, aim: Reach, since: datetime) -> tuple[int, list[_List]] | str:
    """The console's count of all records and the lists to read, changes first; or why neither."""
    reading, rules = work.reading, work.rules
    params, moment = dict(reading.resource.parameters), splitting.moment(since)
    filters = [{rules.changed: moment}]
    if aim.kind is Kind.OPEN:
        filters.append({rules.unchanged: moment, **dict(rules.open)})
    try:
        # New records come between these two counts, and are in the second.
        _, everything = cursor.settle(reading, params)
        ever = {rules.changed: splitting.EARLIEST}
        _, dated = cursor.settle(reading, params | ever, fixed=frozenset(ever))
        lists_of = [
            (each, *cursor.settle(reading, params | each, fixed=frozenset(each)))
            for each in filters
        ]
    except Refused as error:
        return f"what changed cannot be asked for ({error.message.rstrip('.')})"
    wanted = [
        _List(walks, counted.total) for _, walks, counted in lists_of if counted.total is not None
    ]
    if everything.total is None or dated.total is None or len(wanted) < len(filters):
        return "the console does not count what changed"
    if dated.total < everything.total:
        without = everything.total - dated.total
        return f"{without} of {everything.total} records do not say when they were updated"
    reading.facts["reach"]["filters"] = filters
    return everything.total, wanted


def _joined(work: _Work, since: datetime, counted: int, wanted: list[_List]) -> Completeness | str:
    """The verdict over lists that were read whole; or why they do not make up all there is."""
    reading = work.reading
    try:
        known = work.met.known_with(reading.job.locker, work.known.collections)
    except LockerError as error:
        return f"what is known from before cannot be read ({error.message.rstrip('.')})"
    if known < counted:
        return f"the console counts {counted} records, and {known} are known"
    reading.facts["reach"] |= {"counted": counted, "known": known}
    reading.notes.append(
        f"what was updated since {rfc3339(since)}; {known} records are known with those of before"
    )
    if known > counted:
        reading.notes.append(
            f"{known - counted} of them are gone, the console counts {counted}: as many others "
            "that came into view unchanged would not be missed before all are read again"
        )
    return completeness(
        ended=True,
        rows=reading.rows,
        distinct=reading.distinct,
        count_before=sum(each.before for each in wanted),
        count_after=sum(each.after or 0 for each in wanted),
    )


# ---------------------------------------------------------------------- all there is


def _whole(reading: Reading) -> Completeness:
    """Reads the whole list: in one walk of its own where something of it was read already."""
    if not reading.rows:
        return lists.whole(reading)
    walks, _ = cursor.settle(reading, dict(reading.resource.parameters))
    return lists.again(reading, walks, "the reading of changes")


def _compare(work: _Work) -> None:
    """Tells which records are gone, and which came without being announced."""
    reading, known = work.reading, work.known
    if known.whole is None or known.whole.console != reading.job.console.address.url:
        return
    until = None if work.fault or known.gap else known.until
    try:
        found = work.met.against(reading.job.locker, known.collections, until)
    except LockerError as error:
        reading.notes.append(f"what is gone cannot be told: {error.message}")
        return
    told = {"gone": (found.gone, found.gone_ids)}
    if until is not None:
        told["unannounced"] = (found.unannounced, found.unannounced_ids)
    for name, (count, ids) in told.items():
        reading.facts["reach"][name] = {"count": count, "ids": list(ids)}
    if found.gone:
        reading.notes.append(f"{found.gone} that were known before are no longer there")
    if found.unannounced and until is not None:
        reading.notes.append(
            f"{found.unannounced} were updated before {rfc3339(until)} and had not been met so: "
            "they came into view since, or the console's filter passed them over"
        )
