"""Lists read in parts at once: the same as in one walk, whatever moves meanwhile."""

import pytest

from tests.collection.conftest import Collecting
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection
from watchkeeper.simulator import Company, Running, running

AGENTS = ["sites", "groups", "agents"]


@pytest.fixture(scope="module")
def large() -> Company:
    """Twenty uneven sites, the largest one with a third of the agents."""
    return Company(agents=12_000, sites=20, threats=20, users=10, activities=50, uneven=True)


def read(collecting: Collecting, sim: Running) -> Collection:
    report = collecting(sim, only=AGENTS)
    found: Collection = report.collections[-1]
    return found


def ids(locker: Locker, found: Collection) -> list[str]:
    read: list[str] = locker.table(found, ["id"]).column("id").to_pylist()
    return read


def test_parts_give_what_one_walk_gives(
    large: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(large) as sim:
        whole = collecting(sim, only=["agents"]).collections[-1]
        split = read(collecting, sim)
        busiest = sim.busiest_second("/agents")
    assert "parts" not in whole.manifest
    assert whole.complete
    assert split.complete
    filters = [part["filter"] for part in split.manifest["parts"]]
    assert {name for each in filters for name in each} == {"siteIds", "groupIds"}
    assert sorted(ids(locker, split)) == sorted(ids(locker, whole))
    assert len(set(ids(locker, split))) == len(large.agents)
    assert split.completeness.rows == split.completeness.distinct
    assert busiest <= 25
    for part in split.manifest["parts"]:
        assert part["rows"] == part["count_first"] == part["count_last"] > 0


def test_the_parts_stay_the_same_from_day_to_day(
    large: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(large) as sim:
        first = read(collecting, sim)
        second = read(collecting, sim)
    assert [part["filter"] for part in first.manifest["parts"]] == [
        part["filter"] for part in second.manifest["parts"]
    ]
    assert all("against" in page for page in second.manifest["pages"] if page["rows"] > 100)
    assert sum(page["bytes"] for page in second.manifest["pages"]) * 20 < sum(
        page["bytes"] for page in first.manifest["pages"]
    )
    assert ids(locker, first) != []


@pytest.mark.parametrize("latency", [0.0, 0.05])
def test_what_moves_between_parts_is_found_and_counted_once(
    latency: float, large: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(large, faults=["moving-sites"], latency=latency) as sim:
        found = read(collecting, sim)
        now = {row["id"] for row in sim.company.agents}
    there_before = {row["id"] for row in large.agents}
    assert now - there_before, "an agent registered meanwhile"
    assert found.complete
    assert there_before <= set(ids(locker, found))
    assert len(ids(locker, found)) == len(set(ids(locker, found)))
    union = found.manifest["union"]
    assert union["read_of_those"] == union["counted_before"] == len(there_before)


def test_a_split_that_cannot_be_proved_is_followed_by_one_walk(
    large: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(large, faults=["unknown-parameter:updatedAt__gte", "moving-sites"]) as sim:
        found = read(collecting, sim)
        now = {row["id"] for row in sim.company.agents}
    assert found.complete
    assert set(ids(locker, found)) == now
    assert any("again in one walk" in note for note in found.completeness.notes)


def test_sites_that_are_not_all_there_are_no_union(
    large: Company, locker: Locker, collecting: Collecting
) -> None:
    """Places known from a console that had fewer of them: the union misses agents, and says so."""
    smaller = Company(agents=12_000, sites=12, threats=20, users=10, activities=50, uneven=True)
    with running(smaller) as sim:
        collecting(sim, only=["sites", "groups"])
        token = sim.token
        sim.set_company(large)
        found = collecting(sim, only=["agents"]).collections[-1]
        assert token
    assert found.complete
    assert set(ids(locker, found)) == {row["id"] for row in large.agents}


def test_a_part_that_fails_makes_the_whole_incomplete(
    large: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(large) as sim:
        collecting(sim, only=["sites", "groups"])
        sim.set_faults("token-revoked:6")
        sim.forget()
        report = collecting(sim, only=["agents"])
    found = report.collections[-1]
    assert report.fatal is not None
    assert not found.complete
    rows = sum(page["rows"] for page in found.manifest["pages"])
    assert found.completeness.rows == rows == len(ids(locker, found))


def test_a_console_that_keeps_its_rate_limits_is_never_asked_too_often(
    large: Company, collecting: Collecting
) -> None:
    with running(large, faults=["rate-limits"]) as sim:
        found = read(collecting, sim)
        refused = [seen for seen in sim.requests if seen.status == 429]
    assert found.complete
    assert refused == []
