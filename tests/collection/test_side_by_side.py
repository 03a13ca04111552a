"""Resources of one run that are read side by side."""

import json
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests.collection.conftest import QUICK, Collecting, client
from tests.collection.test_resuming import IN_FLIGHT, Cut, asked_again, cut_after
from tests.waiting import until
from watchkeeper.collection import side_by_side
from watchkeeper.collection.job import Progress, Step
from watchkeeper.errors import LockerError, TokenDead
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection, Verdict
from watchkeeper.model.resource import Resource
from watchkeeper.resources import catalogue
from watchkeeper.sentinelone.exchange import Book
from watchkeeper.simulator import Company, running


def small() -> Company:
    return Company(agents=40, threats=6, activities=40, users=5, now=datetime.now(UTC))


def span(found: Collection) -> tuple[str, str]:
    told = found.manifest["time"]
    return told["started"], told["ended"]


def test_lists_that_rest_on_nothing_are_read_at_once_and_told_in_order(
    collecting: Collecting,
) -> None:
    meeting = threading.Barrier(3)
    met: list[str] = []

    def one(resource: Resource, tell: Progress | None) -> None:
        assert tell is None
        meeting.wait(60)  # breaks, and with it the test, where one waits for the other
        met.append(resource.name)

    three = [catalogue()[name] for name in ("sites", "groups", "users")]
    side_by_side.read(three, one, at_once=3, on_progress=None, on_sealed=None)
    assert sorted(met) == ["groups", "sites", "users"]
    with running(small()) as sim:
        report = collecting(sim)
    assert [found.resource for found in report.collections] == list(catalogue())
    assert all(found.complete for found in report.collections)


def test_the_console_is_found_out_about_before_anything_else_is_asked(
    collecting: Collecting,
) -> None:
    with running(small()) as sim:
        report = collecting(sim)
        asked = [seen.path for seen in sim.requests]
    assert asked[0].endswith("/system/info")
    version = report.collections[0].manifest["source"]["system_version"]
    assert {found.manifest["source"]["system_version"] for found in report.collections} == {version}


def test_with_one_walk_one_list_follows_the_other(collecting: Collecting) -> None:
    with running(small()) as sim:
        report = collecting(sim, replace(QUICK, walks=1))
    spans = sorted(span(found) for found in report.collections)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))


def test_who_listens_is_told_in_his_own_thread_and_each_resource_ends_once(
    collecting: Collecting,
) -> None:
    steps: list[Step] = []
    threads: set[int] = set()
    sealed: list[tuple[str, frozenset[str]]] = []

    def told(step: Step) -> None:
        threads.add(threading.get_ident())
        steps.append(step)

    def on_sealed(name: str, coming: frozenset[str]) -> None:
        threads.add(threading.get_ident())
        sealed.append((name, coming))

    with running(small()) as sim:
        collecting(sim, on_progress=told, on_sealed=on_sealed)
    assert threads == {threading.get_ident()}
    ended = [step.resource.name for step in steps if step.verdict is not None]
    assert sorted(ended) == sorted(catalogue())
    left = set(catalogue())
    for name, coming in sealed:
        left.remove(name)
        assert coming == left
    assert not left


def test_every_manifest_tells_its_own_requests_and_no_other(collecting: Collecting) -> None:
    with running(small()) as sim:
        report = collecting(sim)
        served = len(sim.requests)
    told = 0
    for found in report.collections:
        paths = {each["path"] for each in found.manifest["requests"]}
        told += len(found.manifest["requests"])
        foreign = {
            other.manifest["route"] for other in report.collections if other is not found
        } - {found.manifest["route"]}
        assert not {path.removeprefix("/web/api/v2.1") for path in paths} & foreign
        times = found.manifest["time"]
        assert times["source_date_first"] <= times["source_date_last"]
    assert told == served


def test_who_ends_a_run_at_a_step_leaves_all_that_was_under_way_to_the_next(
    locker: Locker, collecting: Collecting
) -> None:
    class Enough(Exception):
        """Raised by who listens."""

    begun: set[str] = set()

    def told(step: Step) -> None:
        begun.add(step.resource.name)
        if step.resource.name == "policies" and step.pages:
            raise Enough

    with running(small()) as sim:
        with pytest.raises(Enough):
            collecting(sim, on_progress=told)
        assert len(begun) > 1
        report = collecting(sim)
    assert "policies" in report.went_on
    assert all(found.complete for found in report.collections)
    assert [path for path, _ in locker.store.files("open")] == []


