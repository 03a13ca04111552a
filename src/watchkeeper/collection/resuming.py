"""What was cut off is gone on with: which run, which collections, and what of them still counts.

Two things end a collection early. A process that is killed leaves it unsealed, with a journal:
then that same collection goes on. A console that stops answering leaves it sealed as incomplete:
then a new collection takes over the pages that are there, names where they lie, and reads the rest.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from watchkeeper.clock import rfc3339
from watchkeeper.collection.before import Before
from watchkeeper.errors import LockerError
from watchkeeper.locker.journal import Interrupted
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.runs import OpenRun
from watchkeeper.model.collection import Collection, Verdict
from watchkeeper.model.resource import Resource
from watchkeeper.sentinelone.client import Console

# Older than that, what was read says too little about now: then everything is read anew.
STILL_GOOD = timedelta(hours=6)
# After these errors the pages that were read are as good as any. Not after an answer that
# contradicts another one: what is taken over would contradict again.
_CUT_SHORT = frozenset(
    {"GoneSilent", "NotReachable", "Unavailable", "Throttled", "TooSlow", "NotJson"}
)


@dataclass(slots=True)
class Unfinished:
    """What a run begins with: its note, and what was cut off by resource.

    `again` says that the run is one that was cut off: what it had sealed whole counts.
    """

    run: OpenRun
    again: bool = False
    before: dict[str, Before] = field(default_factory=dict)

    def sealed(self, locker: Locker, connection: str, resource: str) -> Collection | None:
        """What that run had sealed whole of a resource; None when it had not come to it."""
        if not self.again:
            return None
        for found in islice(locker.newest_first(connection, resource), 3):
            if found.manifest.get("run") == self.run.id and found.complete and not found.subject:
                return found
        return None

    def end(self, *, left: bool) -> None:
        """The run is over; with `left` (resources that were not come to) it may be gone on with."""
        for each in list(self.before.values()):  # one that outlives the run may still take his
            if each.interrupted is not None:
                each.interrupted.release()
        if left:
            self.run.leave()
        else:
            self.run.end()


def unfinished(
    locker: Locker, connection: str, console: Console, plan: Sequence[Resource], run: str
) -> Unfinished:
    """What can be gone on with of the resources in `plan`; `run` is the id of a run of its own.

    Interrupted collections that cannot are given up: what they stored stays, and counts for
    nothing. Those of resources that are not asked for now are left alone.
    """
    left = _run(locker, connection, console, plan, run)
    try:
        _collections(locker, connection, console, plan, left.before)
        for resource in plan:
            if resource.name not in left.before:
                cut = _cut_short(locker, connection, console, resource)
                if cut is not None:
                    left.before[resource.name] = cut
    except BaseException:
        left.end(left=True)
        raise
    return left


def facts_of(console: Console, resource: Resource, subject: str) -> dict[str, Any]:
    """What a collection must have in common with the one that goes on with it."""
    return _eyes(console) | {
        "subject": subject,
        "parameters": [list(each) for each in resource.parameters],
    }


def told_by(found: Collection) -> dict[str, Any]:
    """The same of a sealed collection."""
    return {
        "subject": found.subject,
        "console": found.console,
        "token_fingerprint": found.manifest.get("collector", {}).get("token_fingerprint"),
        "parameters": found.manifest.get("parameters"),
    }


def _eyes(console: Console) -> dict[str, Any]:
    """With what is looked, and at what: another token may see other things."""
    return {"console": console.address.url, "token_fingerprint": console.token.fingerprint}


def _run(
    locker: Locker, connection: str, console: Console, plan: Iterable[Resource], run: str
) -> Unfinished:
    """The newest run of the same plan that was cut off, else a new one; old notes are removed."""
    now = console.clock.now()
    facts = _eyes(console) | {
        "connection": connection,
        "resources": sorted(resource.name for resource in plan),
        "filters": sorted({each for resource in plan for each in _narrowing(resource)}),
    }
    found: OpenRun | None = None
    for each in locker.cut_off_runs(connection):
        if _age(each.facts, now) >= STILL_GOOD:
            each.end()
        elif any(each.facts.get(name) != value for name, value in facts.items()):
            each.leave()
        else:
            if found is not None:
                found.end()
            found = each
    if found is not None:
        return Unfinished(found, again=True)
    return Unfinished(locker.begin_run(run, facts | {"started": rfc3339(now)}))


def _narrowing(resource: Resource) -> list[str]:
    """What its list is narrowed to."""
    return [f"{name}={ids}" for name, ids in resource.parameters if name in resource.filters]


def _collections(
    locker: Locker,
    connection: str,
    console: Console,
    plan: Iterable[Resource],
    before: dict[str, Before],
) -> None:
    """Puts into `before` the unsealed collections to go on with, the newest of each resource."""
    wanted = {resource.name: resource for resource in plan}
    now = console.clock.now()
    waiting = locker.interrupted(connection)
    try:
        while waiting:
            found = waiting[-1]
            name = found.facts["resource"]
            if name not in wanted and _age(found.facts, now) < STILL_GOOD:
                found.release()
            elif name in before or not (
                name in wanted and _fits(found.facts, console, now, wanted[name])
            ):
                locker.discard(found)
            else:
                before[name] = Before.of_journal(found, _predecessor(locker, found))
            waiting.pop()
    except BaseException:
        for each in waiting:
            each.release()
        raise


def _predecessor(locker: Locker, found: Interrupted) -> Collection | None:
    """The sealed collection that an interrupted one was taking over, if it is still what it was."""
    told = found.facts.get("continues")
    if not isinstance(told, Mapping):
        return None
    sealed = locker.newest_first(found.facts["connection"], found.facts["resource"])
    for each in sealed:
        if each.path == told.get("path"):
            return each if each.manifest_sha256 == told.get("manifest_sha256") else None
    return None


def _cut_short(
    locker: Locker, connection: str, console: Console, resource: Resource
) -> Before | None:
    """The newest collection, if the console or the network broke it off in the middle."""
    for found in islice(locker.newest_first(connection, resource.name), 1):
        manifest = found.manifest
        if found.damaged:
            return None
        facts = told_by(found) | {
            "started": manifest["time"]["started"],
            "oldest": manifest["time"].get("oldest"),
        }
        if (
            found.completeness.verdict in {Verdict.INCOMPLETE, Verdict.FAILED}
            and manifest.get("error", {}).get("kind") in _CUT_SHORT
            and _fits(facts, console, console.clock.now(), resource)
        ):
            before = Before.of_sealed(found)
            return before if before.records and _readable(locker, before) else None
    return None


def _readable(locker: Locker, before: Before) -> bool:
    """Whether every page to be taken over is there as it was sealed."""
    try:
        for record in before.records:
            if "page" in record:
                locker.pages.check(f"{record['folder']}/{record['page']['file']}", record["page"])
    except LockerError:
        return False
    return True


def _fits(facts: Mapping[str, Any], console: Console, now: datetime, resource: Resource) -> bool:
    """Whether it would be read today with the same eyes: same token, console and questions."""
    same = facts_of(console, resource, "")
    return (
        all(facts.get(name) == value for name, value in same.items())
        and _age(facts, now) < STILL_GOOD
    )


def _age(facts: Mapping[str, Any], now: datetime) -> timedelta:
    """How old the oldest answer may be; too old where that cannot be told."""
    try:
        return now - datetime.fromisoformat(facts.get("oldest") or facts["started"])
    except (KeyError, TypeError, ValueError):
        return timedelta.max
