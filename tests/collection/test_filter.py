"""A connection that watches some accounts or sites: their estate, and nothing of the others."""

from pathlib import Path
from typing import Any

import pytest

from tests.collection.conftest import client
from watchkeeper.collection.engine import Report, Terms, collect
from watchkeeper.errors import UsageError
from watchkeeper.locker.locker import Locker
from watchkeeper.model.filter import Filter, parse_filter
from watchkeeper.simulator import Company, Running, running

ESTATE = ("agents", "threats", "groups", "activities")


@pytest.fixture
def locker(tmp_path: Path) -> Locker:
    return Locker.open(tmp_path / "locker", create=True)


def collected(served: Running, locker: Locker, within: Filter) -> Report:
    console = client(served)
    try:
        return collect(console, locker, "acme", terms=Terms(within=within))
    finally:
        console.close()


def values(locker: Locker, report: Report, resource: str, column: str) -> set[Any]:
    found = next(each for each in report.collections if each.resource == resource)
    assert found.complete, found.completeness.reason
    return set(locker.table(found, [column]).column(column).to_pylist())


@pytest.mark.slow
def test_only_the_sites_asked_for_are_collected(locker: Locker) -> None:
    company = Company(agents=300, threats=60, activities=200, sites=6)
    with running(company) as served:
        wanted = sorted(str(site["id"]) for site in company.places.sites)[:2]
        found = collected(served, locker, Filter(sites=tuple(wanted)))
        everyone = {str(user["id"]) for user in company.people.users}

    assert values(locker, found, "sites", "id") == set(wanted)
    for resource in ESTATE:
        assert values(locker, found, resource, "site_id") == set(wanted), resource
    assert values(locker, found, "policies", "site_id") - {None} == set(wanted)
    assert values(locker, found, "users", "id") == everyone
    agents = next(each for each in found.collections if each.resource == "agents")
    assert ["siteIds", ",".join(wanted)] in agents.manifest["parameters"]
    assert {row["id"] for row in company.agents if str(row["siteId"]) in wanted} == values(
        locker, found, "agents", "id"
    )


def test_only_the_account_asked_for_is_collected(locker: Locker) -> None:
    company = Company(agents=200, threats=40, activities=100, sites=6, accounts=3)
    with running(company) as served:
        wanted = str(company.places.accounts[0]["id"])
        found = collected(served, locker, Filter(accounts=(wanted,)))

    assert values(locker, found, "accounts", "id") == {wanted}
    for resource in ("agents", "threats", "sites"):
        assert values(locker, found, resource, "account_id") == {wanted}, resource


@pytest.mark.slow
def test_another_filter_reads_threats_whole_and_goes_on_with_nothing(locker: Locker) -> None:
    company = Company(agents=100, threats=60, activities=20, sites=4)
    with running(company) as served:
        sites = [str(site["id"]) for site in company.places.sites]
        collected(served, locker, Filter(sites=(sites[0],)))
        again = collected(served, locker, Filter(sites=(sites[0],)))
        other = collected(served, locker, Filter(sites=(sites[1],)))

    kinds = [
        next(each for each in found.collections if each.resource == "threats").manifest["reach"]
        for found in (again, other)
    ]
    assert [kind["kind"] for kind in kinds] == ["changed", "whole"]
    assert values(locker, other, "threats", "site_id") == {sites[1]}


def test_a_console_that_does_not_take_the_filter_is_never_read_without_it(locker: Locker) -> None:
    company = Company(agents=100, threats=10, activities=20, sites=4)
    with running(company, faults=["unknown-parameter:siteIds"]) as served:
        found = collected(served, locker, Filter(sites=(str(company.places.sites[0]["id"]),)))

    agents = next(each for each in found.collections if each.resource == "agents")
    assert not agents.complete
    assert "siteIds" in agents.completeness.reason
    assert agents.completeness.rows == 0


def test_ids_are_read_as_people_paste_them() -> None:
    assert parse_filter("", " 2,1\n 2 ") == Filter(sites=("1", "2"))
    assert parse_filter("7", "") == Filter(accounts=("7",))
    assert parse_filter(" ", "") == Filter()
    for accounts, sites in (
        ("1", "2"),
        ("", "Lisbon"),
        ("", "1;2"),
        ("", ",".join(map(str, range(501)))),
    ):
        with pytest.raises(UsageError):
            parse_filter(accounts, sites)
