"""Lists read in parts at once: the same as in one walk, whatever moves meanwhile."""

import copy
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.collection.conftest import PACED, Collecting
from watchkeeper.collection.job import Step
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection
from watchkeeper.simulator import Company, Running, running
from watchkeeper.simulator.world import Row

pytestmark = pytest.mark.slow

AGENTS = ["sites", "groups", "agents"]


@pytest.fixture(scope="module")
def large() -> Company:
    """Twenty uneven sites, the largest one with a third of the agents."""
    return Company(agents=12_000, sites=20, threats=20, users=10, activities=50, uneven=True)


def read(collecting: Collecting, sim: Running) -> Collection:
    # At the vendor's rates, so that what moves does it while parts are read; and a page takes
    # longer than they make wait, as one walk would do otherwise.
    sim.latency = 0.06
    report = collecting(sim, PACED, only=AGENTS)
    found: Collection = report.collections[-1]
    return found


def ids(locker: Locker, found: Collection) -> list[str]:
    read: list[str] = locker.table(found, ["id"]).column("id").to_pylist()
    return read


def filters(found: Collection) -> list[dict[str, str]]:
    return [part["filter"] for part in found.manifest["parts"]]


def names(found: Collection) -> set[str]:
    return {name for each in filters(found) for name in each}


def changed(company: Company, change: Callable[[list[Row]], None]) -> Company:
    """The company with other agents, the rows of which may be changed."""
    other = copy.copy(company)
    other.fleet = copy.copy(company.fleet)
    rows = [dict(row) for row in company.agents]
    change(rows)
    other.agents = other.fleet.rows = rows
    return other


