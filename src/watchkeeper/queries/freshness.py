"""How fresh each resource is: when it was last read, how that went, when it is due again."""

from dataclasses import dataclass
from datetime import datetime

from watchkeeper.ledger.models import CollectionEntry
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Verdict
from watchkeeper.model.resource import Resource
from watchkeeper.queries.collections import CollectionRow, row
from watchkeeper.queries.newest import known
from watchkeeper.resources import catalogue


@dataclass(frozen=True, slots=True)
class Freshness:
    """One resource: its newest collection and its newest complete one, None where there is none.

    `records` is how many records are known with the newest one, which may hold only what changed.
    """

    resource: Resource
    newest: CollectionRow | None
    newest_complete: CollectionRow | None
    due: datetime | None
    records: int | None

    def overdue(self, now: datetime) -> bool:
        """True when it should have been read again twice over."""
        if self.due is None or self.newest is None:
            return False
        return now - self.newest.ended > 2 * self.resource.interval


def freshness(locker: Locker, connection: int) -> tuple[Freshness, ...]:
    """Every declared resource, in the order they are collected."""
    newest = _newest(connection, complete=False)
    complete = _newest(connection, complete=True)
    return tuple(
        _freshness(locker, resource, newest.get(resource.name), complete.get(resource.name))
        for resource in catalogue().values()
    )


def _freshness(
    locker: Locker,
    resource: Resource,
    newest: CollectionRow | None,
    complete: CollectionRow | None,
) -> Freshness:
    due = newest.started + resource.interval if newest else None
    records = newest.distinct if newest else None
    if newest is not None and newest.verdict is Verdict.COMPLETE and resource.incremental:
        counted = known(locker, newest.path)
        records = newest.distinct if counted is None else counted
    return Freshness(resource, newest, complete, due, records)


def _newest(connection: int, *, complete: bool) -> dict[str, CollectionRow]:
    found = CollectionEntry.objects.filter(connection=connection, subject="")
    if complete:
        found = found.filter(verdict="complete")
    # One look into the index for each, however many collections there were.
    first, *others = (
        found.filter(resource=name).order_by("-ended", "-id")[:1] for name in catalogue()
    )
    return {entry.resource: row(entry) for entry in first.union(*others, all=True)}
