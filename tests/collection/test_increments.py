"""Threats, of which only what changed is read: the locker knows then what the console has."""

import copy
import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from tests.collection.conftest import client
from tests.collection.test_resuming import Cut, cut_after
from watchkeeper.clock import SYSTEM_CLOCK, Clock, rfc3339
from watchkeeper.collection.engine import collect
from watchkeeper.collection.reading import Step
from watchkeeper.locker import stream
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.verify import verify
from watchkeeper.model.collection import Collection, Verdict
from watchkeeper.model.stream import Kind, Reach, current
from watchkeeper.resources import catalogue
from watchkeeper.simulator import Company, Running, running
from watchkeeper.simulator.world import Row

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
THREATS = catalogue()["threats"]


@dataclass
class Life:
    """A console, a locker that is filled from it, and a clock that both share."""

    sim: Running
    folder: Path
    began: datetime
    company: Company

    def clock(self) -> Clock:
        """Now, as far ahead as the company is."""
        ahead = self.company.now - self.began
        return Clock(now=lambda: SYSTEM_CLOCK.now() + ahead)

    def pass_by(self, by: timedelta) -> None:
        """Time goes by, and people go on with threats."""
        self.become(self.company.later(by))

    def become(self, company: Company) -> None:
        """The console has another company."""
        self.company = company
        self.sim.set_company(company)

    def change(self, **threats: Callable[[Row], Row | None]) -> None:
        """Some threats become what is made of them, by id; None: they are gone."""
        other = copy.copy(self.company)
        made = [
            threats[row["id"]](row) if row["id"] in threats else row for row in self.company.threats
        ]
        other.threats = [row for row in made if row is not None]
        self.become(other)

    @property
    def locker(self) -> Locker:
        """The locker, opened anew."""
        return Locker.open(self.folder, create=True, clock=self.clock())

    def collect(self, *only: str, on_progress: Callable[[Step], None] | None = None) -> Collection:
        """The last collection of a run over these resources."""
        console = client(self.sim, clock=self.clock())
        try:
            wanted = list(only) or ["threats"]
            report = collect(console, self.locker, "acme", only=wanted, on_progress=on_progress)
        finally:
            console.close()
        return report.collections[-1]

    def asked(self) -> list[dict[str, list[str]]]:
        """The queries of the pages of threats since this was asked last."""
        found = [
            seen.query
            for seen in self.sim.requests
            if seen.path.endswith("/threats") and "countOnly" not in seen.query
        ]
        self.sim.forget()
        return found

    def known(self) -> list[Row]:
        """Every row of the current state in the locker, in the order of ids."""
        locker = self.locker
        found = current(locker.newest_first("acme", "threats"))
        assert found.gap == ""
        columns = [column.name for column in THREATS.columns]
        rows: list[Row] = stream.newest(locker, THREATS, columns, found.collections).to_pylist()
        return sorted(rows, key=lambda row: row["id"])

    def true(self, folder: Path) -> list[Row]:
        """The same, read whole into a locker of its own."""
        console = client(self.sim, clock=self.clock())
        try:
            locker = Locker.open(folder, create=True)
            found = collect(console, locker, "acme", only=["threats"]).collections[-1]
        finally:
            console.close()
        assert found.complete
        rows: list[Row] = locker.table(found).to_pylist()
        return sorted(rows, key=lambda row: row["id"])


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    now = datetime.now(UTC)
    company = Company(agents=60, threats=60, activities=300, users=5, now=now)
    with running(company) as sim:
        yield Life(sim, tmp_path / "locker", now, company)


def kind(found: Collection) -> Kind:
    assert found.complete, found.completeness.reason
    return Reach.of(found).kind


def ids(locker: Locker, found: Collection) -> set[str]:
    return set(locker.table(found, ["id"]).column("id").to_pylist())


def open_ones(company: Company) -> set[str]:
    return {row["id"] for row in company.threats if row["incidentStatus"] != "resolved"}


def changed_since(company: Company, moment: datetime | None) -> set[str]:
    assert moment is not None
    return {
        row["id"] for row in company.threats if datetime.fromisoformat(row["updatedAt"]) >= moment
    }


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
    life.pass_by(6 * HOUR)

    def put_right(step: Step) -> None:
        if step.resource.name in {"threats", "activities"} and step.verdict is None:
            life.sim.set_company(right)

    life.collect("threats", "activities", on_progress=put_right)
    life.become(right.later(12 * HOUR))
    life.collect("threats", "activities")
    threats, activities = (
        [each.manifest for each in life.locker.collections("acme", name)]
        for name in ("threats", "activities")
    )
    turned = right.now.replace(microsecond=0) + timedelta(seconds=30)
    assert threats[1]["reach"]["until"] < rfc3339(turned)
    assert threats[2]["reach"]["since"] < rfc3339(turned - HOUR)
    assert activities[2]["window"]["from"] < rfc3339(turned - HOUR)
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
