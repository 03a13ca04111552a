"""What a selector can name: the sites, groups and machine types of the newest collections."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from watchkeeper.locker.locker import Locker
from watchkeeper.model.statement import Selector
from watchkeeper.queries import listing
from watchkeeper.queries.devices import table_of
from watchkeeper.queries.register import Register
from watchkeeper.queries.registers import GROUPS, SITES
from watchkeeper.queries.shelf import Table

_MOST = 5_000


@dataclass(frozen=True, slots=True)
class Offered:
    """By id the sites, and the groups with the name of their site; the machine types there are."""

    sites: Mapping[str, str]
    groups: Mapping[str, str]
    machine_types: tuple[str, ...]

    def words(self, selector: Selector) -> str:
        """A selector as people read it, with names where they are known: `site Berlin or Rome`."""
        parts = (
            ("site", [self.sites.get(each, each) for each in selector.sites]),
            ("group", [self.groups.get(each, each) for each in selector.groups]),
            ("tag", list(selector.tags)),
            ("machine type", list(selector.machine_types)),
        )
        return ", ".join(f"{name} {' or '.join(values)}" for name, values in parts if values)


def offered(locker: Locker, connection: int) -> Offered:
    """What is there to be named, as collected last; 5,000 of each at the most."""
    sites = {each["id"]: each["name"] or each["id"] for each in _rows(SITES, locker, connection)}
    groups = {}
    for each in _rows(GROUPS, locker, connection):
        site = sites.get(each["site_id"] or "")
        name = each["name"] or each["id"]
        groups[each["id"]] = f"{name} ({site})" if site else name
    devices = table_of(locker, connection)
    return Offered(sites, _by_name(groups), _types(devices) if devices else ())


def _rows(register: Register, locker: Locker, connection: int) -> tuple[dict[str, Any], ...]:
    found = register.collections(locker, connection)
    return _named(register.table(locker, found), "site_id" in register.shown) if found else ()


@lru_cache(maxsize=64)
def _named(table: Table, with_site: bool) -> tuple[dict[str, Any], ...]:  # noqa: FBT001 - cached
    columns = "id, name, site_id" if with_site else "id, name"
    with table.asked() as ask:
        return tuple(
            ask(
                f"SELECT {columns} FROM {table.rows} ORDER BY lower(name), id LIMIT $most",  # noqa: S608
                {"most": _MOST},
            )
        )


@lru_cache(maxsize=32)
def _types(devices: Table) -> tuple[str, ...]:
    found = listing.choices(devices, {"type": "machine_type"})
    return tuple(each.value for each in found["type"])


def _by_name(found: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(found.items(), key=lambda each: each[1].casefold()))
