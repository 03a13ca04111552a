"""How fresh each resource is: when it was last read, how that went, when it is due again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from watchkeeper.ledger.intervals import intervals
from watchkeeper.ledger.models import CollectionEntry, Connection
from watchkeeper.ledger.schedule import wanted_of
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Verdict
from watchkeeper.model.resource import Resource
from watchkeeper.queries.collections import CollectionRow, row
from watchkeeper.queries.newest import known
from watchkeeper.resources import catalogue


@dataclass(frozen=True, slots=True)
class Freshness:
    """One resource: its newest collection and its newest complete one, None where there is none.

    `interval` is this connection's own; `due` is when its schedule wants the next one. `records`
    is how many records are known with the newest one, which may hold only what changed.
    """

    resource: Resource
    newest: CollectionRow | None
    newest_complete: CollectionRow | None
    due: datetime | None
    interval: timedelta
    records: int | None

    def overdue(self, now: datetime) -> bool:
        """True when more than one turn of its schedule was missed."""
        return self.due is not None and now - self.due > self.interval


def freshness(locker: Locker, connection: int) -> tuple[Freshness, ...]:
    """Every declared resource, in the order they are collected."""
    held = Connection.objects.get(pk=connection)
    newest = _newest(connection, complete=False)
    complete = _newest(connection, complete=True)
    due = wanted_of(held)
    every = intervals(held)
    return tuple(
        Freshness(
            resource,
            newest.get(name),
            complete.get(name),
            due.get(name),
            every[name],
            _records(locker, resource, newest.get(name)),
        )
        for name, resource in catalogue().items()
    )


def _records(locker: Locker, resource: Resource, newest: CollectionRow | None) -> int | None:
    """How many records are known with a collection; None where there is none."""
    if newest is None:
        return None
    if newest.verdict is Verdict.COMPLETE and resource.incremental:
        counted = known(locker, newest.path)
        return newest.distinct if counted is None else counted
    return newest.distinct


def _newest(connection: int, *, complete: bool) -> dict[str, CollectionRow]:
    found = CollectionEntry.objects.filter(connection=connection, subject="")
    if complete:
        found = found.filter(verdict="complete")
    # One look into the index for each, however many collections there were.
    first, *others = (
        found.filter(resource=name).order_by("-ended", "-id")[:1] for name in catalogue()
    )
    return {entry.resource: row(entry) for entry in first.union(*others, all=True)}


def rows_over_time(locker: Locker, connection: int, most: int = 30) -> dict[str, list[int]]:
    """By resource: how many records were known with its last complete collections, oldest first."""
    found = CollectionEntry.objects.filter(
        connection=connection, subject="", verdict="complete"
    ).values_list("resource", "distinct", "ended", "path")
    first, *others = (
        found.filter(resource=name).order_by("-ended", "-id")[:most] for name in catalogue()
    )
    rows: dict[str, list[int]] = {}
    ordered = sorted(first.union(*others, all=True), key=lambda each: each[2])
    for resource, distinct, _, path in ordered:
        counted = known(locker, path) if catalogue()[resource].incremental else None
        rows.setdefault(resource, []).append(distinct if counted is None else counted)
    return rows
