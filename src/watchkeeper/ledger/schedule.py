"""What was collected last of a connection, and when the schedule wants it again."""

from collections.abc import Mapping
from datetime import datetime

from watchkeeper.ledger.intervals import intervals
from watchkeeper.ledger.models import CollectionEntry, Connection
from watchkeeper.model.schedule import Last, due_resources, moments, phase
from watchkeeper.resources import catalogue

_ANSWERED = frozenset({"complete", "denied", "unlicensed"})


def last_of(connection: Connection) -> dict[str, Last]:
    """By resource: when it was last begun, as the index knows it.

    The last that was indexed, not the one that says it ended last: a clock may have been wrong.
    """
    found = CollectionEntry.objects.filter(connection=connection, subject="").order_by()
    # One look into the index for each, however many collections there were.
    first, *others = (
        found.filter(resource=name)
        .order_by("-id")
        .values_list("resource", "started", "verdict")[:1]
        for name in catalogue()
    )
    return {
        resource: Last(started, verdict in _ANSWERED)
        for resource, started, verdict in first.union(*others, all=True)
    }


def wanted_of(
    connection: Connection, last: Mapping[str, Last] | None = None
) -> dict[str, datetime]:
    """By resource that was ever begun: when the schedule wants it of this connection again."""
    found = last_of(connection) if last is None else last
    return moments(found, intervals(connection), phase(connection.name))


def due_of(connection: Connection, now: datetime) -> list[str]:
    """The resources of a connection that are due, as the index knows it."""
    last = last_of(connection)
    wanted = wanted_of(connection, last)
    return due_resources(last, wanted, intervals(connection), now)
