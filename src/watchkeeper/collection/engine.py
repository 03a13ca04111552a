"""The use-case: everything that is asked for, side by side, each sealed with its verdict."""

import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from watchkeeper.collection import (
    accounts,
    cursor,
    increments,
    policies,
    side_by_side,
    single,
    timelines,
    windows,
)
from watchkeeper.collection import (
    agent as one_agent,
)
from watchkeeper.collection.job import SYSTEM, Job, Progress, RunEnded, Step
from watchkeeper.collection.reading import Reading
from watchkeeper.collection.resuming import Unfinished, unfinished
from watchkeeper.errors import ConsoleError, UsageError
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection, Completeness, Verdict
from watchkeeper.model.filter import Filter
from watchkeeper.model.resource import Resource, Walk
from watchkeeper.resources import catalogue
from watchkeeper.sentinelone.client import Console

AGENT = re.compile(r"[A-Za-z0-9-]{1,64}")
_WALKS: dict[Walk, Callable[[Reading], Collection]] = {
    Walk.CURSOR: increments.read,
    Walk.WINDOWS: windows.read,
    Walk.TIMELINES: timelines.read,
    Walk.POLICIES: policies.read,
    Walk.SINGLE: single.read,
    Walk.EACH: single.read_each,
}
# So many are read at once: what is kept of each while it is read takes memory of its own.
_AT_ONCE = 4
# Resources that are read in a way of their own before the general one.
_SPECIAL: dict[str, Callable[[Reading], Collection]] = {"accounts": accounts.read}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a connection's schedule and its people say of a run.

    `due` is by resource when the schedule wanted it: the manifests tell, and so how late each
    was. `within` narrows lists to some accounts or sites.
    """

    due: Mapping[str, datetime] = field(default_factory=dict)
    within: Filter = field(default_factory=Filter)


@dataclass(slots=True)
class Report:
    """What a run collected. `fatal` is the error that ended it early, None when it went through.

    `went_on` names the resources of an earlier run that was cut off: sealed then, or in part read.
    `left` names those in part read that this run did not come to: the next one goes on with them.
    """

    collections: list[Collection] = field(default_factory=list)
    went_on: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    fatal: ConsoleError | None = None

    @property
    def anything_read(self) -> bool:
        """Whether any resource but the console's version was read at all."""
        return any(
            found.complete or found.completeness.rows > 0
            for found in self.collections
            if found.resource != SYSTEM
        )

    def put_in_order(self, wanted: Sequence[Resource]) -> None:
        """As the run begins its resources, whichever ended first."""
        order = [resource.name for resource in wanted]
        self.collections.sort(key=lambda found: order.index(found.resource))
        for names in (self.went_on, self.left):
            names.sort(key=order.index)


def collect(  # noqa: PLR0913 - all there is to say of a run, by name
    console: Console,
    locker: Locker,
    connection: str,
    *,
    only: Iterable[str] | None = None,
    agent: str | None = None,
    trigger: str = "command line",
    on_progress: Progress | None = None,
    on_sealed: Callable[[str, frozenset[str]], None] | None = None,
    terms: Terms | None = None,
) -> Report:
    """Collects the resources named in `only` and what they need, or all.

    Never raises for a resource that cannot be read: that is its verdict. With `agent` (an id)
    that one device is read afresh and nothing else. A run of this connection that was cut off
    lately is gone on with: what it sealed counts, what it was reading is read to its end.
    `on_sealed` is called whenever a resource is done, with its name and those still to come.
    Both are called in the caller's thread; what they raise ends the run, which may be gone on
    with.
    """
    terms = terms or Terms()
    job = Job(console, locker, connection, trigger, due=terms.due)
    report = Report()
    if agent is not None:
        if not AGENT.fullmatch(agent):
            raise UsageError(f"{agent!r} is no agent's id.", hint="Give the console's own id.")
        reading = Reading(job, catalogue()["agents"], subject=f"agent:{agent}", tell=on_progress)
        _collect(reading, lambda reading: one_agent.read(reading, agent), report)
        report.fatal = job.fatal
        return report
    wanted = [terms.within.narrowed(resource) for resource in plan(only)]
    job.ends = {resource.name: threading.Event() for resource in wanted}
    left = unfinished(locker, connection, console, wanted, job.run)
    job.run = left.run.id

    def one(resource: Resource, tell: Progress | None) -> None:
        _one(job, left, report, resource, tell)
        # Not after an error: who waits for it is stopped then, and must not take it for missing.
        job.ends[resource.name].set()

    try:
        side_by_side.read(
            wanted,
            one,
            at_once=min(_AT_ONCE, console.limits.walks),
            on_progress=on_progress,
            on_sealed=on_sealed,
        )
    except BaseException:
        left.end(left=True)
        raise
    report.fatal = job.fatal
    report.put_in_order(wanted)
    left.end(left=bool(report.left))
    return report


