"""What is due, from each resource's declared interval and what was collected last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchkeeper.ledger.models import CollectionEntry, Connection
from watchkeeper.resources import catalogue

AGAIN = timedelta(hours=1)
"""After what time something that could not be read whole is tried again."""

_ANSWERED = frozenset({"complete", "denied"})


@dataclass(frozen=True, slots=True)
class Last:
    """When a resource was last begun to be collected, and whether the console answered it."""

    started: datetime
    answered: bool


def due(last: datetime | None, interval: timedelta, now: datetime) -> bool:
    """Whether something begun at `last` (None: never) is to be done again.

    A `last` in the future says that the clock was wrong, then or now: it is done again.
    """
    return last is None or now - last >= interval or last > now


def due_resources(
    last: Mapping[str, Last], intervals: Mapping[str, timedelta], now: datetime
) -> list[str]:
    """The resources to collect, in the order of `intervals`; what failed waits at most `AGAIN`."""
    found = []
    for name, interval in intervals.items():
        seen = last.get(name)
        wait = interval if seen is None or seen.answered else min(interval, AGAIN)
        if due(seen.started if seen else None, wait, now):
            found.append(name)
    return found


def due_of(connection: Connection, now: datetime) -> list[str]:
    """The resources of a connection that are due, as the index knows it."""
    newest = (
        CollectionEntry.objects.filter(connection=connection, subject="")
        .order_by("resource", "-id")
        .distinct("resource")
    )
    last = {entry.resource: Last(entry.started, entry.verdict in _ANSWERED) for entry in newest}
    return due_resources(last, {name: each.interval for name, each in catalogue().items()}, now)
