"""Which devices there are: the agents of the newest complete collection."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from watchkeeper.locker import layout
from watchkeeper.locker.locker import Locker
from watchkeeper.queries import listing, sealed, shelf
from watchkeeper.queries.listing import Asked, Choice, Listing
from watchkeeper.queries.newest import Sealed, newest_complete
from watchkeeper.queries.paging import Page
from watchkeeper.queries.shelf import Shape, Table
from watchkeeper.resources import catalogue

MEMBERSHIP = (
    "CASE WHEN is_uninstalled THEN 'uninstalled' WHEN is_decommissioned THEN 'decommissioned' "
    "WHEN is_pending_uninstall THEN 'uninstall pending' ELSE 'in service' END"
)
FILTERS = {
    "os": "os_type",
    "type": "machine_type",
    "site": "site_name",
    "mode": "mitigation_mode",
    "state": "operational_state",
    "membership": MEMBERSHIP,
    "version": "agent_version",
    "active": "CASE WHEN is_active THEN 'yes' WHEN NOT is_active THEN 'no' END",
    "infected": "CASE WHEN infected THEN 'yes' ELSE 'no' END",
    "current": "CASE WHEN is_up_to_date THEN 'yes' WHEN NOT is_up_to_date THEN 'no' END",
}
OFFERED = ("os", "type", "site", "mode", "state", "membership", "version")

_SHOWN = (
    "id",
    "computer_name",
    "serial_number",
    "machine_type",
    "os_type",
    "os_name",
    "site_name",
    "group_name",
    "agent_version",
    "is_up_to_date",
    "mitigation_mode",
    "operational_state",
    "last_active_at",
    "infected",
    "active_threats",
)
_SEARCHED = (
    "computer_name",
    "serial_number",
    "id",
    "uuid",
    "external_id",
    "domain",
    "model_name",
    "last_user",
    "last_ip",
    "external_ip",
    "site_name",
    "group_name",
)
_ASKED = (*_SHOWN, "is_active", "is_uninstalled", "is_decommissioned", "is_pending_uninstall")


def _relation(files: tuple[str, ...]) -> str:
    wanted = tuple(dict.fromkeys((*_ASKED, *_SEARCHED)))
    return sealed.relation(catalogue()["agents"], files, wanted)


SHAPE = Shape(
    name="devices",
    file=layout.TABLE,
    relation=_relation,
    columns=_ASKED,
    searched=_SEARCHED,
    order="lower(computer_name), id",
    key="id",
)
LISTING = Listing(
    columns=(*_SHOWN, f"{MEMBERSHIP} AS membership"),
    filters=FILTERS,
    sorts={
        "name": "lower(computer_name)",
        "os": "os_name",
        "type": "machine_type",
        "site": "lower(site_name)",
        "version": "agent_version",
        "mode": "mitigation_mode",
        "state": "operational_state",
        "seen": "last_active_at",
        "threats": "active_threats",
    },
    default_sort="name",
    made_by="name",
)


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One device as listed."""

    id: str
    name: str
    serial_number: str
    machine_type: str
    os_type: str
    os_name: str
    site: str
    group: str
    version: str
    up_to_date: bool | None
    mode: str
    state: str
    membership: str
    last_active_at: datetime | None
    infected: bool | None
    active_threats: int | None


@dataclass(frozen=True, slots=True)
class Devices:
    """A page of devices and the collection they come from."""

    page: Page[DeviceRow]
    collection: Sealed
    choices: dict[str, tuple[Choice, ...]]


def devices(locker: Locker, connection: int, asked: Asked) -> Devices | None:
    """A page of devices; None when no complete collection of agents exists yet."""
    newest = newest_complete(connection, "agents")
    if newest is None:
        return None
    table = made(locker, newest)
    return Devices(
        page=LISTING.page(table, asked).map(_row),
        collection=newest,
        choices=offered(table),
    )


def made(locker: Locker, collection: Sealed) -> Table:
    """The devices of a collection of all agents, laid out for lists."""
    return shelf.table(locker, SHAPE, [collection.path])


def table_of(locker: Locker, connection: int) -> Table | None:
    """The devices of the newest complete collection, if there is one."""
    newest = newest_complete(connection, "agents")
    return made(locker, newest) if newest else None


@lru_cache(maxsize=32)
def offered(table: Table) -> dict[str, tuple[Choice, ...]]:
    """What the filters of the list offer."""
    return listing.choices(table, {name: FILTERS[name] for name in OFFERED})


def _row(row: dict[str, Any]) -> DeviceRow:
    return DeviceRow(
        id=row["id"],
        name=row["computer_name"] or "",
        serial_number=row["serial_number"] or "",
        machine_type=row["machine_type"] or "",
        os_type=row["os_type"] or "",
        os_name=row["os_name"] or "",
        site=row["site_name"] or "",
        group=row["group_name"] or "",
        version=row["agent_version"] or "",
        up_to_date=row["is_up_to_date"],
        mode=row["mitigation_mode"] or "",
        state=row["operational_state"] or "",
        membership=row["membership"],
        last_active_at=row["last_active_at"],
        infected=row["infected"],
        active_threats=row["active_threats"],
    )
