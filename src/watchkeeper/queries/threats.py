"""Which threats are known: the newest version of each, over what their current state is made of."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from watchkeeper.locker.locker import Locker
from watchkeeper.queries.listing import Asked, Choice
from watchkeeper.queries.newest import newest_complete
from watchkeeper.queries.paging import Page
from watchkeeper.queries.register import Register, listed
from watchkeeper.queries.shelf import Table

OPEN = "CASE WHEN incident_status = 'resolved' THEN 'no' ELSE 'yes' END"
THREATS = Register(
    resource="threats",
    shown=(
        "id",
        "threat_name",
        "classification",
        "confidence_level",
        "incident_status",
        "analyst_verdict",
        "mitigation_status",
        "created_at",
        "updated_at",
        "agent_id",
        "agent_name",
        "site_name",
    ),
    searched=("threat_name", "agent_name", "classification", "sha256", "id", "site_name"),
    filters={
        "open": OPEN,
        "status": "incident_status",
        "confidence": "confidence_level",
        "verdict": "analyst_verdict",
        "mitigation": "mitigation_status",
        "device": "agent_id",
    },
    offered=("status", "confidence", "verdict", "mitigation"),
    sorts={
        "name": "lower(threat_name)",
        "device": "lower(agent_name)",
        "status": "incident_status",
        "confidence": "confidence_level",
        "mitigation": "mitigation_status",
        "created": "created_at",
    },
    default_sort="created",
    order="created_at DESC, id",
    newest_first=True,
    closed={"open": ("yes", "no")},
)


@dataclass(frozen=True, slots=True)
class ThreatRow:
    """One threat as listed."""

    id: str
    name: str
    classification: str
    confidence: str
    status: str
    verdict: str
    mitigation: str
    created_at: datetime | None
    updated_at: datetime | None
    device: str
    device_name: str
    site: str


@dataclass(frozen=True, slots=True)
class Threats:
    """A page of threats, how many collections it rests on and when the newest ended."""

    page: Page[ThreatRow]
    collections: int
    newest: datetime
    choices: dict[str, tuple[Choice, ...]]


def threats(locker: Locker, connection: int, asked: Asked) -> Threats | None:
    """A page of threats; None when none was ever collected."""
    found = listed(THREATS, locker, connection, asked)
    if found is None:
        return None
    complete = newest_complete(connection, "threats")  # it holds none if nothing had changed
    return Threats(
        page=found.page.map(_row),
        collections=len(found.collections),
        newest=max(each.ended for each in (found.newest, complete) if each is not None),
        choices=found.choices,
    )


def open_threats(locker: Locker, connection: int) -> int | None:
    """How many threats are not resolved; None when none was ever collected."""
    found = THREATS.collections(locker, connection)
    return _open(THREATS.table(locker, found)) if found else None


@lru_cache(maxsize=32)
def _open(table: Table) -> int:
    with table.asked() as ask:
        counted = ask(f"SELECT count(*) AS n FROM {table.rows} WHERE {OPEN} = 'yes'")  # noqa: S608
    return int(counted[0]["n"])


def _row(row: dict[str, Any]) -> ThreatRow:
    return ThreatRow(
        id=row["id"],
        name=row["threat_name"] or "",
        classification=row["classification"] or "",
        confidence=row["confidence_level"] or "",
        status=row["incident_status"] or "",
        verdict=row["analyst_verdict"] or "",
        mitigation=row["mitigation_status"] or "",
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        device=row["agent_id"] or "",
        device_name=row["agent_name"] or "",
        site=row["site_name"] or "",
    )
