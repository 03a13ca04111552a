"""Which devices there are: the agents of the newest complete collection."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watchkeeper.locker.locker import Locker
from watchkeeper.queries import shelf
from watchkeeper.queries.listing import Asked, Choice
from watchkeeper.queries.newest import Sealed, newest_complete
from watchkeeper.queries.paging import Page
from watchkeeper.queries.register import Register, listed
from watchkeeper.queries.shelf import Table

MEMBERSHIP = (
    "CASE WHEN is_uninstalled THEN 'uninstalled' WHEN is_decommissioned THEN 'decommissioned' "
    "WHEN is_pending_uninstall THEN 'uninstall pending' ELSE 'in service' END"
)
SERVING = f"({MEMBERSHIP}) IN ('in service', 'uninstall pending')"
DEVICES = Register(
    resource="agents",
    shown=(
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
    ),
    searched=(
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
    ),
    filters={
        "os": "os_type",
        "type": "machine_type",
        "site": "site_name",
        "account_id": "account_id",
        "site_id": "site_id",
        "group_id": "group_id",
        "mode": "mitigation_mode",
        "state": "operational_state",
        "membership": MEMBERSHIP,
        "serving": f"CASE WHEN {SERVING} THEN 'yes' ELSE 'no' END",
        "version": "agent_version",
        "active": "CASE WHEN is_active THEN 'yes' WHEN NOT is_active THEN 'no' END",
        "infected": "CASE WHEN infected THEN 'yes' ELSE 'no' END",
        "current": "CASE WHEN is_up_to_date THEN 'yes' WHEN NOT is_up_to_date THEN 'no' END",
    },
    offered=("os", "type", "site", "mode", "state", "membership", "version"),
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
    order="lower(computer_name), id",
    closed={
        **dict.fromkeys(("active", "infected", "current", "serving"), ("yes", "no")),
        "membership": ("in service", "uninstall pending", "decommissioned", "uninstalled"),
    },
    computed={"membership": MEMBERSHIP},
    kept=(
        "is_active",
        "is_uninstalled",
        "is_decommissioned",
        "is_pending_uninstall",
        "account_id",
        "site_id",
        "group_id",
    ),
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
    found = listed(DEVICES, locker, connection, asked)
    if found is None:
        return None
    return Devices(page=found.page.map(_row), collection=found.newest, choices=found.choices)


def made(locker: Locker, collection: Sealed) -> Table:
    """The devices of a collection of all agents, laid out for lists."""
    return DEVICES.table(locker, (collection,))


def table_of(locker: Locker, connection: int) -> Table | None:
    """The devices of the newest complete collection, if there is one."""
    newest = newest_complete(connection, "agents")
    return made(locker, newest) if newest else None


def known(locker: Locker, connection: int, subjects: Iterable[str]) -> frozenset[str]:
    """The ids of those subjects (`agent:123`) that are devices of the newest collection."""
    agents = [each.removeprefix("agent:") for each in subjects if each.startswith("agent:")]
    devices = table_of(locker, connection) if agents else None
    if devices is None:
        return frozenset()
    return frozenset(row["id"] for _, row in shelf.find([devices], "id", agents))


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
