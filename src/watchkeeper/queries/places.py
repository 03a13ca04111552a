"""What belongs to accounts, sites and groups: devices in service, licences."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

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

    `unlimited` counts the sites without a limit: where there are any, nothing is left to count.
    """

    used: int
    sites: int
    unlimited: int


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
            "SELECT account_id AS id, sum(coalesce(active_licenses, 0)) AS used, "  # noqa: S608
            "count(*) AS sites, count(*) FILTER (unlimited_licenses) AS unlimited "
            f"FROM {table.rows} WHERE account_id IS NOT NULL GROUP BY 1"
        )
    return {
        row["id"]: Licences(int(row["used"]), int(row["sites"]), int(row["unlimited"]))
        for row in rows
    }


@lru_cache(maxsize=32)
def _names(table: Table) -> Mapping[str, str]:
    with table.asked() as ask:
        rows = ask(f"SELECT id, name FROM {table.rows} WHERE name IS NOT NULL")  # noqa: S608
    return {row["id"]: row["name"] for row in rows}
