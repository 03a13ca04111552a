"""Timelines and notes: a list per threat that is new or has changed since its own was last read."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial

from watchkeeper.clock import rfc3339
from watchkeeper.collection import cursor
from watchkeeper.collection.crew import Put, gathered
from watchkeeper.collection.job import Job
from watchkeeper.collection.reading import Kept, Reading
from watchkeeper.errors import Contradiction, NotServed
from watchkeeper.locker import stream
from watchkeeper.model.collection import Collection, Completeness, Verdict
from watchkeeper.model.resource import Resource
from watchkeeper.model.stream import current
from watchkeeper.resources import catalogue
from watchkeeper.sentinelone import walk as walking
from watchkeeper.sentinelone.decode import Rows, page_total
from watchkeeper.sentinelone.exchange import Answer

# A page's record takes about eight times the place of what is known of one timeline.
_PAGE_SHARE = 8
_FARTHEST = 100
# Ids in a question, and in a note.
_NAMED_AT_ONCE = 50
# Stands for the `updated_at` that a threat does not say.
UNKNOWN = "unknown"


def read(reading: Reading) -> Collection:
    """Reads the lists that are due; complete when each is, and the threats were."""
    threats = reading.newest("threats")
    if threats is None or not threats.complete:
        why = threats.completeness.reason if threats is not None else "they were never collected"
        reading.notes.append("which threats are new or changed is not known for certain")
        reason = f"the threats it depends on are not complete: {why}"
        if threats is None or threats.completeness.verdict is Verdict.DENIED:
            return reading.seal(cursor.verdict(reading, None, None, reason, ended=False))
    else:
        reason = ""
    resource = catalogue()["threats"]
    state = current(reading.job.locker.newest_first(reading.job.connection, resource.name))
    reason = reason or state.gap
    # What an incomplete one holds is known for all that.
    found = state.collections if threats.complete else (*state.collections, threats)
    known = covered(reading.job, reading.resource.name)
    wanted = _versions(reading.job, resource, found, reading.resource.among)
    due = due_timelines(wanted, known.timelines)
    reading.expected = len(due)
    done = 0
    gone: list[str] = []

    def whole() -> None:
        nonlocal done
        tasks = [
            partial(_timeline, reading, threat, updated, gone) for threat, updated in due.items()
        ]
        with closing(gathered(tasks, workers=reading.job.console.limits.walks)) as read_ones:
            for read_one in read_ones:
                for kept in read_one:
                    reading.add(kept)
                done += 1
        _check_gone(reading, gone)

    broken = cursor.attempt(reading, whole, None)
    reading.facts["timelines"] = {"due": len(due), "read": done}
    reason = broken or reason
    if not reason and known.far:
        reading.facts["covered"] = known.timelines | due
    outcome = Completeness(
        verdict=Verdict.INCOMPLETE if reason else Verdict.COMPLETE,
        reason=reason,
        rows=reading.rows,
        distinct=reading.distinct,
        count_before=None,
        count_after=None,
        notes=(f"{done} of {len(due)} lists that were due, each against its own count",),
    )
    return reading.seal(outcome)


def _check_gone(reading: Reading, gone: list[str]) -> None:
    """Raises NotServed where a threat is there whose list the console does not find.

    Not found may mean the threat, or that this console has no such lists at all.
    """
    threats = catalogue()["threats"]
    for start in range(0, len(gone), _NAMED_AT_ONCE):
        some = gone[start : start + _NAMED_AT_ONCE]
        asked = {"ids": ",".join(some), "countOnly": "true", "limit": "1"}
        answer = reading.job.console.ask(threats.path, asked, page_total, book=reading.book)
        if answer.value != 0:
            there = "some" if answer.value is None else answer.value
            raise NotServed(
                f"{reading.resource.path} is not found for {len(gone)} threats, of which {there} "
                "are there: this console does not serve it.",
                status=404,
            )
    if gone:
        named = ", ".join(gone[:_NAMED_AT_ONCE])
        reading.notes.append(f"threats gone when they were asked for, {len(gone)} in all: {named}")


def due_timelines(threats: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """The threats whose timeline was never read, or was read at another `updated_at`.

    One that does not say when it was updated is always due: nothing shows that it did not change.
    """
    return {
        threat: updated
        for threat, updated in threats.items()
        if updated == UNKNOWN or known.get(threat) != updated
    }


@dataclass(slots=True)
class Covered:
    """Threats whose timeline a complete collection holds, with the `updated_at` it was read at.

    `pages` and `collections` say how much had to be looked through to know that.
    """

    timelines: dict[str, str] = field(default_factory=dict)
    pages: int = 0
    collections: int = 0

    @property
    def far(self) -> bool:
        """Whether the next collection should hold all of it, so that nobody looks so far again."""
        many = self.pages * _PAGE_SHARE >= len(self.timelines)
        return self.collections > 0 and (many or self.collections >= _FARTHEST)


def covered(job: Job, resource: str = "timelines") -> Covered:
    """What is known, from the newest collection back to one that holds all (`covered`)."""
    known = Covered()
    for found in job.locker.newest_first(job.connection, resource):
        if not found.complete:
            continue
        known.collections += 1
        for page in found.manifest["pages"]:
            known.pages += 1
            bound = page.get("bound", {})
            known.timelines.setdefault(str(bound.get("id")), str(bound.get("updated_at")))
        if "covered" in found.manifest:
            known.timelines = found.manifest["covered"] | known.timelines
            break
    return known


def _versions(
    job: Job,
    threats: Resource,
    collections: Sequence[Collection],
    among: Sequence[tuple[str, str]],
) -> dict[str, str]:
    """When each threat that these collections hold, and that is `among` them, was updated last."""
    columns = ["id", "updated_at", *(name for name, _ in among)]
    table = stream.newest(job.locker, threats, columns, collections)
    listed = [table.column(name).to_pylist() for name in columns]
    wanted = [value for _, value in among]
    return {
        threat: rfc3339(moment) if moment is not None else UNKNOWN
        for threat, moment, *values in zip(*listed, strict=True)
        if values == wanted
    }


def _timeline(
    reading: Reading, threat: str, updated: str, gone: list[str], put: Put[list[Kept]]
) -> None:
    """Reads one timeline; one that is not found is noted in `gone`.

    Raises Contradiction when the console counts more than it gave, or does not count.
    """
    route = reading.resource.path.replace("{id}", threat)
    bound = {"id": threat, "updated_at": updated}
    counted: int | None = None
    found: list[Kept] = []

    def keep(answer: Answer[Rows]) -> Kept:
        nonlocal counted
        if answer.value.total is not None:
            counted = max(counted or 0, answer.value.total)
        return reading.keep(answer, bound)

    def walk() -> Iterator[Kept]:
        return walking.pages(
            reading.job.console,
            partial(reading.ask, bound=bound),
            route,
            dict(reading.resource.parameters),
            keep=keep,
            limit=reading.resource.page_limit,
            notes=reading.notes,
            droppable=cursor.SORTING,
        )

    try:
        found.extend(cursor.restarting(reading, walk))
    except NotServed:
        gone.append(threat)
        put(found)
        return
    own = next(each.name for each in reading.resource.columns if each.path == "id")
    events = {event for kept in found for event in kept.rows.values(own)}
    if counted is None:
        raise Contradiction(f"{route}: the console gives no count that would prove it whole.")
    if len(events) < counted:
        raise Contradiction(f"{route}: {len(events)} records read, the console counts {counted}.")
    put(found)
