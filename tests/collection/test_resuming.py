"""A collection that is cut off goes on where it was: nothing lost, nothing read twice."""

import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.collection.conftest import QUICK, Collecting, client
from watchkeeper.collection import resuming
from watchkeeper.collection.engine import collect
from watchkeeper.collection.job import Step
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.verify import verify
from watchkeeper.model.collection import Verdict
from watchkeeper.simulator import Company, Running, running

pytestmark = pytest.mark.slow
PROGRAM = """
import sys
from watchkeeper.collection.engine import collect
from watchkeeper.locker.locker import Locker
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.token import parse_token

url, folder, *only = sys.argv[1:]
console = Console(parse_address(url), parse_token(sys.stdin.readline()))
report = collect(console, Locker.open(folder, create=True), "acme", only=only)
sys.exit(not all(found.complete for found in report.collections))
"""


class Cut(Exception):
    """Ends a collection in the middle, as a full stop of the program would."""


def cut_after(resource: str, pages: int) -> Callable[[Step], None]:
    def progress(step: Step) -> None:
        if step.resource.name == resource and step.pages >= pages and step.verdict is None:
            raise Cut

    return progress


IN_FLIGHT = QUICK.walks


def asked_again(sim: Running, end: str = "") -> int:
    """How many pages of one list were served that had been served before, where it was most.

    Of those whose address ends so.
    """
    asked = Counter(
        (seen.path, f"{sorted(seen.query.items())}")
        for seen in sim.requests
        if seen.status == 200 and "countOnly" not in seen.query and "/system/" not in seen.path
    )
    again = Counter[str]()
    for (path, _), times in asked.items():
        if path.endswith(end):
            again[re.sub(r"\d{9,}", "{id}", path)] += times - 1
    return max(again.values(), default=0)


