"""Threats, of which only what changed is read: the locker knows then what the console has."""

import copy
from datetime import timedelta
from pathlib import Path

import pytest

from tests.collection.life import DAY, HOUR, Life, changed_since, ids, kind, open_ones
from watchkeeper.clock import rfc3339
from watchkeeper.collection.job import Step
from watchkeeper.locker.verify import verify
from watchkeeper.model.stream import Kind, Reach
from watchkeeper.simulator import Company


def test_after_the_first_collection_only_what_changed_is_asked_for(
    life: Life, tmp_path: Path
) -> None:
    first = life.collect()
    assert kind(first) is Kind.WHOLE
    assert not any("updatedAt__gte" in query for query in life.asked())
    before = {row["id"]: row["incidentStatus"] for row in life.company.threats}
    life.pass_by(3 * HOUR)
    second = life.collect()
    reach = Reach.of(second)
    assert kind(second) is Kind.CHANGED
    assert all(query.keys() >= {"updatedAt__gte"} for query in life.asked())
    until = Reach.of(first).until
    assert until is not None
    assert (reach.since, reach.base) == (until - HOUR, first.path)
    assert ids(life.locker, second) == changed_since(life.company, reach.since)
    assert 0 < second.completeness.distinct < len(life.company.threats) / 2
    assert second.manifest["reach"]["known"] == len(life.company.threats)
    now = {row["id"]: row["incident_status"] for row in life.known()}
    assert {(before.get(each), now[each]) for each in now if before.get(each) != now[each]} >= {
        ("unresolved", "resolved"),
        ("resolved", "unresolved"),
        (None, "unresolved"),
    }
    assert life.known() == life.true(tmp_path / "true")
    assert verify(life.locker.store).differences == []


@pytest.mark.slow
def test_every_open_one_is_read_again_each_day_and_all_each_week(
    life: Life, tmp_path: Path
) -> None:
    kinds = [kind(life.collect())]
    for _ in range(8):
        life.pass_by(DAY - HOUR)
        kinds.append(kind(life.collect()))
        life.pass_by(HOUR)
        found = life.collect()
        kinds.append(kind(found))
        if kinds[-1] is Kind.OPEN:
            since = Reach.of(found).since
            wanted = open_ones(life.company) | changed_since(life.company, since)
            assert ids(life.locker, found) == wanted
    hourly = [Kind.CHANGED, Kind.OPEN]
    assert kinds == [Kind.WHOLE, *hourly * 6, Kind.CHANGED, Kind.WHOLE, *hourly]
    assert life.known() == life.true(tmp_path / "true")


def test_what_is_gone_from_the_console_is_told_when_all_is_read_again(
    life: Life, tmp_path: Path
) -> None:
    life.collect()
    gone = [row["id"] for row in life.company.threats[3:5]]
    life.pass_by(HOUR)
    life.change(**dict.fromkeys(gone, lambda _row: None))
    assert kind(life.collect()) is Kind.CHANGED
    assert set(gone) <= {row["id"] for row in life.known()}
    life.pass_by(7 * DAY)
    found = life.collect()
    assert kind(found) is Kind.WHOLE
    assert found.manifest["reach"]["gone"] == {"count": 2, "ids": gone}
    assert found.manifest["reach"]["unannounced"] == {"count": 0, "ids": []}
    assert any("2 that were known before" in note for note in found.completeness.notes)
    assert life.known() == life.true(tmp_path / "true")


def test_a_console_that_does_not_know_the_filter_is_read_whole_and_that_is_noted(
    life: Life, tmp_path: Path
) -> None:
    life.collect()
    life.sim.set_faults("unknown-parameter:updatedAt__gte")
    life.pass_by(HOUR)
    found = life.collect()
    assert kind(found) is Kind.WHOLE
    assert any("cannot be asked for" in note for note in found.completeness.notes)
    life.sim.set_faults()
    assert life.known() == life.true(tmp_path / "true")


