"""Which scopes go another way, however many there are; devices and licences of each place."""

import random
from typing import Any

import pytest

from watchkeeper.ledger.index import index
from watchkeeper.ledger.models import Connection
from watchkeeper.locker.locker import Locker
from watchkeeper.queries.places import Licences, placed
from watchkeeper.queries.policy import policy
from watchkeeper.queries.policy_tree import MOST_GROUPS, Below, Tree, policy_tree

from .conftest import CONNECTION
from .sealing import seal_rows

pytestmark = pytest.mark.postgres
Row = dict[str, Any]


def company(seed: int, sites: int, groups: int) -> list[Row]:
    """Policies of a company with two accounts; some scopes, by chance, have one of their own."""
    chance = random.Random(seed)  # noqa: S311 - the same company at every run
    came: dict[str, tuple[str, str]] = {"tenant": ("tenant", "")}

    def made(level: str, identity: str, above: str, **place: Any) -> Row:
        key = f"{level}:{identity}"
        came[key] = (level, identity) if chance.random() < 0.2 else came[above]
        source, source_id = came[key]
        return {
            "id": key,
            "scope": level,
            "scope_id": identity,
            "scope_name": f"{level} {identity}",
            "source": source,
            "source_id": source_id,
            "mitigation_mode": chance.choice(["protect", "detect"]),
            **place,
        }

    rows: list[Row] = [
        {
            "id": "tenant",
            "scope": "tenant",
            "scope_id": "",
            "scope_name": "Global",
            "source": "tenant",
            "source_id": "",
        }
    ]
    accounts = ("a0", "a1")
    rows += [made("account", each, "tenant", account_id=each) for each in accounts]
    for number in range(sites):
        site, account = f"s{number}", accounts[number % 2]
        place = {"account_id": account, "site_id": site, "site_name": f"site {site}"}
        rows.append(made("site", site, f"account:{account}", **place))
    for number in range(groups):
        home = chance.randrange(sites)
        place = {
            "account_id": accounts[home % 2],
            "site_id": f"s{home}",
            "site_name": f"site s{home}",
        }
        rows.append(made("group", f"g{number}", f"site:s{home}", **place))
    return rows


def collected(locker: Locker, connection: Connection, **tables: list[Row]) -> None:
    """Each of these resources, collected whole."""
    for resource, rows in tables.items():
        seal_rows(locker, CONNECTION, resource, rows)
    index(locker, connection)


def trees(locker: Locker, connection: Connection, size: int) -> list[Tree]:
    """Every page of the tree."""
    found: list[Tree] = []
    while not found or found[-1].sites.number < found[-1].sites.pages:
        tree = policy_tree(locker, connection.pk, len(found) + 1, size)
        assert tree is not None
        found.append(tree)
    return found


def counted(rows: list[Row], account: str = "") -> Below:
    """What a plain loop counts below an account, or below the tenant."""

    def number(level: str, *, own: bool) -> int:
        return sum(
            each["scope"] == level
            and (not account or (level != "account" and each.get("account_id") == account))
            and (not own or each["source"] == level)
            for each in rows
        )

    return Below(
        *(number(level, own=own) for level in ("account", "site", "group") for own in (False, True))
    )


@pytest.mark.parametrize("seed", range(4))
def test_every_count_is_of_all_pages_and_every_source_is_named(
    locker: Locker, connection: Connection, seed: int
) -> None:
    rows = company(seed, sites=9, groups=60)
    by_id = {row["id"]: row for row in rows}
    collected(locker, connection, policies=rows)

    for tree in trees(locker, connection, 4):
        assert tree.below == counted(rows)
        for account in tree.accounts:
            assert account.node is not None
            assert account.below == counted(rows, account.account_id)
            for site in account.sites:
                below = [each for each in rows if each.get("site_id") == site.node.scope_id][1:]
                assert site.groups == len(below)
                assert site.overriding == sum(each["source"] == "group" for each in below)
                for each in (account.node, site.node):
                    if not each.own:
                        assert each.source_name == by_id[each.source_policy]["scope_name"]


def test_of_a_large_console_every_scope_that_goes_another_way_is_met_once(
    locker: Locker, connection: Connection
) -> None:
    rows = company(7, sites=500, groups=3_500)
    collected(locker, connection, policies=rows)

    found = trees(locker, connection, 200)

    met = [site for tree in found for account in tree.accounts for site in account.sites]
    assert sorted(each.node.id for each in met) == sorted(
        row["id"] for row in rows if row["scope"] == "site"
    )
    assert all(len(each.shown) == min(each.overriding, MOST_GROUPS) for each in met)
    assert {node.id for each in met for node in each.shown} == {
        row["id"] for row in rows if row["scope"] == row["source"] == "group"
    }
    site = max(met, key=lambda each: each.overriding)
    view = policy(locker, connection.pk, site.node.id)
    assert view is not None
    assert view.overriding_total == site.overriding