@pytest.mark.parametrize(
    ("resource", "pages"),
    [("agents", 2), ("threats", 1), ("activities", 1), ("timelines", 9), ("policies", 7)],
)
def test_a_collection_goes_on_after_its_last_page(
    resource: str, pages: int, company: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(company) as sim:
        with pytest.raises(Cut):
            collecting(sim, only=[resource], on_progress=cut_after(resource, pages))
        left = len(sim.requests)
        report = collecting(sim, only=[resource])
        assert asked_again(sim) <= IN_FLIGHT
        assert len(sim.requests) > left
    assert all(found.complete for found in report.collections)
    found = report.collections[-1]
    assert found.manifest["time"]["resumed"]
    ids = locker.table(found, ["id"]).column("id").to_pylist()
    assert len(ids) == len(set(ids)) == found.completeness.distinct
    verified = verify(locker.store)
    assert (verified.differences, verified.leftovers, verified.strays) == ([], [], [])
    assert not [path for path, _ in locker.store.files("open")]


def test_what_the_run_had_sealed_is_not_read_again(
    company: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(company) as sim:
        with pytest.raises(Cut):
            collecting(sim, on_progress=cut_after("agents", 1))
        sealed = {found.resource for found in locker.collections("acme")}
        report = collecting(sim)
        assert asked_again(sim) <= IN_FLIGHT
        again = collecting(sim)
        assert len({found.path for found in (*report.collections, *again.collections)}) == 2 * len(
            report.collections
        )
    assert "sites" in sealed
    assert len(report.collections) == len({found.path for found in report.collections})
    assert len({found.manifest["run"] for found in report.collections}) == 1
    assert all(found.complete for found in report.collections)


def test_with_another_token_or_too_late_everything_is_read_anew(
    company: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(company) as sim, pytest.raises(Cut):
        collecting(sim, only=["agents"], on_progress=cut_after("agents", 1))
    with running(company) as other:
        report = collecting(other, only=["agents"])
    agents = report.collections[-1]
    assert agents.complete
    assert "resumed" not in agents.manifest["time"]
    verified = verify(locker.store)
    assert (verified.differences, len(verified.leftovers)) == ([], 1)


def test_a_collection_that_another_process_is_writing_is_left_alone(
    company: Company, locker: Locker, tmp_path: Path
) -> None:
    with running(company) as sim:
        first = client(sim)

        def meanwhile(step: Step) -> None:
            if step.resource.name == "agents" and step.pages == 1 and step.verdict is None:
                second = client(sim)
                other = Locker.open(tmp_path / "locker")
                report = collect(second, other, "acme", only=["agents"])
                assert report.collections[-1].complete
                assert "resumed" not in report.collections[-1].manifest["time"]
                second.close()

        report = collect(first, locker, "acme", only=["agents"], on_progress=meanwhile)
        first.close()
    assert report.collections[-1].complete
    assert not verify(locker.store).differences


def test_an_expired_cursor_restarts_that_walk_only(
    company: Company, collecting: Collecting
) -> None:
    with running(company, latency=0.3) as sim:
        with pytest.raises(Cut):
            collecting(sim, only=["agents"], on_progress=cut_after("agents", 1))
        sim.set_faults("expired-cursor")
        report = collecting(sim, only=["agents"])
    agents = report.collections[-1]
    assert agents.complete
    assert any("cursor expired" in note for note in agents.completeness.notes)
    assert agents.completeness.distinct == len(company.agents)


def test_what_a_failing_console_cut_off_is_taken_over(
    company: Company, locker: Locker, collecting: Collecting, tmp_path: Path
) -> None:
    with running(company, latency=0.2) as sim:

        def failing(step: Step) -> None:
            if step.resource.name == "agents" and step.pages == 1 and step.verdict is None:
                sim.set_faults("500:agents:always")

        broken = collecting(sim, only=["agents"], on_progress=failing).collections[-1]
        assert broken.completeness.verdict is Verdict.INCOMPLETE
        sim.set_faults()
        found = collecting(sim, only=["agents"]).collections[-1]
        assert asked_again(sim) == 0
        whole = collecting(sim, only=["agents"]).collections[-1]
    assert found.complete
    assert found.completeness.distinct == len(company.agents)
    assert found.manifest["continues"]["path"] == broken.path
    taken = [page for page in found.manifest["pages"] if "in" in page]
    assert len(taken) == len(broken.manifest["pages"])
    assert "continues" not in whole.manifest
    assert verify(locker.store).differences == []
    (tmp_path / "locker" / broken.path / taken[0]["file"]).unlink()
    assert verify(locker.store).differences


def test_a_run_is_given_up_after_some_hours() -> None:
    assert resuming.STILL_GOOD.total_seconds() == 6 * 3600


def start(sim: Running, folder: Path, *only: str) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, sim.url, str(folder), *only],
        stdin=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    process.stdin.write(sim.token + "\n")
    process.stdin.close()
    return process


@pytest.mark.slow
def test_kill_at_any_moment_loses_nothing_and_asks_for_little_again(tmp_path: Path) -> None:
    company = Company(agents=20_000, threats=10, activities=100, users=10)
    random = Random(os.urandom(4))  # noqa: S311 - when to kill, no secret
    with running(company, latency=0.02) as sim:
        whole = time.monotonic()
        assert start(sim, tmp_path / "whole", "sites", "groups", "agents").wait() == 0
        whole = time.monotonic() - whole
        for attempt in range(5):
            sim.requests.clear()
            folder = tmp_path / str(attempt)
            process = start(sim, folder, "sites", "groups", "agents")
            time.sleep(random.uniform(0.2, 0.95) * whole)
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert start(sim, folder, "sites", "groups", "agents").wait() == 0
            _check_whole(folder, company, sim)


def _check_whole(folder: Path, company: Company, sim: Any) -> None:
    locker = Locker.open(folder)
    agents = [found for found in locker.collections("acme", "agents") if found.complete]
    ids = locker.table(agents[-1], ["id"]).column("id").to_pylist()
    assert sorted(ids) == sorted(row["id"] for row in company.agents)
    assert verify(locker.store).differences == []
    # Where the first process had sealed everything, the second one is a run of its own.
    assert asked_again(sim) <= IN_FLIGHT or len(agents) > 1
