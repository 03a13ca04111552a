"""Runs cut off at their odd moments, and what they left damaged: the next one comes through."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.collection.conftest import QUICK, Collecting, client
from tests.collection.test_resuming import IN_FLIGHT, Cut, asked_again, cut_after
from watchkeeper.clock import SYSTEM_CLOCK, Clock, rfc3339
from watchkeeper.collection.engine import collect
from watchkeeper.collection.job import Step
from watchkeeper.collection.timelines import UNKNOWN, due_timelines
from watchkeeper.locker import journal
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.verify import verify
from watchkeeper.model.collection import Collection, Verdict
from watchkeeper.simulator import Company, Running, running

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "locker"


def cut(collecting: Collecting, sim: Running, resource: str = "agents", pages: int = 2) -> None:
    with pytest.raises(Cut):
        collecting(sim, only=[resource], on_progress=cut_after(resource, pages))


def open_files(locker: Locker) -> list[str]:
    return sorted(path for path, _ in locker.store.files("open"))


def sound(locker: Locker) -> bool:
    report = verify(locker.store)
    return report.differences == [] and open_files(locker) == []


def pages_asked(sim: Running, path: str = "/agents") -> int:
    return sum(seen.path.endswith(path) and "countOnly" not in seen.query for seen in sim.requests)


def failing(sim: Running, resource: str, pages: int) -> Callable[[Step], None]:
    def progress(step: Step) -> None:
        if step.resource.name == resource and step.pages >= pages and step.verdict is None:
            sim.set_faults(f"500:{resource}:always")

    return progress


def test_killed_after_the_seal_and_before_its_journal_was_removed(
    company: Company, locker: Locker, collecting: Collecting, folder: Path, tmp_path: Path
) -> None:
    with running(company) as sim:
        cut(collecting, sim)
        shutil.copytree(folder / "open", tmp_path / "kept")
        sealed = collecting(sim, only=["agents"]).collections[-1]
        shutil.rmtree(folder / "open", ignore_errors=True)
        shutil.copytree(tmp_path / "kept", folder / "open")
        before = pages_asked(sim)
        again = collecting(sim, only=["agents"]).collections[-1]
        assert pages_asked(sim) == before
        assert again.path == sealed.path
        assert sound(locker)
        fresh = collecting(sim, only=["agents"]).collections[-1]
        assert pages_asked(sim) > before
    assert fresh.path != sealed.path
    assert fresh.complete


def test_killed_between_two_collections(
    company: Company, locker: Locker, collecting: Collecting
) -> None:
    """No collection is open then; what the run had sealed is known by the run's own note."""

    def after_groups(step: Step) -> None:
        if step.resource.name == "groups" and step.verdict is not None:
            raise Cut

    with running(company) as sim:
        with pytest.raises(Cut):
            collecting(sim, replace(QUICK, walks=1), on_progress=after_groups)
        assert [path.rsplit("/", 1)[1] for path in open_files(locker)] == ["run.json"]
        report = collecting(sim)
        assert asked_again(sim) == 0
    assert all(found.complete for found in report.collections)
    assert {"sites", "groups"} <= set(report.went_on)
    assert sound(locker)


