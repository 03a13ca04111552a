"""The audit trail: who changed what, and who took evidence away."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from watchkeeper.api.endpoints._common import EXPORT
from watchkeeper.api.paging import MOST_ID, UPTO, Listed, Moment, Paging, Words, listed
from watchkeeper.queries.audit import events

router = Router(tags=["Audit trail"])


class Asked(Paging):
    """Which events."""

    actor: Words = Field("", description="A person, their access keys included, or `watchkeeper`.")
    action: Words = Field("", description="As `connection.added`.")
    object: Words = Field("", description="The name of the thing.")
    since: Moment | None = Field(None, description="At that time or later.")
    until: Moment | None = Field(None, description="Before that time.")
    upto: int | None = Field(None, ge=0, le=MOST_ID, description=UPTO)


class Event(Schema):
    """Something that was changed or taken away."""

    id: int
    at: datetime
    actor: str
    action: str
    object: str
    detail: dict[str, Any]


@router.get("/audit-events", auth=EXPORT, response=Listed[Event], operation_id="audit_events")
def audit_events(request: HttpRequest, response: HttpResponse, asked: Query[Asked]) -> Any:
    """The audit trail, the newest first."""
    found = events(
        actor=asked.actor,
        action=asked.action,
        thing=asked.object,
        since=asked.since,
        until=asked.until,
        upto=asked.upto,
        number=asked.page,
        size=asked.size,
    )
    newest = max((each.id for each in found.rows), default=0)
    return listed(request, response, asked, found, upto=asked.upto or newest)
