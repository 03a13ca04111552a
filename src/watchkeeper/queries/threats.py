"""Which threats are known: the newest version of each, over what their current state is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from watchkeeper.locker import layout
from watchkeeper.locker.locker import Locker
from watchkeeper.queries import listing, sealed, shelf
from watchkeeper.queries.listing import Asked, Choice, Listing
from watchkeeper.queries.newest import Sealed, newest_complete, stream
from watchkeeper.queries.paging import Page
from watchkeeper.queries.shelf import Shape, Table
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
_SEARCHED = ("threat_name", "agent_name", "classification", "sha256", "id", "site_name")


def _relation(files: tuple[str, ...]) -> str:
    wanted = tuple(dict.fromkeys((*_SHOWN, *_SEARCHED)))
    return sealed.relation(catalogue()["threats"], files, wanted)


SHAPE = Shape(
    name="threats",
    file=layout.TABLE,
    relation=_relation,
    columns=_SHOWN,
    searched=_SEARCHED,
    order="created_at DESC, id",
    key="id",
    newest="updated_at DESC NULLS LAST",
)
LISTING = Listing(
    columns=_SHOWN,
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
    found = stream(locker, connection, "threats")
    if not found:
        return None
    table = made(locker, found)
    complete = newest_complete(connection, "threats")  # it holds none if nothing had changed
    return Threats(
        page=LISTING.page(table, asked).map(_row),
        collections=len(found),
        newest=max(each.ended for each in (found[-1], complete) if each is not None),
        choices=offered(table),
    )


def open_threats(locker: Locker, connection: int) -> int | None:
    """How many threats are not resolved; None when none was ever collected."""
    found = stream(locker, connection, "threats")
    return _open(made(locker, found)) if found else None


def made(locker: Locker, collections: Sequence[Sealed]) -> Table:
    """The newest version of each threat in these collections, laid out for lists."""
    return shelf.table(locker, SHAPE, [each.path for each in collections])


@lru_cache(maxsize=32)
def offered(table: Table) -> dict[str, tuple[Choice, ...]]:
    """What the filters of the list offer."""
    return listing.choices(table, {name: FILTERS[name] for name in OFFERED})


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