def test_records_that_do_not_say_when_they_changed_are_read_with_all_others(life: Life) -> None:
    life.collect()
    life.pass_by(HOUR)
    silent = life.company.threats[7]["id"]
    life.change(**{silent: lambda row: row | {"updatedAt": None, "incidentStatus": "resolved"}})
    found = life.collect()
    assert kind(found) is Kind.WHOLE
    assert "1 of 63 records" in Reach.of(found).why
    assert next(row for row in life.known() if row["id"] == silent)["incident_status"] == "resolved"


def test_one_that_comes_into_view_without_a_word_is_found(life: Life, tmp_path: Path) -> None:
    """It was always there, in a site that the token did not see."""
    unseen = life.company.threats[11]
    life.change(**{unseen["id"]: lambda _row: None})
    life.collect()
    life.pass_by(5 * HOUR)
    other = copy.copy(life.company)
    other.threats = sorted([*other.threats, unseen], key=lambda row: int(row["id"]))
    life.become(other)
    found = life.collect()
    assert kind(found) is Kind.WHOLE
    assert found.manifest["reach"]["unannounced"] == {"count": 1, "ids": [unseen["id"]]}
    assert life.known() == life.true(tmp_path / "true")
    life.pass_by(HOUR)
    assert kind(life.collect()) is Kind.CHANGED


def test_an_open_one_that_is_resolved_while_they_are_read_makes_no_doubt(
    life: Life, tmp_path: Path
) -> None:
    life.collect()
    life.pass_by(25 * HOUR)
    resolved = min(open_ones(life.company), key=int)

    def resolve(step: Step) -> None:
        if step.resource.name == "threats" and step.pages == 1 and not life.sim.faults.active:
            moment = rfc3339(life.sim.moment())
            change = {"incidentStatus": "resolved", "updatedAt": moment}
            now = next(row for row in life.company.threats if row["id"] == resolved)
            if now["incidentStatus"] != "resolved":
                life.change(**{resolved: lambda row: row | change})

    found = life.collect(on_progress=resolve)
    assert kind(found) is Kind.OPEN
    assert resolved in ids(life.locker, found)
    life.pass_by(timedelta(minutes=5))
    assert kind(life.collect()) is Kind.CHANGED
    assert life.known() == life.true(tmp_path / "true")


@pytest.mark.slow
def test_timelines_are_read_of_all_threats_that_changed_since_they_were_read_last(
    life: Life,
) -> None:
    life.collect("timelines")
    before = {row["id"]: row["updatedAt"] for row in life.company.threats}
    for _ in range(3):
        life.pass_by(2 * HOUR)
        assert kind(life.collect()) is Kind.CHANGED
    found = life.collect("timelines")
    changed = {
        row["id"] for row in life.company.threats if before.get(row["id"]) != row["updatedAt"]
    }
    assert found.complete
    assert found.manifest["timelines"] == {"due": len(changed), "read": len(changed)}
    assert {page["bound"]["id"] for page in found.manifest["pages"]} == changed


@pytest.mark.slow
def test_all_are_read_in_the_parts_of_a_week_ago_and_kept_as_differences(
    life: Life, tmp_path: Path
) -> None:
    life.become(Company(agents=60, threats=9000, activities=10, users=5, now=life.began))
    first = life.collect("sites", "groups", "threats")
    for _ in range(34):  # more collections than are looked back through for the parts
        life.pass_by(HOUR)
        found = life.collect()
        assert not any("against" in page for page in found.manifest["pages"])
    life.pass_by(6 * DAY)
    second = life.collect()
    assert kind(second) is Kind.WHOLE
    assert len(first.manifest["parts"]) > 1
    parts = [[part["filter"] for part in each.manifest["parts"]] for each in (first, second)]
    assert parts[0] == parts[1]
    differences = [page for page in second.manifest["pages"] if "against" in page]
    assert len(differences) > len(second.manifest["pages"]) / 2
    assert life.known() == life.true(tmp_path / "true")
    assert verify(life.locker.store).differences == []
