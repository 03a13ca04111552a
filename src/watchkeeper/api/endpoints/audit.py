"""The audit trail: who changed what, and who took evidence away."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from watchkeeper.api.endpoints._common import EXPORT
from watchkeeper.api.paging import Listed, Moment, Paging, Words, listed
from watchkeeper.queries.audit import events

router = Router(tags=["Audit trail"])


class Asked(Paging):
    """Which events."""

    actor: Words = ""
    action: Words = Field("", description="As `connection.added`.")
    object: Words = Field("", description="The name of the thing.")
    since: Moment | None = Field(None, description="At that time or later.")
    until: Moment | None = Field(None, description="Before that time.")


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
        number=asked.page,
        size=asked.size,
    )
    return listed(request, response, asked, found)