def test_parts_give_what_one_walk_gives(
    large: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(large) as sim:
        split = read(collecting, sim)
        busiest = sim.busiest_second("/agents")
    assert split.complete
    assert names(split) == {"siteIds", "groupIds", "createdAt__lt", "createdAt__gte"}
    assert sorted(ids(locker, split)) == sorted(row["id"] for row in large.agents)
    assert split.completeness.rows == split.completeness.distinct
    assert split.manifest["union"]["proved"]
    assert busiest <= 25
    rows = [part["rows"] for part in split.manifest["parts"]]
    assert max(rows) <= 1.6 * sum(rows) / len(rows)
    for part in split.manifest["parts"]:
        assert part["rows"] == part["count_first"] == part["count_last"] > 0


def test_without_known_places_the_list_is_read_in_windows_of_time(
    large: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(large, faults=["moving-sites"]) as sim:
        found = collecting(sim, only=["agents"]).collections[-1]
        now = {row["id"] for row in sim.company.agents}
        counted = [seen for seen in sim.requests if "countOnly" in seen.query]
        looked_for = [seen for seen in sim.requests if "updatedAt__gte" in seen.query]
    assert found.complete
    assert names(found) == {"createdAt__lt", "createdAt__gte"}
    assert {row["id"] for row in large.agents} <= set(ids(locker, found)) <= now
    assert len(counted) == 7
    assert looked_for == [], "nothing moves between windows of time"
    rows = [part["rows"] for part in found.manifest["parts"]]
    assert len(rows) == 6
    assert max(rows) <= 1.5 * sum(rows) / len(rows)


def test_what_divides_a_list_is_asked_for_with_its_count_unless_the_console_refuses_that(
    large: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(large, faults=["unknown-parameter:isUninstalled"]) as sim:
        found = collecting(sim, only=["agents"]).collections[-1]
        refused = [seen for seen in sim.requests if "isUninstalled" in seen.query]
    assert found.complete
    assert names(found) == {"createdAt__lt", "createdAt__gte"}
    there = [row["id"] for row in large.agents if not row["isUninstalled"]]
    assert sorted(ids(locker, found)) == sorted(there)
    assert [seen.status for seen in refused] == [400] * 6, "all of them at once"
    assert any("isUninstalled" in note for note in found.completeness.notes)


def test_nothing_is_asked_ahead_where_it_is_known_what_a_list_is_divided_by(
    large: Company, collecting: Collecting
) -> None:
    with running(large) as sim:
        collecting(sim, only=["agents"])
        before = len(sim.requests)
        found = collecting(sim, only=["agents"]).collections[-1]
        counted = [seen for seen in sim.requests[before:] if "countOnly" in seen.query]
    assert found.complete
    assert len(counted) == 3, "before, and afterwards of all and of those with a time"


def test_a_record_that_comes_twice_counts_once_in_its_window(
    large: Company, collecting: Collecting
) -> None:
    with running(large, faults=["duplicates"]) as sim:
        found = collecting(sim, only=["agents"]).collections[-1]
    assert found.complete
    assert found.manifest["union"]["proved"]
    assert found.completeness.distinct == 12_000
    assert sum(part["rows"] for part in found.manifest["parts"]) > 12_000


def test_a_window_that_gives_fewer_than_the_console_counts_proves_nothing(
    large: Company, collecting: Collecting
) -> None:
    with running(large, faults=["count-too-large"]) as sim:
        found = collecting(sim, only=["agents"]).collections[-1]
    assert not found.complete
    assert not found.manifest["union"]["proved"]
    assert any("gave fewer than the console counts" in each for each in found.completeness.notes)


@pytest.mark.parametrize("only", [["agents"], AGENTS])
def test_a_console_without_filters_of_time_is_read_without_windows(
    only: list[str], large: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(large, faults=["unknown-parameter:createdAt__lt"]) as sim:
        found = collecting(sim, only=only).collections[-1]
    assert found.complete
    assert len(ids(locker, found)) == len(large.agents)
    assert names(found) == {"siteIds", "groupIds"} if "sites" in only else True
    assert ("parts" in found.manifest) == ("sites" in only)
    assert any("not read in windows of time" in note for note in found.completeness.notes)
    assert "error" not in found.manifest


def test_records_without_a_time_of_creation_are_not_lost(
    large: Company, locker: Locker, collecting: Collecting
) -> None:
    def undated(rows: list[Row]) -> None:
        rows[2000]["createdAt"] = rows[9000]["createdAt"] = None

    company = changed(large, undated)
    with running(company) as sim:
        first = collecting(sim, only=["agents"]).collections[-1]
        second = collecting(sim, only=["agents"]).collections[-1]
    for found in (first, second):
        assert found.complete
        assert set(ids(locker, found)) == {row["id"] for row in large.agents}
    assert first.manifest["union"]["proved"] is False
    assert "parts" not in second.manifest, "known from the first, so not tried again"


def test_windows_that_have_become_uneven_are_divided_anew_from_the_rows_of_before(
    large: Company, locker: Locker, collecting: Collecting
) -> None:
    def late(rows: list[Row]) -> None:
        dates = sorted(row["createdAt"] for row in rows)[-4000:]
        for number, row in enumerate(rows):
            row["createdAt"] = dates[number % len(dates)]

    with running(large) as sim:
        first = collecting(sim, only=["agents"]).collections[-1]
        sim.set_company(changed(large, late))
        second = collecting(sim, only=["agents"]).collections[-1]
        sim.forget()
        third = collecting(sim, only=["agents"]).collections[-1]
        counted = [seen for seen in sim.requests if "countOnly" in seen.query]
    assert filters(second) == filters(first)
    assert filters(third) != filters(first)
    rows = [part["rows"] for part in third.manifest["parts"]]
    assert max(rows) - min(rows) <= 20
    assert len(counted) == 4
    assert all(found.complete for found in (first, second, third))
    assert len(ids(locker, third)) == len(large.agents)


def test_places_whose_id_is_no_number_are_not_named(
    large: Company, locker: Locker, collecting: Collecting
) -> None:
    odd = copy.copy(large)
    first, *others = large.places.groups
    odd.places = replace(large.places, groups=[first | {"id": "1_2"}, *others])
    with running(odd) as sim:
        collecting(sim, only=["sites", "groups"])
        sim.set_company(large)
        found = collecting(sim, only=["agents"]).collections[-1]
    assert found.complete
    assert names(found) == {"createdAt__lt", "createdAt__gte"}
    assert len(ids(locker, found)) == len(large.agents)


def test_the_parts_stay_the_same_from_day_to_day(
    large: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(large) as sim:
        first = read(collecting, sim)
        second = read(collecting, sim)
    assert filters(first) == filters(second)
    pages = [page for page in second.manifest["pages"] if page["rows"] > 100]
    assert all("against" in page for page in pages)
    assert sum(page["bytes"] for page in second.manifest["pages"]) * 20 < sum(
        page["bytes"] for page in first.manifest["pages"]
    )
    assert ids(locker, first) != []


@pytest.mark.parametrize("latency", [0.0, 0.05])
def test_what_is_missed_while_as_many_come_from_elsewhere_is_not_taken_for_whole(
    latency: float, large: Company, locker: Locker, collecting: Collecting
) -> None:
    """Nothing tells of the moves, and as many older records were met as were counted at first."""
    with running(large, faults=["moving-silently"], latency=latency) as sim:
        found = read(collecting, sim)
        now = {row["id"] for row in sim.company.agents}
    came = now - {row["id"] for row in large.agents}
    union = found.manifest["union"]
    assert found.complete
    assert set(ids(locker, found)) == now
    if latency or union["proved"]:
        return  # what is on its way while they move may be met after all
    assert came, "an older agent came from elsewhere"
    assert union["read_of_those"] >= union["counted_before"], "the ages alone agree"
    assert not union["proved"]
    assert any("again in one walk" in note for note in found.completeness.notes)


class Killed(Exception):
    """Stands for the end of the process."""


@pytest.mark.parametrize("only", [["agents"], AGENTS])
def test_parts_that_were_cut_off_are_gone_on_with(
    only: list[str], large: Company, locker: Locker, collecting: Collecting
) -> None:
    def cut(step: Step) -> None:
        if step.resource.name == "agents" and step.rows > 4000:
            raise Killed

    with running(large) as sim:
        with pytest.raises(Killed):
            collecting(sim, only=only, on_progress=cut)
        found = collecting(sim, only=only).collections[-1]
        repeated = sim.repeated()
    assert found.complete
    assert found.manifest["union"]["proved"]
    assert len(ids(locker, found)) == len(large.agents)
    # What was under way when it ended is asked for again, and the threshold's oldest record.
    assert sum(repeated.values()) <= 2 * 8
    filtered = [request["params"] for request in found.manifest["requests"]]
    windows = {each["createdAt__lt"] for each in filtered if "createdAt__lt" in each}
    assert {each["createdAt__lt"] for each in filters(found) if "createdAt__lt" in each} <= windows


def test_what_left_before_the_one_walk_is_told(
    large: Company, locker: Locker, collecting: Collecting
) -> None:
    """The table has what the parts met; the verdict is that of the one walk."""
    company = changed(large, lambda rows: rows[50].update(createdAt=None))
    gone: set[str] = set()

    def told(step: Step) -> None:
        if step.resource.name == "agents" and step.rows == len(large.agents) - 1 and not gone:
            gone.update(row["id"] for row in company.agents[100:103])
            sim.set_company(changed(company, lambda rows: rows.__delitem__(slice(100, 103))))

    with running(company) as sim:
        found = collecting(sim, only=["agents"], on_progress=told).collections[-1]
    assert gone
    assert found.complete
    assert gone <= set(ids(locker, found))
    assert found.completeness.rows == found.completeness.distinct == len(ids(locker, found))
    assert found.completeness.count_after == len(large.agents) - 3
    assert any("3 that only the parts met" in note for note in found.completeness.notes)


def test_a_filter_that_is_refused_leaves_no_error_behind(
    large: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(large, faults=["unknown-parameter:groupIds"]) as sim:
        found = read(collecting, sim)
    assert found.complete
    assert len(ids(locker, found)) == len(large.agents)
    assert "error" not in found.manifest
    assert any("not read in" in note for note in found.completeness.notes)


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