def test_killed_between_the_marker_and_the_manifest(
    company: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(company) as sim:
        cut(collecting, sim)
        about = next(path for path in open_files(locker) if path.endswith("/collection.json"))
        facts, identity = json.loads(locker.store.get(about)), about.split("/")[1]
        marker = {
            "kind": "collection",
            "path": f"{facts['folder']}/manifest.json",
            "manifest_sha256": "0" * 64,
            "sealed_at": rfc3339(SYSTEM_CLOCK.now()),
        }
        locker.store.put_new(f"log/pending/{identity}.json", json.dumps(marker).encode())
        found = collecting(sim, only=["agents"]).collections[-1]
    assert found.complete
    assert found.id == identity
    assert sound(locker)
    assert verify(locker.store).waiting == []


def test_an_answer_that_contradicts_another_is_not_taken_over(
    company: Company, collecting: Collecting
) -> None:
    with running(company, faults=["repeated-cursor:agents:always"]) as sim:
        broken = collecting(sim, only=["agents"]).collections[-1]
        assert broken.completeness.verdict is Verdict.INCOMPLETE
        sim.set_faults()
        found = collecting(sim, only=["agents"]).collections[-1]
    assert found.complete
    assert "continues" not in found.manifest


def at(moment: timedelta) -> Clock:
    return replace(SYSTEM_CLOCK, now=lambda: SYSTEM_CLOCK.now() + moment)


def test_what_is_taken_over_again_and_again_grows_too_old(company: Company, tmp_path: Path) -> None:
    def run(sim: Running, hours: float, pages: int) -> Collection:
        clock = at(timedelta(hours=hours))
        console = client(sim, clock=clock)
        where = Locker.open(tmp_path, create=True, clock=clock)
        try:
            progress = failing(sim, "agents", pages)
            return collect(
                console, where, "acme", only=["agents"], on_progress=progress
            ).collections[-1]
        finally:
            console.close()
            sim.set_faults()

    with running(company, latency=0.2) as sim:
        first = run(sim, 0, 1)
        second = run(sim, 4, 2)
        third = run(sim, 7, 99)
    assert not first.complete
    assert not second.complete
    assert second.manifest["time"]["oldest"] == first.manifest["time"]["started"]
    assert second.as_of == first.started
    assert third.complete
    assert "continues" not in third.manifest
    assert third.as_of == third.ended


def test_a_taking_over_that_is_cut_off_goes_on(
    company: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(company, latency=0.2) as sim:
        broken = collecting(sim, only=["agents"], on_progress=failing(sim, "agents", 2))
        sim.set_faults()
        cut(collecting, sim, pages=1)
        found = collecting(sim, only=["agents"]).collections[-1]
        assert asked_again(sim) <= 1
        last = collecting(sim, only=["agents"]).collections[-1]
    assert not broken.collections[-1].complete
    assert found.complete
    assert found.manifest["continues"]["path"] == broken.collections[-1].path
    assert found.manifest["time"]["resumed"]
    assert found.completeness.distinct == len(company.agents)
    numbers = [page["n"] for page in found.manifest["pages"]]
    assert len(numbers) == len(set(numbers))
    assert last.complete
    assert sound(locker)


def test_every_sitting_keeps_the_counts_of_the_one_before(
    company: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(company) as sim:
        cut(collecting, sim, pages=1)
        cut(collecting, sim, pages=2)
        answers = [path for path in open_files(locker) if "/answer-" in path]
        found = collecting(sim, only=["agents"]).collections[-1]
    totals = [each for each in found.manifest["requests"] if "countOnly" in each["params"]]
    assert len(answers) == 5, "of all, and of those before each of four moments"
    assert len(totals) == 6, "those and one at the end, none of them asked for again"
    assert found.complete


def test_a_run_that_ends_early_leaves_what_it_did_not_come_to(
    company: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(company) as sim:
        cut(collecting, sim)
        had = open_files(locker)
        sim.set_faults("token-expired")
        report = collecting(sim, only=["agents", "users"])
        assert report.fatal is not None
        assert report.left == ["agents"]
        assert set(had) <= set(open_files(locker))
        sim.set_faults()
        found = collecting(sim, only=["agents"]).collections[-1]
        assert asked_again(sim) <= IN_FLIGHT
    assert found.complete
    assert found.manifest["time"]["resumed"]


def test_pages_that_the_walk_does_not_come_to_again_are_told_apart(
    company: Company, locker: Locker, collecting: Collecting
) -> None:
    """The console goes away before the first page of before is met: all stay, none counts."""
    with running(company) as sim:
        cut(collecting, sim, "threats", 1)
        about = next(path for path in open_files(locker) if path.endswith("/collection.json"))
        for path in open_files(locker):
            if "/answer-" in path and path.startswith(about.rsplit("/", 1)[0]):
                locker.store.remove_open([path])
        sim.set_faults("500:threats:always")
        broken = collecting(sim, only=["threats"]).collections[-1]
        assert broken.manifest["pages"] == []
        assert broken.completeness.rows == locker.table(broken).num_rows == 0
        assert broken.manifest["unused"]
        assert verify(locker.store).differences == []
        sim.set_faults()
        found = collecting(sim, only=["threats"]).collections[-1]
    assert found.complete
    assert found.manifest["continues"]["path"] == broken.path
    assert sound(locker)


def _garbage(path: Path) -> None:
    path.write_bytes(b"\x00\x01 no JSON")


def _elsewhere(path: Path) -> None:
    facts = json.loads(path.read_bytes())
    path.write_text(json.dumps(facts | {"folder": "log"}))


def _a_list(path: Path) -> None:
    path.write_text("[]")


def _without_a_page(path: Path) -> None:
    record = json.loads(path.read_bytes())
    del record["page"]
    path.write_text(json.dumps(record))


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _missing(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("pattern", "damage"),
    [
        ("open/*/collection.json", _garbage),
        ("open/*/collection.json", _elsewhere),
        ("open/*/collection.json", _a_list),
        ("open/*/page-00001.json", _garbage),
        ("open/*/page-00001.json", _without_a_page),
        ("open/*/page-00001.json", _missing),
        ("open/*/answer-00001.json", _a_list),
        ("open/*/fact-*.json", _garbage),
        ("open/run-*/run.json", _garbage),
        ("open/run-*/run.json", _a_list),
        ("collections/*/resource=agents/*/*/page-00001.*", _empty),
        ("collections/*/resource=agents/*/*/page-00001.*", _missing),
    ],
)
def test_a_damaged_journal_never_stands_in_the_way(
    pattern: str,
    damage: Callable[[Path], None],
    company: Company,
    locker: Locker,
    collecting: Collecting,
    folder: Path,
) -> None:
    with running(company) as sim:
        cut(collecting, sim)
        (hit,) = folder.glob(pattern)
        damage(hit)
        found = collecting(sim, only=["agents"]).collections[-1]
    assert found.complete
    ids = locker.table(found, ["id"]).column("id").to_pylist()
    assert sorted(ids) == sorted(row["id"] for row in company.agents)
    assert sound(locker)


@pytest.mark.parametrize("damage", [_empty, _missing])
def test_damaged_pages_of_a_sealed_collection_are_not_taken_over(
    damage: Callable[[Path], None],
    company: Company,
    collecting: Collecting,
    folder: Path,
) -> None:
    with running(company, latency=0.2) as sim:
        progress = failing(sim, "agents", 1)
        broken = collecting(sim, only=["agents"], on_progress=progress).collections[-1]
        sim.set_faults()
        damage(folder / broken.path / broken.manifest["pages"][0]["file"])
        found = collecting(sim, only=["agents"]).collections[-1]
    assert found.complete
    assert "continues" not in found.manifest


def test_a_journal_belongs_to_one_at_a_time(
    company: Company, locker: Locker, collecting: Collecting
) -> None:
    with running(company) as sim:
        cut(collecting, sim)
    first = journal.interrupted(locker.store, "acme")
    assert len(first) == 1
    assert journal.interrupted(locker.store, "acme") == []
    first[0].release()
    again = journal.interrupted(locker.store, "acme")
    assert len(again) == 1
    again[0].release()


def test_a_threat_that_does_not_say_when_it_changed_is_always_due() -> None:
    assert due_timelines({"1": UNKNOWN, "2": "a"}, {"1": UNKNOWN, "2": "a"}) == {"1": UNKNOWN}


def test_what_is_covered_is_found_without_reading_every_collection(
    company: Company, collecting: Collecting
) -> None:
    with running(company) as sim:
        found: list[Any] = [
            collecting(sim, only=["timelines"]).collections[-1].manifest for _ in range(3)
        ]
    threats = {row["id"] for row in company.threats}
    assert "covered" not in found[0]
    assert set(found[1]["covered"]) == threats
    assert [each["timelines"]["due"] for each in found] == [len(threats), 0, 0]
