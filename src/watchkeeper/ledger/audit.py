"""The audit trail: one call, one line that the database never changes."""

from typing import Any

from watchkeeper.ledger.models import AuditEvent


def record(actor: str, action: str, thing: str = "", **detail: Any) -> AuditEvent:
    """Writes down who did what to which thing; `detail` must fit JSON and hold no secret."""
    return AuditEvent.objects.create(actor=actor, action=action, object=thing, detail=detail)
