"""What belongs to accounts, sites and groups: devices in service, licences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from watchkeeper.locker.locker import Locker
from watchkeeper.queries.devices import SERVING, table_of
from watchkeeper.queries.newest import newest_complete
from watchkeeper.queries.registers import SITES
from watchkeeper.queries.shelf import Table

LEVELS = {"accounts": "account_id", "sites": "site_id", "groups": "group_id"}
"""By resource: the column of a device that names one."""


@dataclass(frozen=True, slots=True)
class Licences:
    """Licences in use over the sites of an account, and what they were summed up from.

    `used` is None where none of the sites says it; `unlimited` counts the sites without a limit,
    `untold` those that do not say what they use: where there are any, what is left is not known.
    """

    used: int | None
    sites: int
    unlimited: int
    untold: int


def placed(
    locker: Locker, connection: int, resource: str, rows: Iterable[Mapping[str, Any]]
) -> tuple[dict[str, Any], ...]:
    """For each account, site or group what other collections say of it; else nothing.

    `devices` in service, None where agents were never collected whole; the `site_name` of a group;
    of an account its licences `summed` over its sites, None where none of its sites was collected;
    licences `left`, not there where that cannot be told.
    """
    if resource not in LEVELS:
        return tuple({} for _ in rows)
    devices = devices_in(locker, connection, resource)
    names = site_names(locker, connection) if resource == "groups" else {}
    summed = licences(locker, connection) if resource == "accounts" else {}
    found = []
    for row in rows:
        told: dict[str, Any] = {"devices": None if devices is None else devices.get(row["id"], 0)}
        if resource == "groups":
            told["site_name"] = names.get(row["site_id"])
        else:
            told |= _licensed(resource, row, summed.get(row["id"]))
        found.append(told)
    return tuple(found)


def _licensed(resource: str, row: Mapping[str, Any], summed: Licences | None) -> dict[str, Any]:
    """What is used and left of the licences of a site or an account."""
    used, total = row.get("active_licenses"), row["total_licenses"]
    told: dict[str, Any] = {}
    if resource == "accounts":
        used = summed.used if summed and not summed.untold else None
        # An account has no flag for being without a limit; none states one of nought.
        total = total or None
        told = {
            "summed": summed,
            "active_licenses": summed.used if summed else None,
            "total_licenses": total,
            "unlimited_licenses": False,  # each of its sites may be, the account says its own
        }
    if used is not None and total is not None and not row.get("unlimited_licenses"):
        told["left"] = total - used
    return told


def devices_in(locker: Locker, connection: int, resource: str) -> Mapping[str, int] | None:
    """By id of an account, site or group: its devices in service.

    None when there is no complete collection of agents.
    """
    table = table_of(locker, connection)
    return _devices(table, LEVELS[resource]) if table else None


def licences(locker: Locker, connection: int) -> Mapping[str, Licences]:
    """By id of an account: the licences that its sites use, as the console counts them."""
    newest = newest_complete(connection, "sites")
    return _licences(SITES.table(locker, (newest,))) if newest else {}


def site_names(locker: Locker, connection: int) -> Mapping[str, str]:
    """By id of a site: its name; empty where sites were never collected whole."""
    newest = newest_complete(connection, "sites")
    return _names(SITES.table(locker, (newest,))) if newest else {}


@lru_cache(maxsize=32)
def _devices(table: Table, column: str) -> Mapping[str, int]:
    with table.asked() as ask:
        rows = ask(
            f"SELECT {column} AS id, count(*) FILTER ({SERVING}) AS n FROM {table.rows} "  # noqa: S608
            f"WHERE {column} IS NOT NULL GROUP BY 1"
        )
    return {row["id"]: int(row["n"]) for row in rows}


@lru_cache(maxsize=32)
def _licences(table: Table) -> Mapping[str, Licences]:
    with table.asked() as ask:
        rows = ask(
            "SELECT account_id AS id, sum(active_licenses) AS used, count(*) AS sites, "  # noqa: S608
            "count(*) FILTER (unlimited_licenses) AS unlimited, "
            "count(*) FILTER (active_licenses IS NULL) AS untold "
            f"FROM {table.rows} WHERE account_id IS NOT NULL GROUP BY 1"
        )
    return {
        row["id"]: Licences(
            None if row["used"] is None else int(row["used"]),
            int(row["sites"]),
            int(row["unlimited"]),
            int(row["untold"]),
        )
        for row in rows
    }


@lru_cache(maxsize=32)
def _names(table: Table) -> Mapping[str, str]:
    with table.asked() as ask:
        rows = ask(f"SELECT id, name FROM {table.rows} WHERE name IS NOT NULL")  # noqa: S608
    return {row["id"]: row["name"] for row in rows}