def _one(
    job: Job, left: Unfinished, report: Report, resource: Resource, tell: Progress | None
) -> None:
    """Collects a resource, or what there is still to collect of it."""
    # Every manifest names the console's version; and whether there is a console, and the token is
    # good, is found out by one question, also where a run is gone on with.
    job.await_end(SYSTEM, resource.name)
    sealed = left.sealed(job.locker, job.connection, resource.name)
    if resource.name != SYSTEM and sealed is not None:
        report.went_on.append(resource.name)
        _count_in(job, resource, sealed, report, tell)
        return
    if job.fatal is not None and resource.name in left.before:
        report.left.append(resource.name)
        return
    # What is gone on with is the reading's to let go of from now on.
    before = left.before.pop(resource.name, None)
    read = _SPECIAL.get(resource.name, _WALKS[resource.walk])
    try:
        reading = Reading(job, resource, before=before, tell=tell)
    except BaseException:
        if before is not None and before.interrupted is not None:
            before.interrupted.release()
        raise
    _collect(reading, read, report, again=before is not None)


def _count_in(
    job: Job, resource: Resource, sealed: Collection, report: Report, tell: Progress | None
) -> None:
    """Takes over what the run had sealed before it was cut off."""
    job.collected[resource.name] = sealed
    report.collections.append(sealed)
    if tell is not None:
        whole = sealed.completeness
        pages = len(sealed.manifest["pages"])
        tell(Step(resource, pages, whole.distinct, None, whole.verdict, whole.reason))


def plan(only: Iterable[str] | None) -> list[Resource]:
    """The resources to collect, in order: those named and what they need; all without names.

    Raises UsageError for a name that is no resource.
    """
    known = catalogue()
    if only is None:
        return list(known.values())
    wanted: set[str] = {SYSTEM}
    waiting = list(only)
    while waiting:
        name = waiting.pop()
        if name not in known:
            raise UsageError(
                f"{name!r} is no resource.", hint=f"There are: {', '.join(sorted(known))}."
            )
        if name not in wanted:
            wanted.add(name)
            waiting += known[name].needs
    return [resource for name, resource in known.items() if name in wanted]


def _collect(
    reading: Reading, read: Callable[[Reading], Collection], report: Report, *, again: bool = False
) -> None:
    """Reads and seals; `again` where it is gone on with: then it is left where nothing is asked.

    Whatever else happens, also while it is sealed, it is left for whoever goes on with it.
    """
    try:
        collection = _sealed(reading, read, again=again)
    except BaseException:
        reading.leave()
        raise
    if collection is None:
        reading.leave()
        report.left.append(reading.resource.name)
        return
    report.collections.append(collection)
    if again:
        report.went_on.append(reading.resource.name)


def _sealed(
    reading: Reading, read: Callable[[Reading], Collection], *, again: bool
) -> Collection | None:
    """What was read, sealed with its verdict; None where nothing was asked and there is more."""
    job = reading.job
    try:
        reading.report()
        job.check()
        return read(reading)
    except RunEnded:
        return None if again else reading.seal(_not_asked(job))
    except cursor.Interrupted as interrupted:
        job.end_with(interrupted.cause)
        reading.note_error(interrupted.cause)
        return reading.seal(interrupted.outcome)
    except cursor.FATAL as error:
        job.end_with(error)
        return reading.seal_failed(error)
    except ConsoleError as error:
        return reading.seal_failed(error)


def _not_asked(job: Job) -> Completeness:
    why = job.fatal.message if job.fatal is not None else ""
    return Completeness(Verdict.FAILED, f"not asked, the run had ended: {why}", 0, 0, None, None)
