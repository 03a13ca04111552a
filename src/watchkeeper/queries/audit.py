"""Who did what: the audit trail."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from watchkeeper.ledger.models import AuditEvent
from watchkeeper.queries.paging import Page, clamp


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was changed or taken away: by whom, when (UTC), what, of what thing."""

    id: int
    at: datetime
    actor: str
    action: str
    object: str
    detail: dict[str, Any]


def events(
    *,
    actor: str = "",
    action: str = "",
    thing: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    upto: int | None = None,
    number: int = 1,
    size: int = 50,
) -> Page[Event]:
    """A page of the events, the newest first, from `since` on and before `until`.

    `actor` is a person, what their access keys did included; with `upto` none of a higher id.
    """
    chosen = {
        "action": action or None,
        "object": thing or None,
        "at__gte": since,
        "at__lt": until,
        "pk__lte": upto,
    }
    found = AuditEvent.objects.filter(
        **{name: value for name, value in chosen.items() if value is not None}
    )
    if actor:
        found = found.filter(Q(actor=actor) | Q(actor__startswith=f"{actor} (key "))
    total = found.count()
    number = clamp(number, size, total)
    shown = found[(number - 1) * size : number * size]
    return Page(
        tuple(
            Event(each.pk, each.at, each.actor, each.action, each.object, each.detail)
            for each in shown
        ),
        number,
        size,
        total,
    )
