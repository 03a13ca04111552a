"""How a company is spread over sites and groups, and how a part of it is asked for."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from watchkeeper.simulator import Company, running, truth

from .conftest import STATED, Client, Serve

ALL = {"isDecommissioned": "true,false", "isUninstalled": "true,false"}


@pytest.fixture(scope="module")
def large(now: datetime) -> Company:
    """A company of twenty uneven sites and two hundred groups."""
    return Company(
        agents=2000,
        sites=20,
        threats=150,
        activities=50,
        now=now,
        groups=200,
        own_policies=10,
        uneven=True,
    )


@pytest.fixture(scope="module")
def spread(large: Company) -> Iterator[Client]:
    """Its console."""
    with running(large) as console:
        yield Client(console)


def _sizes(company: Company) -> list[int]:
    return sorted(Counter(row["siteId"] for row in company.agents).values(), reverse=True)


@pytest.mark.parametrize(
    ("sites", "least", "most"), [(1, 1.0, 1.0), (20, 0.25, 0.35), (500, 0.1, 0.2)]
)
def test_sites_can_be_uneven(sites: int, least: float, most: float, now: datetime) -> None:
    company = Company(agents=3000, sites=sites, threats=0, activities=0, now=now, uneven=True)
    sizes = _sizes(company)
    assert least <= sizes[0] / 3000 <= most
    if sites > 1:
        assert sizes[len(sizes) // 2] < sizes[0] / 8, "a long tail"


def test_groups_are_as_many_as_asked_for(large: Company, spread: Client) -> None:
    groups = spread.walk("/groups", limit="150")
    assert len(groups) == 200
    assert sum(not group["inherits"] for group in groups) == 20
    default = Counter(group["siteId"] for group in groups if group["isDefault"])
    assert default == Counter(site["id"] for site in large.places.sites)
    for group in groups[::9]:
        policy = spread.get(f"/groups/{group['id']}/policy")["data"]
        assert (policy["inheritedFrom"] is None) == (not group["inherits"])
    inhabited = sum(group["totalAgents"] > 0 for group in groups)
    assert 120 < inhabited < 200
    found = truth(large)
    assert {name for name, told in found.items() if told["result"] == "ERROR"} == STATED


def test_counts_of_places_are_those_of_agents(spread: Client) -> None:
    agents = spread.walk("/agents", limit="1000")
    sites, groups = spread.walk("/sites", limit="1000"), spread.walk("/groups", limit="1000")
    by = {field: Counter(row[field] for row in agents) for field in ("siteId", "groupId")}
    assert {s["id"]: s["activeLicenses"] for s in sites} == {
        site["id"]: by["siteId"][site["id"]] for site in sites
    }
    assert {g["id"]: g["totalAgents"] for g in groups} == {
        group["id"]: by["groupId"][group["id"]] for group in groups
    }
    accounts = spread.walk("/accounts")
    homes = Counter(row["accountId"] for row in agents)
    assert {a["id"]: a["activeAgents"] for a in accounts} == dict(homes)
    assert sum(account["numberOfSites"] for account in accounts) == len(sites)


@pytest.mark.parametrize("path", ["/agents", "/threats", "/groups"])
@pytest.mark.parametrize("name", ["siteIds", "groupIds", "accountIds"])
def test_parts_add_up_to_the_whole(spread: Client, path: str, name: str) -> None:
    resource = {"siteIds": "/sites", "groupIds": "/groups", "accountIds": "/accounts"}[name]
    ids = [row["id"] for row in spread.walk(resource, limit="1000")]
    half = len(ids) // 2
    everyone: dict[str, Any] = ALL if path == "/agents" else {}
    whole = [row["id"] for row in spread.walk(path, limit="1000", **everyone)]
    parts: list[str] = []
    for chosen in (ids[:half], ids[half:]):
        query = {name: ",".join(chosen)} | everyone
        rows = spread.walk(path, limit="77", sortBy="id", sortOrder="asc", **query)
        found = [row["id"] for row in rows]
        assert found == sorted(found, key=int)
        assert spread.get(path, countOnly="true", **query)["pagination"]["totalItems"] == len(found)
        parts += found
    assert sorted(parts) == sorted(whole)


def test_filters_of_place_narrow_each_other(spread: Client, large: Company) -> None:
    site = max(large.places.sites, key=lambda site: int(site["activeLicenses"]))
    other = next(s for s in large.places.sites if s["accountId"] != site["accountId"])
    rows = spread.walk("/agents", limit="500", siteIds=site["id"], accountIds=site["accountId"])
    assert len(rows) == site["activeLicenses"]
    assert not spread.walk("/agents", siteIds=site["id"], accountIds=other["accountId"])
    active = spread.get("/agents/count", siteIds=site["id"], isActive="true")["data"]["total"]
    assert active == sum(row["isActive"] for row in rows)


def test_many_ids_at_once(spread: Client, large: Company) -> None:
    ids = [row["id"] for row in large.agents[::5]]
    found = spread.walk("/agents", limit="1000", ids=",".join(ids), **ALL)
    assert [row["id"] for row in found] == ids
    assert not spread.walk("/agents", ids="1,2,3")


def test_a_token_of_one_site_selects_within_it(serve: Serve, large: Company) -> None:
    client = serve("site-scope", of=large)
    ids = ",".join(site["id"] for site in large.places.sites)
    rows = client.walk("/agents", limit="1000", siteIds=ids)
    assert {row["siteId"] for row in rows} == {large.places.sites[0]["id"]}


def test_spread_does_not_change_who_the_agents_are(now: datetime) -> None:
    sizes: dict[str, Any] = {"agents": 200, "threats": 5, "activities": 5, "now": now}
    usual, grouped = Company(**sizes), Company(**sizes, groups=100)
    assert [row["uuid"] for row in usual.agents] == [row["uuid"] for row in grouped.agents]
    few = Company(**sizes, groups=12)
    assert {group["isDefault"] for group in few.places.groups} == {True}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"groups": 11}, "groups must be one a site at least, got 11 for 12 sites"),
        ({"own_policies": 101}, "own_policies must be a percentage"),
        ({"drift": -1}, "drift must be a percentage"),
    ],
)
def test_impossible_spreads_are_named(wrong: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Company(agents=1, **wrong)
