"""Gaps: turns of the schedule that were missed, and when they were made up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import ExpressionWrapper, F, fields

from watchkeeper.ledger.models import CollectionEntry
from watchkeeper.queries.newest import collection_id

LATE = timedelta(minutes=15)
"""A turn that begins so much later than it was due counts as missed."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A turn that was missed: when it was due, when a collection made up for it, and which."""

    resource: str
    due: datetime
    made_up: datetime
    collection: str

    @property
    def late(self) -> timedelta:
        """How long nothing was collected that should have been."""
        return self.made_up - self.due


def gaps(connection: int, since: datetime, most: int = 100) -> tuple[Gap, ...]:
    """The gaps of a connection that were made up since then, the newest first."""
    late = ExpressionWrapper(F("started") - F("due"), output_field=fields.DurationField())
    found = (
        CollectionEntry.objects.filter(connection=connection, subject="", started__gte=since)
        .annotate(late=late)
        .filter(late__gt=LATE)
        .order_by("-started", "resource")[:most]
    )
    return tuple(
        Gap(each.resource, each.due, each.started, collection_id(each.path))
        for each in found
        if each.due is not None
    )
