"""How often a connection's resources are collected: as declared, or as its people set it."""

from collections.abc import Mapping
from datetime import timedelta

from watchkeeper.errors import UsageError
from watchkeeper.ledger.models import Connection
from watchkeeper.model.resource import Resource
from watchkeeper.resources import catalogue

SHORTEST = timedelta(minutes=15)
LONGEST = timedelta(days=7)


def intervals(connection: Connection) -> dict[str, timedelta]:
    """By resource, in the order they are collected: how long from one collection to the next."""
    own = connection.intervals
    return {
        name: timedelta(seconds=own[name]) if name in own else resource.interval
        for name, resource in catalogue().items()
    }


def bounds(resource: Resource) -> tuple[timedelta, timedelta]:
    """The shortest and the longest interval that may be set for a resource.

    A day's list is not asked for more than hourly: it is read whole each time.
    """
    return (SHORTEST if resource.interval < timedelta(days=1) else timedelta(hours=1)), LONGEST


def checked(own: Mapping[str, timedelta]) -> dict[str, int]:
    """Seconds by resource, without those that are as declared.

    Raises UsageError for what is no resource, and for an interval out of bounds.
    """
    found = {}
    for name, interval in own.items():
        resource = catalogue().get(name)
        if resource is None:
            raise UsageError(
                f"{name!r} is no resource.", hint=f"There are: {', '.join(catalogue())}."
            )
        shortest, longest = bounds(resource)
        if not shortest <= interval <= longest:
            raise UsageError(
                f"{resource.title}: {_hours(interval)} is out of bounds.",
                hint=f"Give {_hours(shortest)} to {_hours(longest)}.",
            )
        if interval != resource.interval:
            found[name] = round(interval.total_seconds())
    return found


def _hours(interval: timedelta) -> str:
    return f"{interval / timedelta(hours=1):g} h"
