"""Which threats are known: the newest version of each, over all collections of the stream."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from watchkeeper.locker.locker import Locker
from watchkeeper.queries import listing, sealed
from watchkeeper.queries.listing import Asked, Choice, Listing
from watchkeeper.queries.newest import stream
from watchkeeper.queries.paging import Page
from watchkeeper.resources import catalogue

OPEN = "CASE WHEN incident_status = 'resolved' THEN 'no' ELSE 'yes' END"
FILTERS = {
    "open": OPEN,
    "status": "incident_status",
    "confidence": "confidence_level",
    "verdict": "analyst_verdict",
    "mitigation": "mitigation_status",
    "device": "agent_id",
}
OFFERED = ("status", "confidence", "verdict", "mitigation")

_SHOWN = (
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
)
_NEEDED = (*_SHOWN, "sha256")

LISTING = Listing(
    columns=_SHOWN,
    searched=("threat_name", "agent_name", "classification", "sha256", "id", "site_name"),
    filters=FILTERS,
    sorts={
        "name": "lower(threat_name)",
        "device": "lower(agent_name)",
        "status": "incident_status",
        "confidence": "confidence_level",
        "mitigation": "mitigation_status",
        "created": "created_at",
    },
    default_sort="created",
    tie="created_at DESC, id",
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
    found = stream(connection, "threats")
    if not found:
        return None
    files = sealed.tables(locker, [each.path for each in found])
    return Threats(
        page=LISTING.page(files, _relation(files), asked).map(_row),
        collections=len(found),
        newest=found[-1].ended,
        choices=_choices(files),
    )


def open_threats(locker: Locker, connection: int) -> int | None:
    """How many threats are not resolved; None when none was ever collected."""
    found = stream(connection, "threats")
    if not found:
        return None
    return _open(sealed.tables(locker, [each.path for each in found]))


def _relation(files: tuple[str, ...]) -> str:
    return sealed.newest_versions(catalogue()["threats"], files, _NEEDED)


@lru_cache(maxsize=32)
def _open(files: tuple[str, ...]) -> int:
    resource = catalogue()["threats"]
    versions = sealed.newest_versions(resource, files, ("incident_status",))
    sql = f"SELECT count(*) AS n FROM {versions} WHERE {OPEN} = 'yes'"  # noqa: S608
    return int(sealed.select(files, sql, {})[0]["n"])


@lru_cache(maxsize=32)
def _choices(files: tuple[str, ...]) -> dict[str, tuple[Choice, ...]]:
    offered = {name: FILTERS[name] for name in OFFERED}
    return listing.choices(files, _relation(files), offered)


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
