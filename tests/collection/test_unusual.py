"""Consoles that say less, or something else, than they should: never taken for whole."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.collection.conftest import Collecting
from tests.collection.fronted import Change, Said, fronted
from watchkeeper.collection.job import Step
from watchkeeper.errors import LockerError
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection, Verdict
from watchkeeper.simulator import Company, Running, running


@pytest.fixture
def sim() -> Iterator[Running]:
    """A console with a few threats."""
    company = Company(agents=60, threats=40, activities=50, users=5, now=datetime.now(UTC))
    with running(company) as served:
        yield served


def last(collecting: Collecting, sim: Running, change: Change, *only: str) -> Collection:
    """The last of these collections, read through what changes the answers."""
    with fronted(sim, change) as front:
        return collecting(front, only=list(only)).collections[-1]


def put(said: Said, **pagination: Any) -> Said:
    """An answer whose pagination says something else."""
    value = json.loads(said.body)
    value["pagination"] = {**(value.get("pagination") or {}), **pagination}
    return said.but(body=json.dumps(value).encode())


def test_what_stands_in_between_and_changes_nothing_is_not_noticed(
    collecting: Collecting, sim: Running
) -> None:
    assert last(collecting, sim, lambda _, said: said, "timelines").complete


def test_a_console_without_timelines_has_not_lost_all_its_threats(
    collecting: Collecting, sim: Running
) -> None:
    def none(path: str, said: Said) -> Said:
        return said.but(status=404) if "/timeline" in path else said

    found = last(collecting, sim, none, "timelines")

    assert not found.complete
    assert "40 are there" in found.completeness.reason


def test_a_threat_that_went_has_no_timeline(collecting: Collecting, sim: Running) -> None:
    gone = sim.company.threats[7]["id"]

    def without_one(path: str, said: Said) -> Said:
        if f"/{gone}/timeline" in path:
            return said.but(status=404)
        return put(said, totalItems=0) if f"ids={gone}" in path else said

    found = last(collecting, sim, without_one, "timelines")

    assert found.complete
    assert f"threats gone when they were asked for, 1 in all: {gone}" in found.completeness.notes


def test_a_timeline_that_is_not_counted_is_not_whole(collecting: Collecting, sim: Running) -> None:
    def uncounted(path: str, said: Said) -> Said:
        return put(said, totalItems=None) if "/timeline" in path else said

    found = last(collecting, sim, uncounted, "timelines")

    assert not found.complete
    assert "gives no count" in found.completeness.reason


@pytest.mark.parametrize("more", [{"totalItems": 9_999}, {"nextCursor": "abc"}])
def test_an_answer_that_is_not_all_is_not_taken_for_all(
    collecting: Collecting, sim: Running, more: dict[str, Any]
) -> None:
    def paged(path: str, said: Said) -> Said:
        return put(said, **more) if "/activities/types" in path else said

    found = last(collecting, sim, paged, "activity_types")

    assert found.completeness.verdict is Verdict.INCOMPLETE
    assert "the console has more" in found.completeness.reason


def test_parts_without_what_changed_meanwhile_are_read_again_in_one_walk(
    collecting: Collecting,
) -> None:
    def refusing(path: str, said: Said) -> Said:
        return said.but(status=503) if "updatedAt__gte" in path else said

    large = Company(agents=9000, sites=20, threats=5, activities=5, users=5, uneven=True)
    with running(large) as sim:
        found = last(collecting, sim, refusing, "sites", "groups", "agents")

    assert found.complete
    assert not found.manifest["union"]["proved"]
    assert "error" not in found.manifest
    told = "; ".join(found.completeness.notes)
    assert "what was changed meanwhile was not read" in told


def test_a_record_that_changes_from_a_later_walk_to_an_earlier_one_is_met_on_the_way_back(
    company: Company, collecting: Collecting, locker: Locker
) -> None:
    """The console takes no lists, so there is a walk for each value that an agent may have."""
    others = sum(each["isDecommissioned"] or each["isUninstalled"] for each in company.agents)
    active = [
        each
        for each in company.agents
        if not each["isDecommissioned"] and not each["isUninstalled"]
    ]
    leaves = max(active, key=lambda each: int(each["id"]))
    comes = leaves | {"id": str(int(leaves["id"]) + 10), "uuid": "another"}
    changed = copy.copy(company)
    changed.fleet = copy.copy(company.fleet)
    changed.agents = changed.fleet.rows = [
        *(each | {"isDecommissioned": each is leaves} for each in active),
        *(each for each in company.agents if each["isDecommissioned"] or each["isUninstalled"]),
        comes,
    ]

    with running(company, faults=["lists-refused"], latency=0.05) as sim:

        def after_the_others(step: Step) -> None:
            if step.resource.name == "agents" and step.rows >= others and sim.company is company:
                sim.set_company(changed)

        report = collecting(sim, only=["agents"], on_progress=after_the_others)
    found = report.collections[-1]

    assert found.complete
    keys = locker.table(found, ["id"]).column("id").to_pylist()
    assert {leaves["id"], comes["id"]} <= set(keys)


def test_of_an_answer_that_is_called_a_page_no_secret_is_kept(
    collecting: Collecting, sim: Running, locker: Locker
) -> None:
    def as_page(path: str, said: Said) -> Said:
        page = "/groups?" in path and "countOnly" not in path
        return said.but(kind="text/html; charset=utf-8") if page else said

    with fronted(sim, as_page) as front:
        (_, *_, found) = collecting(front, only=["groups"]).collections

    assert not found.complete
    excerpt = found.manifest["error"]["excerpt"]
    assert excerpt
    secrets = [group["registrationToken"] for group in sim.company.places.groups]
    told = json.dumps([each.manifest for each in locker.collections("acme")])
    assert not [each for each in secrets if each and each in told]


@pytest.mark.parametrize("faults", [[], ["token-revoked:5"]])
def test_what_cannot_be_sealed_is_left_to_whoever_goes_on(
    faults: list[str], company: Company, collecting: Collecting, locker: Locker, tmp_path: Path
) -> None:
    kept = tmp_path / "locker"

    def in_its_way(step: Step) -> None:
        if step.resource.name == "agents":
            pending = kept / "log" / "pending"
            pending.mkdir(parents=True, exist_ok=True)
            for journal in kept.glob("open/*-*-*-*-*"):
                (pending / f"{journal.name}.json").write_text("not ours")

    with running(company, faults=faults) as sim, pytest.raises(LockerError, match="exists already"):
        collecting(sim, only=["agents"], on_progress=in_its_way)

    left = locker.interrupted("acme")
    assert [each.facts["resource"] for each in left] == ["agents"]
    for each in left:
        each.release()


def test_a_name_that_was_cut_inside_a_character_hides_nothing(
    collecting: Collecting, locker: Locker, sim: Running
) -> None:
    name = json.dumps(sim.company.agents[3]["computerName"]).encode()

    def cut(_: str, said: Said) -> Said:
        return said.but(body=said.body.replace(name, rb'"half \ud83d"'))

    found = last(collecting, sim, cut, "agents")

    assert found.complete
    assert found.completeness.distinct == 60
    assert any("halves of a character" in note for note in found.completeness.notes)
    assert "half \ufffd" in locker.table(found).column("computer_name").to_pylist()
    (page,) = json.loads(locker.manifest(found.path)[0])["pages"]
    assert rb"half \ud83d" in locker.pages.text(f"{found.path}/{page['file']}", page)


def test_words_of_a_console_that_were_cut_inside_a_character_are_told(
    collecting: Collecting, sim: Running
) -> None:
    body = rb'{"errors":[{"code":4030010,"detail":"none \ud83d","title":"No"}]}'

    def refused(path: str, said: Said) -> Said:
        return said.but(status=403, body=body) if "/agents" in path else said

    found = last(collecting, sim, refused, "agents")

    assert found.completeness.verdict is Verdict.DENIED
    assert "none \ufffd" in found.completeness.reason
