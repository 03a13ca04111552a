"""Agents that change their site while they are read part by part."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from watchkeeper.simulator import Company, truth

from .conftest import Client, Serve

ALL = {"isDecommissioned": "true,false", "isUninstalled": "true,false"}
Row = dict[str, Any]


def _by_site(client: Client, company: Company) -> list[Row]:
    """Every site on its own, one after the other."""
    rows: list[Row] = []
    for site in company.places.sites:
        query = {"siteIds": site["id"], "limit": "40", "sortBy": "id", "sortOrder": "asc"}
        rows += client.walk("/agents", **query, **ALL)
    return rows


def test_who_reads_site_by_site_misses_some_and_meets_others_twice(
    serve: Serve, company: Company
) -> None:
    client = serve("moving-sites")
    started = client.console.moment()
    rows = _by_site(client, company)
    met = Counter(row["id"] for row in rows)
    after = {row["id"]: row for row in client.console.company.agents}
    before = {row["id"]: row for row in company.agents}
    missed = after.keys() - met.keys()
    twice = {identity for identity, times in met.items() if times > 1}
    moved = {i for i in before if before[i]["siteId"] != after[i]["siteId"]}
    assert len(after) == len(before) + 1
    (arrived,) = after.keys() - before.keys()
    assert missed - {arrived} == {i for i in moved if i not in met}
    assert len(missed - {arrived}) == len(twice) == 3
    assert twice <= moved
    assert arrived in missed
    # An increment finds them all: who moved, and who came.
    since = started.isoformat().replace("+00:00", "Z")
    late = client.walk("/agents", updatedAt__gte=since, **ALL)
    assert {row["id"] for row in late} == moved | {arrived}
    assert all(timedelta(0) <= _moment(row) - started < timedelta(minutes=1) for row in late)
    new = client.walk("/agents", createdAt__gte=since, **ALL)
    assert [row["id"] for row in new] == [arrived]


def _moment(row: Row) -> datetime:
    return datetime.fromisoformat(row["updatedAt"])


def test_silently_nothing_tells_of_it_and_as_many_come_from_elsewhere(
    serve: Serve, company: Company
) -> None:
    client = serve("moving-silently")
    started = client.console.moment()
    met = Counter(row["id"] for row in _by_site(client, company))
    after = {row["id"]: row for row in client.console.company.agents}
    before = {row["id"]: row for row in company.agents}
    moved = {i for i in before if before[i]["siteId"] != after[i]["siteId"]}
    came = after.keys() - before.keys()
    assert moved == before.keys() - met.keys()
    assert set(met.values()) == {1}
    assert len(moved) == len(came) == 3
    assert came <= met.keys()
    assert len(met) == len(before), "which is what was counted at first"
    since = started.isoformat().replace("+00:00", "Z")
    for field in ("updatedAt__gte", "createdAt__gte"):
        assert client.walk("/agents", **{field: since}, **ALL) == []


def test_it_happens_once_and_spares_who_reads_all_in_one(serve: Serve, company: Company) -> None:
    client = serve("moving-sites")
    rows = client.walk("/agents", limit="60", sortBy="id", **ALL)
    after = client.console.company
    assert after is not company
    assert Counter(row["id"] for row in rows) == Counter(row["id"] for row in after.agents)
    again = client.walk("/agents", limit="60", sortBy="id", **ALL)
    assert client.console.company is after
    assert {row["id"] for row in again} == {row["id"] for row in after.agents}


def test_counts_and_threats_follow_and_verdicts_stay(serve: Serve, company: Company) -> None:
    client = serve("moving-sites")
    _by_site(client, company)
    after = client.console.company
    found = client.console.truth()
    assert found == truth(after)
    for control, told in truth(company).items():
        assert told["items"].items() <= found[control]["items"].items()
    agents = Counter(row["siteId"] for row in client.walk("/agents", limit="500"))
    sites = client.walk("/sites", limit="100")
    assert {s["id"]: s["activeLicenses"] for s in sites} == {
        s["id"]: agents[s["id"]] for s in sites
    }
    assert [site["activeLicenses"] for site in company.places.sites] != [
        site["activeLicenses"] for site in after.places.sites
    ]


def test_short_questions_are_no_walk(serve: Serve, company: Company) -> None:
    client = serve("moving-sites")
    for query in ({"limit": "1"}, {"countOnly": "true"}, {"ids": company.agents[0]["id"]}):
        for _ in range(3):
            client.get("/agents", **query)
    assert client.console.company is company
    for _ in range(2):  # each of them a whole walk
        client.walk("/agents", limit="1000", **ALL)
    assert client.console.company is company


def test_threats_can_be_asked_for_by_time(shared: Client) -> None:
    every = shared.walk("/threats", limit="200")
    for field in ("createdAt", "updatedAt"):
        middle = sorted(row["threatInfo"][field] for row in every)[60]
        later = shared.walk("/threats", limit="200", **{f"{field}__gte": middle})
        assert {row["id"] for row in later} == {
            row["id"] for row in every if row["threatInfo"][field] >= middle
        }
