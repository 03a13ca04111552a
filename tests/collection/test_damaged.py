"""A manifest that a disk lost: what it held is not known, and nothing else is held up by that."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.collection.life import DAY, HOUR, Life, kind
from watchkeeper.assessment.assess import assess
from watchkeeper.controls import catalogue as controls
from watchkeeper.errors import LockerError
from watchkeeper.locker import layout, stated
from watchkeeper.locker.stated import Document, Statement
from watchkeeper.model.assessment import Result
from watchkeeper.model.collection import Collection, Verdict
from watchkeeper.model.stream import Kind, Reach, hole
from watchkeeper.resources import everything


def lose(life: Life, found: Collection) -> None:
    """Leaves of its manifest an empty file."""
    (life.folder / found.path / layout.MANIFEST).write_bytes(b"")


@pytest.mark.parametrize("left", [b"", b"{", b"[]", b'{"id": 1}', b"\xff"])
def test_it_is_told_as_failed_and_the_next_run_reads_anew(life: Life, left: bytes) -> None:
    first = life.collect("groups")
    (life.folder / first.path / layout.MANIFEST).write_bytes(left)
    (lost,) = life.locker.collections("acme", "groups")
    assert lost.damaged
    assert (lost.path, lost.id, lost.resource) == (first.path, first.id, "groups")
    assert lost.completeness.verdict is Verdict.FAILED
    assert first.path in lost.completeness.reason
    assert abs(lost.started - first.started) < timedelta(seconds=1)

    second = life.collect("groups")

    assert second.complete
    assert second.completeness.distinct == first.completeness.distinct


def test_what_is_brought_back_counts_again_without_a_restart(life: Life) -> None:
    first = life.collect("groups")
    manifest = life.folder / first.path / layout.MANIFEST
    kept = manifest.read_bytes()
    lose(life, first)
    locker = life.locker
    assert next(locker.newest_first("acme", "groups")).damaged
    manifest.write_bytes(kept)
    assert next(locker.newest_first("acme", "groups")) == first


def test_a_control_that_would_rest_on_it_is_an_error_and_no_other_is(life: Life) -> None:
    life.collect("sites")
    lose(life, life.collect("agents"))
    wanted = [controls()["HLT-01"], controls()["COV-04"]]
    found = {
        each.control: each for each in assess(life.locker, "acme", wanted, now=datetime.now(UTC))
    }
    assert found["HLT-01"].result is Result.ERROR
    assert "its manifest cannot be read" in found["HLT-01"].reason
    assert found["COV-04"].result is not Result.ERROR


def test_threats_are_read_whole_where_what_they_build_on_is_lost(life: Life) -> None:
    whole = life.collect()
    life.pass_by(HOUR)
    assert kind(life.collect()) is Kind.CHANGED
    lose(life, whole)
    life.pass_by(HOUR)
    assert kind(life.collect()) is Kind.WHOLE
    assert len(life.known()) == len(life.company.threats)


def test_changes_that_are_lost_are_asked_for_again(life: Life) -> None:
    first = life.collect()
    life.pass_by(HOUR)
    lose(life, life.collect())
    life.pass_by(HOUR)
    third = life.collect()
    since, reached = Reach.of(third).since, Reach.of(first).until
    assert since is not None
    assert reached is not None
    assert since <= reached


def test_activities_of_a_window_that_is_lost_are_asked_for_again(life: Life) -> None:
    first = life.collect("activities")
    life.pass_by(DAY)
    lose(life, life.collect("activities"))
    life.pass_by(DAY)
    third = life.collect("activities")
    assert third.manifest["window"]["from"] <= first.manifest["window"]["to"]
    assert hole(life.locker.collections("acme", "activities")) == ""


def test_activities_that_are_lost_in_the_middle_are_a_hole(life: Life) -> None:
    found = []
    for _ in range(3):
        found.append(life.collect("activities"))
        life.pass_by(DAY)
    lose(life, found[1])
    assert found[2].path in hole(life.locker.collections("acme", "activities"))
    (life.folder / found[0].path / layout.MANIFEST).write_bytes(b"")
    assert found[0].path in hole(life.locker.collections("acme", "activities"))


def test_timelines_that_are_lost_are_a_hole_even_when_others_were_read_since(life: Life) -> None:
    lose(life, life.collect("timelines"))
    life.pass_by(HOUR)
    life.collect("timelines")
    assert "bring it back from a backup" in hole(life.locker.collections("acme", "timelines"))


@pytest.mark.parametrize("name", ["exceptions", "attestations", "scope_rules", "assets"])
def test_what_the_company_stated_is_never_passed_over(life: Life, name: str) -> None:
    resource = everything()[name]
    statement = Statement([], (Document(b"[]"),), "somebody")
    lose(life, stated.seal(life.locker, "acme", resource, statement))
    stated.seal(life.locker, "acme", resource, statement)
    with pytest.raises(LockerError, match="may count still"):
        stated.newest(life.locker, "acme", resource)


def test_nothing_passes_while_an_exception_cannot_be_read(life: Life) -> None:
    life.collect("sites")
    statement = Statement([], (Document(b"[]"),), "somebody")
    lose(life, stated.seal(life.locker, "acme", everything()["exceptions"], statement))
    (found,) = assess(life.locker, "acme", [controls()["COV-04"]], now=datetime.now(UTC))
    assert found.result is Result.ERROR
    assert "may count still" in found.reason