def test_of_a_site_with_many_groups_of_their_own_some_are_shown_and_all_counted(
    locker: Locker, connection: Connection
) -> None:
    site, *_ = (row for row in company(1, sites=1, groups=0) if row["scope"] == "site")
    groups = [
        site | {"id": f"group:{n}", "scope": "group", "scope_id": str(n), "source": "group"}
        for n in range(MOST_GROUPS + 5)
    ]
    collected(locker, connection, policies=[site, *groups])

    (tree,) = trees(locker, connection, 25)
    ((found,),) = (account.sites for account in tree.accounts)

    assert (found.overriding, len(found.shown)) == (MOST_GROUPS + 5, MOST_GROUPS)


AGENT = {"is_decommissioned": False, "is_uninstalled": False, "is_pending_uninstall": False}
SITES: list[Row] = [
    {"id": "s1", "account_id": "a1", "name": "Lyon", "active_licenses": 3, "total_licenses": 10},
    {"id": "s2", "account_id": "a1", "name": "Metz", "active_licenses": 4, "total_licenses": 2},
    {"id": "s3", "account_id": "a2", "active_licenses": None, "total_licenses": 5},
    {"id": "s4", "account_id": "a2", "active_licenses": 1, "unlimited_licenses": True,
     "total_licenses": 0},
    {"id": "s5", "account_id": "a3", "active_licenses": None},
]  # fmt: skip
ACCOUNTS: list[Row] = [
    {"id": "a1", "total_licenses": 20},
    {"id": "a2", "total_licenses": 20},
    {"id": "a3", "total_licenses": 0},
    {"id": "a4", "total_licenses": 20},
]


def told(locker: Locker, connection: Connection, resource: str, rows: list[Row]) -> dict[str, Row]:
    """By id what is said of each."""
    whole = [{"total_licenses": None, "site_id": None} | row for row in rows]
    found = placed(locker, connection.pk, resource, whole)
    return {row["id"]: each for row, each in zip(rows, found, strict=True)}


def test_devices_are_counted_where_they_are_in_service(
    locker: Locker, connection: Connection
) -> None:
    here = AGENT | {"account_id": "a1", "site_id": "s1", "group_id": "g1"}
    agents = [
        here | {"id": "1"},
        here | {"id": "2", "is_pending_uninstall": True, "group_id": "g2"},
        here | {"id": "3", "is_decommissioned": True},
        here | {"id": "4", "is_uninstalled": True},
        here | {"id": "5", "site_id": "s2"},
    ]
    groups = [{"id": "g1", "site_id": "s1"}, {"id": "g9", "site_id": "s9"}]

    collected(locker, connection, sites=SITES)
    assert told(locker, connection, "sites", SITES)["s1"]["devices"] is None

    collected(locker, connection, agents=agents)
    sites = told(locker, connection, "sites", SITES)
    assert [sites[key]["devices"] for key in ("s1", "s2", "s3")] == [2, 1, 0]
    assert told(locker, connection, "accounts", ACCOUNTS)["a1"]["devices"] == 3
    found = told(locker, connection, "groups", groups)
    assert found == {
        "g1": {"devices": 2, "site_name": "Lyon"},
        "g9": {"devices": 0, "site_name": None},
    }
    assert told(locker, connection, "users", [{"id": "u"}]) == {"u": {}}


def test_licences_left_are_only_told_where_they_can_be(
    locker: Locker, connection: Connection
) -> None:
    collected(locker, connection, sites=SITES)

    sites = told(locker, connection, "sites", SITES)
    assert (sites["s1"]["left"], sites["s2"]["left"]) == (7, -2)
    assert not [key for key in ("s3", "s4", "s5") if "left" in sites[key]]

    accounts = told(locker, connection, "accounts", ACCOUNTS)
    assert accounts["a1"]["summed"] == Licences(used=7, sites=2, unlimited=0, untold=0)
    assert accounts["a1"]["left"] == 13
    # One site does not say what it uses: at least 1 is used, and nobody knows what is left.
    assert accounts["a2"]["summed"] == Licences(used=1, sites=2, unlimited=1, untold=1)
    assert accounts["a3"]["summed"] == Licences(used=None, sites=1, unlimited=0, untold=1)
    assert accounts["a4"]["summed"] is None
    assert not [key for key in ("a2", "a3", "a4") if "left" in accounts[key]]
