"""Threats and activities after something went wrong: what was missed is caught up."""

import json
import shutil
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.collection.life import DAY, HOUR, Life, kind
from tests.collection.test_resuming import Cut, cut_after
from watchkeeper.clock import rfc3339
from watchkeeper.collection.job import Step
from watchkeeper.locker import stream
from watchkeeper.model.collection import Verdict
from watchkeeper.model.stream import Kind, Reach, current
from watchkeeper.resources import catalogue


@pytest.mark.parametrize("trouble", ["500:threats:always", "denied-403:threats", "token-expired"])
def test_a_collection_that_fails_moves_no_watermark(
    trouble: str, life: Life, tmp_path: Path
) -> None:
    first = life.collect()
    for _ in range(2):
        life.pass_by(8 * HOUR)
        life.sim.set_faults(trouble)
        assert not life.collect().complete
        life.sim.set_faults()
    life.pass_by(7 * HOUR)
    found = life.collect()
    until = Reach.of(first).until
    assert until is not None
    assert kind(found) is Kind.CHANGED
    assert Reach.of(found).since == until - HOUR
    assert life.known() == life.true(tmp_path / "true")


@pytest.mark.slow
def test_a_console_that_was_away_for_three_days_is_caught_up_to_the_row(
    life: Life, tmp_path: Path
) -> None:
    life.collect("threats", "activities")
    life.pass_by(HOUR)
    life.collect("threats", "activities")
    for _ in range(6):
        life.pass_by(12 * HOUR)
        life.sim.set_faults("503")
        life.sim.set_faults("500:threats:always", "500:activities:always")
        assert not life.collect("threats", "activities").complete
    life.sim.set_faults()
    life.collect("threats", "activities")
    assert life.known() == life.true(tmp_path / "true")
    locker = life.locker
    every = [each for each in locker.collections("acme", "activities") if each.complete]
    read = stream.newest(locker, catalogue()["activities"], ["id", "created_at"], every)
    since = life.began - timedelta(days=90) - HOUR
    assert {row["id"]: row["created_at"] for row in read.to_pylist()} == {
        row["id"]: datetime.fromisoformat(row["createdAt"])
        for row in life.company.activities
        if datetime.fromisoformat(row["createdAt"]) >= since
    }


def test_what_was_cut_off_goes_on_with_the_reach_it_had(life: Life) -> None:
    life.collect()
    life.pass_by(2 * HOUR)
    life.asked()
    with pytest.raises(Cut):
        life.collect(on_progress=cut_after("threats", 1))
    (begun,) = {query["updatedAt__gte"][0] for query in life.asked()}
    life.pass_by(HOUR)
    found = life.collect()
    assert kind(found) is Kind.CHANGED
    assert found.manifest["time"]["resumed"]
    assert life.asked() == []
    assert datetime.fromisoformat(begun) == Reach.of(found).since
    assert [page["rows"] for page in found.manifest["pages"]] == [found.completeness.rows]
    until = Reach.of(found).until
    assert until is not None
    assert until < life.company.now - HOUR + timedelta(minutes=1)
    following = Reach.of(life.collect())
    assert following.since == until - HOUR


def test_what_the_console_broke_off_is_gone_on_with_in_the_same_reach(life: Life) -> None:
    life.collect()
    life.pass_by(25 * HOUR)

    def break_off(step: Step) -> None:
        if step.resource.name == "threats" and step.pages == 1 and step.verdict is None:
            life.sim.set_faults("500:threats:always")

    broken = life.collect(on_progress=break_off)
    assert broken.completeness.verdict is Verdict.INCOMPLETE
    life.sim.set_faults()
    life.pass_by(HOUR)
    found = life.collect()
    assert kind(found) is Kind.OPEN
    assert found.manifest["continues"]["path"] == broken.path
    assert Reach.of(found) == Reach.of(broken)


def test_another_token_reads_all_of_it(life: Life) -> None:
    life.collect()
    life.pass_by(HOUR)
    life.sim.token = life.sim.token[::-1]
    found = life.collect()
    assert kind(found) is Kind.WHOLE
    assert "token" in Reach.of(found).why
    life.pass_by(HOUR)
    assert kind(life.collect()) is Kind.CHANGED


def test_after_a_collection_was_lost_all_is_read_again(life: Life, tmp_path: Path) -> None:
    life.collect()
    life.pass_by(3 * HOUR)
    lost = life.collect()
    life.pass_by(3 * HOUR)
    assert kind(life.collect()) is Kind.CHANGED
    shutil.rmtree(life.folder / lost.path)
    assert current(life.locker.newest_first("acme", "threats")).gap
    life.pass_by(HOUR)
    found = life.collect()
    assert kind(found) is Kind.WHOLE
    assert "is in no complete collection" in Reach.of(found).why
    assert life.known() == life.true(tmp_path / "true")


def test_what_is_known_from_before_is_not_guessed_where_it_cannot_be_read(life: Life) -> None:
    first = life.collect()
    life.pass_by(HOUR)
    (life.folder / first.path / "table.parquet").write_bytes(b"no table")
    found = life.collect()
    assert kind(found) is Kind.WHOLE
    assert "cannot be read" in Reach.of(found).why


def test_a_clock_that_is_put_right_while_it_is_read_leaves_nothing_out(
    life: Life, tmp_path: Path
) -> None:
    """The console was five hours ahead when the collection began."""
    life.collect("threats", "activities")
    right = life.company.later(HOUR)
    life.become(right)
    life.sim.set_company(right.later(5 * HOUR))

    def put_right(step: Step) -> None:
        if step.resource.name in {"threats", "activities"} and step.verdict is None:
            life.sim.set_company(right)

    life.collect("threats", "activities", on_progress=put_right)
    life.become(right.later(12 * HOUR))
    life.collect("threats", "activities")
    threats, activities = (
        life.locker.collections("acme", name) for name in ("threats", "activities")
    )
    turned = right.now.replace(microsecond=0) + timedelta(seconds=30)
    assert threats[1].manifest["reach"]["until"] < rfc3339(turned)
    assert kind(threats[2]) is Kind.CHANGED
    assert threats[2].manifest["reach"]["since"] < rfc3339(turned - HOUR)
    assert activities[2].manifest["window"]["from"] < rfc3339(turned - HOUR)
    assert life.known() == life.true(tmp_path / "true")


def test_an_auditor_sees_in_the_manifests_that_nothing_is_left_out(life: Life) -> None:
    for hours in (0, 5, 20, 3):
        life.pass_by(hours * HOUR)
        life.collect()
    told = [
        json.loads(path.read_bytes())["reach"]
        for path in sorted(life.folder.glob("collections/*/resource=threats/*/*/manifest.json"))
    ]
    assert [each["kind"] for each in told] == ["whole", "changed", "open", "changed"]
    for before, after in pairwise(told):
        assert after["since"] <= before["until"]
        assert after["filters"][0] == {"updatedAt__gte": after["since"].replace("Z", ".000000Z")}


def test_activities_are_read_again_from_90_days_back_with_another_token(life: Life) -> None:
    first = life.collect("activities")
    life.pass_by(DAY)
    second = life.collect("activities")
    life.sim.token = life.sim.token[::-1]
    life.pass_by(DAY)
    third = life.collect("activities")
    life.pass_by(DAY)
    fourth = life.collect("activities")
    windows = [
        [datetime.fromisoformat(found.manifest["window"][end]) for end in ("from", "to")]
        for found in (first, second, third, fourth)
    ]
    assert [end - start > 90 * DAY for start, end in windows] == [True, False, True, False]
    for (_, end), (start, _) in pairwise(windows):
        assert start <= end - HOUR
