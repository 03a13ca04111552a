"""Large lists read in one walk, where that asks for pages as often as the rate allows."""

from dataclasses import replace
from typing import Any

import pytest

from tests.collection.conftest import PACED, Collecting
from watchkeeper.collection.job import Step
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection
from watchkeeper.sentinelone.limits import slower
from watchkeeper.simulator import Company, Running, running
from watchkeeper.simulator.seen import Seen

pytestmark = pytest.mark.slow

# So seldom that a page is there long before the next may be asked for, however busy the machine.
SELDOM = replace(PACED, rates=slower(["/agents=3"]))
# Pages that come later than that, of a console that counts quickly.
LATE = "slow-pages:600"
PAGES = 6
WINDOWS = {"createdAt__gte", "createdAt__lt"}


@pytest.fixture(scope="module")
def large() -> Company:
    """Six pages of agents: enough to be read in two parts."""
    return Company(agents=5_500, sites=5, threats=5, users=5, activities=20)


class Killed(Exception):
    """Stands for the end of the process."""


def read(collecting: Collecting, sim: Running, **options: Any) -> Collection:
    found: Collection = collecting(sim, SELDOM, only=["agents"], **options).collections[-1]
    return found


def pages(sim: Running) -> list[Seen]:
    """What was asked for of agents, counts left out."""
    return [
        seen
        for seen in sim.requests
        if seen.path.endswith("/agents") and "countOnly" not in seen.query
    ]


def ids(locker: Locker, found: Collection) -> list[str]:
    met: list[str] = locker.table(found, ["id"]).column("id").to_pylist()
    return met


@pytest.mark.parametrize("only", [["agents"], ["sites", "groups", "agents"]])
def test_pages_that_come_in_time_are_read_in_one_walk(
    only: list[str], large: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(large) as sim:
        found = collecting(sim, SELDOM, only=only).collections[-1]
        asked = pages(sim)
        requests = [seen for seen in sim.requests if seen.path.endswith("/agents")]
    assert found.complete
    assert "parts" not in found.manifest
    assert len(asked) == PAGES
    assert len(requests) == PAGES + 2, "counted once before and once afterwards"
    assert [page["rows"] for page in found.manifest["pages"]] == [1000] * 5 + [500]
    assert sorted(ids(locker, found)) == sorted(row["id"] for row in large.agents)


def test_pages_that_come_late_are_read_in_parts_at_once_and_from_then_on(
    large: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(large, faults=[LATE]) as sim:
        found = read(collecting, sim)
        whole = [seen for seen in pages(sim) if "1000" in seen.query["limit"]]
        sim.set_faults()
        again = read(collecting, sim)
    assert found.complete
    assert found.manifest["union"]["proved"]
    assert sorted(ids(locker, found)) == sorted(row["id"] for row in large.agents)
    # What one page of the whole list held is not kept: the parts have it, too.
    undivided = [seen for seen in whole if not seen.query.keys() & WINDOWS]
    assert len(undivided) == 1
    assert sum(page["rows"] for page in found.manifest["pages"]) == len(large.agents)
    assert again.complete
    assert [each["filter"] for each in again.manifest["parts"]] == [
        each["filter"] for each in found.manifest["parts"]
    ]


def test_a_list_is_divided_once_its_pages_come_late(
    large: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(large) as sim:
        first = read(collecting, sim)
        sim.set_faults(LATE)
        then = read(collecting, sim)
    assert "parts" not in first.manifest
    assert then.complete
    assert then.manifest["union"]["proved"]
    assert sorted(ids(locker, then)) == sorted(row["id"] for row in large.agents)


def test_a_walk_that_was_cut_off_goes_on_as_one(
    large: Company, locker: Locker, collecting: Collecting
) -> None:
    def cut(step: Step) -> None:
        if step.rows >= 2000:
            raise Killed

    with running(large) as sim:
        with pytest.raises(Killed):
            read(collecting, sim, on_progress=cut)
        sim.set_faults(LATE)
        found = read(collecting, sim)
        repeated = sim.repeated()
    assert found.complete
    assert "parts" not in found.manifest
    assert sorted(ids(locker, found)) == sorted(row["id"] for row in large.agents)
    assert set(repeated.values()) <= {2}
    assert len(repeated) <= 1, "the page that was under way"


def test_a_first_page_that_is_refused_leaves_the_list_divided(
    large: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(large, faults=["unknown-parameter:sortBy"]) as sim:
        found = read(collecting, sim)
    assert found.complete
    assert found.manifest["union"]["proved"]
    assert sorted(ids(locker, found)) == sorted(row["id"] for row in large.agents)
    assert any("sortBy" in note for note in found.completeness.notes)