def test_what_rests_on_a_list_that_fails_says_so_and_the_others_are_read(
    collecting: Collecting,
) -> None:
    with running(small(), faults=["denied-403:sites"]) as sim:
        report = collecting(sim, only=["policies", "users", "groups"])
    found = {each.resource: each for each in report.collections}
    assert found["sites"].completeness.verdict is Verdict.DENIED
    assert "sites are not complete" in found["policies"].completeness.reason
    assert found["users"].complete
    assert found["groups"].complete


def test_no_more_requests_are_under_way_than_walks_whatever_they_are_for() -> None:
    most = 0
    with running(small(), faults=["slow:60"]) as sim:
        console = client(sim, replace(QUICK, walks=2))
        books = [Book() for _ in range(6)]

        def ask(number: int) -> None:
            path = ("/agents", "/users", "/groups")[number % 3]
            console.ask(path, {"limit": "1"}, len, book=books[number])

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            most = max(most, sum(seen.status == 0 for seen in list(sim.requests)))
            time.sleep(0.005)
        console.close()
    assert most == 2
    assert [len(book.requests) for book in books] == [1] * 6


def test_what_waits_for_a_list_is_left_as_it_was_when_the_token_is_dead(
    collecting: Collecting,
) -> None:
    with running(small()) as sim:
        with pytest.raises(Cut):
            collecting(sim, only=["policies"], on_progress=cut_after("policies", 5))
        begun = len(sim.requests)
        sim.set_faults(f"token-revoked:{begun + 1}")
        # Another plan is another run: the lists that policies rest on are read again.
        broken = collecting(sim, only=["policies", "users"])
        assert isinstance(broken.fatal, TokenDead)
        assert broken.left == ["policies"]
        assert broken.went_on == []
        assert not [each for each in sim.requests[begun:] if each.path.endswith("/policy")]
        sim.set_faults()
        again = collecting(sim, only=["policies"])
        assert "policies" in again.went_on
        assert asked_again(sim, "/policy") <= IN_FLIGHT
    assert all(found.complete for found in again.collections)


def test_what_waits_for_a_list_is_not_asked_for_when_the_token_is_dead(
    collecting: Collecting,
) -> None:
    with running(small(), faults=["token-revoked:1"]) as sim:
        report = collecting(sim, only=["policies"])
        asked = [each.path for each in sim.requests if each.path.endswith("/policy")]
    found = report.collections[-1]
    assert asked == []
    assert report.left == []
    assert found.resource == "policies"
    assert found.completeness.verdict is Verdict.FAILED
    assert found.completeness.reason.startswith("not asked, the run had ended")


def test_a_run_that_goes_on_asks_first_whether_the_console_is_there(
    collecting: Collecting,
) -> None:
    with running(small()) as sim:
        with pytest.raises(Cut):
            collecting(sim, on_progress=cut_after("activities", 1))
        begun = len(sim.requests)
        sim.set_faults("token-expired")
        report = collecting(sim)
        asked = len(sim.requests) - begun
    assert isinstance(report.fatal, TokenDead)
    assert asked == 1


def test_who_waits_for_a_list_that_cannot_be_stored_does_not_take_it_for_missing(
    collecting: Collecting, locker: Locker, tmp_path: Path
) -> None:
    """Policies are begun and wait for sites, when something comes in the way of these."""

    def begun() -> dict[str, str]:
        """The folders of the collections that are under way, by resource."""
        about = [path for path, _ in locker.store.files("open") if "collection.json" in path]
        told = [json.loads(locker.store.get(path)) for path in about]
        return {each["resource"]: each["folder"] for each in told}

    def listening(step: Step) -> None:
        if step.resource.name == "sites" and step.verdict is None and not step.pages:
            until(lambda: "policies" in begun())
            place = tmp_path / "locker" / begun()["sites"]
            if not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text("in the way")

    with running(small()) as sim, pytest.raises(LockerError):
        collecting(sim, only=["policies"], on_progress=listening)
    assert locker.collections("acme", "policies") == []
