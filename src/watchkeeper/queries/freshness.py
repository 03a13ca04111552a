"""How fresh each resource is: when it was last read, how that went, when it is due again."""

from dataclasses import dataclass
from datetime import datetime

from watchkeeper.ledger.models import CollectionEntry
from watchkeeper.model.resource import Resource
from watchkeeper.queries.collections import CollectionRow, row
from watchkeeper.resources import catalogue


@dataclass(frozen=True, slots=True)
class Freshness:
    """One resource: its newest collection and its newest complete one, None where there is none."""

    resource: Resource
    newest: CollectionRow | None
    newest_complete: CollectionRow | None
    due: datetime | None

    def overdue(self, now: datetime) -> bool:
        """True when it should have been read again twice over."""
        if self.due is None or self.newest is None:
            return False
        return now - self.newest.ended > 2 * self.resource.interval


def freshness(connection: int) -> tuple[Freshness, ...]:
    """Every declared resource, in the order they are collected."""
    newest = _newest(connection, complete=False)
    complete = _newest(connection, complete=True)
    return tuple(
        _freshness(resource, newest.get(resource.name), complete.get(resource.name))
        for resource in catalogue().values()
    )


def _freshness(
    resource: Resource, newest: CollectionRow | None, complete: CollectionRow | None
) -> Freshness:
    due = newest.started + resource.interval if newest else None
    return Freshness(resource, newest, complete, due)


def _newest(connection: int, *, complete: bool) -> dict[str, CollectionRow]:
    found = CollectionEntry.objects.filter(connection=connection, subject="")
    if complete:
        found = found.filter(verdict="complete")
    # One look into the index for each, however many collections there were.
    first, *others = (
        found.filter(resource=name).order_by("-ended", "-id")[:1] for name in catalogue()
    )
    return {entry.resource: row(entry) for entry in first.union(*others, all=True)}
