"""Several collections of one resource as one: the newest rows, what is gone, which are whole."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rows import put_rows, reaching
from watchkeeper import columns
from watchkeeper.clock import Clock
from watchkeeper.locker import stream
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.stream import MOST_NAMED, Versions, newest_versions, wholes
from watchkeeper.model.collection import Collection, Completeness, Verdict
from watchkeeper.resources import catalogue

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
THREATS = catalogue()["threats"]


class Shelf:
    """A locker whose clock goes an hour further with every collection."""

    def __init__(self, folder: Path) -> None:
        self.at = NOW
        self.locker = Locker.open(folder, create=True, clock=Clock(now=lambda: self.at))

    def seal(
        self,
        rows: Sequence[Mapping[str, Any]] = (),
        told: Mapping[str, Any] | None = None,
        verdict: Verdict = Verdict.COMPLETE,
    ) -> Collection:
        self.at += HOUR
        writer = self.locker.begin("acme", THREATS)
        put_rows(writer, rows)
        record = {"source": {"console": "https://acme.example"}, **(told or {})}
        number = len(rows)
        return writer.seal(record, Completeness(verdict, "", number, number, number, number))


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "locker")


def row(identity: str, hour: int, status: str = "unresolved") -> dict[str, Any]:
    return {"id": identity, "updated_at": NOW + hour * HOUR, "incident_status": status}


def batch(rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
    schema = columns.schema(THREATS.columns)
    arrays = [
        pa.array([each.get(name) for each in rows], schema.field(name).type)
        for name in schema.names
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def test_of_each_key_the_version_that_was_changed_last_stays(shelf: Shelf) -> None:
    sealed = [
        shelf.seal([row("1", 0), row("2", 0), row("3", 5, "resolved")]),
        shelf.seal([row("1", 3, "resolved"), row("4", 2)]),
        shelf.seal(),
        shelf.seal([row("3", 4), row("2", 0, "in_progress")]),
    ]
    found = stream.newest(shelf.locker, THREATS, ["id", "incident_status"], sealed)
    assert sorted((each["id"], each["incident_status"]) for each in found.to_pylist()) == [
        ("1", "resolved"),
        ("2", "in_progress"),
        ("3", "resolved"),
        ("4", "unresolved"),
    ]
    assert stream.newest(shelf.locker, THREATS, ["id"], []).num_rows == 0


VERSIONS = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 5), st.integers(0, 3)))


@given(VERSIONS)
def test_the_order_in_which_rows_lie_does_not_matter(found: list[tuple[str, int, int]]) -> None:
    table = pa.table(
        {
            "id": pa.array([key for key, _, _ in found], pa.string()),
            "__order": pa.array([changed for _, changed, _ in found], pa.int64()),
            "__order_seen": pa.array([seen for _, _, seen in found], pa.int64()),
        }
    )
    newest = newest_versions(table, "id").to_pylist()
    wanted: dict[str, tuple[int, int]] = {}
    for key, changed, seen in found:
        wanted[key] = max(wanted.get(key, (0, 0)), (changed, seen))
    assert {each["id"]: (each["__order"], each["__order_seen"]) for each in newest} == wanted
    assert len(newest) == len(wanted)


def test_what_is_gone_and_what_came_without_a_word_is_told_apart(shelf: Shelf) -> None:
    before = [
        shelf.seal([row("1", 0), row("2", 0), row("3", 0)]),
        shelf.seal([row("2", 2)]),
    ]
    met = Versions(THREATS)
    met.add(batch([row("2", 2), row("3", 1), row("4", 1)]))
    met.add(batch([row("5", 9), {"id": "6"}]))
    found = met.against(shelf.locker, before, NOW + 4 * HOUR)
    assert (found.gone, found.gone_ids) == (1, ("1",))
    assert (found.unannounced, found.unannounced_ids) == (2, ("3", "4"))
    assert met.against(shelf.locker, before, None).unannounced == 0
    assert met.known_with(shelf.locker, before) == 6


def test_few_of_many_are_named_and_all_are_counted(shelf: Shelf) -> None:
    before = [shelf.seal([row(str(number), 0) for number in range(1, 3 * MOST_NAMED)])]
    found = Versions(THREATS).against(shelf.locker, before, NOW)
    assert (found.gone, len(found.gone_ids)) == (3 * MOST_NAMED - 1, MOST_NAMED)


def based(until: datetime, base: Collection, since: datetime | None = None) -> dict[str, Any]:
    told = reaching(until, since)
    return {"reach": told["reach"] | {"base": base.path}}


def test_whole_collections_are_found_without_reading_those_between(shelf: Shelf) -> None:
    old = [shelf.seal(), shelf.seal(verdict=Verdict.INCOMPLETE), shelf.seal()]
    first = shelf.seal(told=based(NOW, old[-1]))
    between = [shelf.seal(told=based(NOW, first, NOW)) for _ in range(3)]
    second = shelf.seal(told=based(NOW, first))
    shelf.seal(told=based(NOW, second, NOW))
    unread = shelf.locker.store.local_path(f"{between[1].path}/manifest.json")
    assert unread is not None
    unread.write_bytes(b"not to be read")
    locker = Locker.open(shelf.locker.store.where)
    found = [each.path for each in wholes(locker, "acme", "threats")]
    assert found == [second.path, first.path, old[2].path, old[0].path]


def test_whole_collections_end_where_one_is_missing(shelf: Shelf) -> None:
    first = shelf.seal(told=reaching(NOW))
    second = shelf.seal(told=based(NOW, first))
    manifest = shelf.locker.store.local_path(f"{first.path}/manifest.json")
    assert manifest is not None
    manifest.unlink()
    found = wholes(Locker.open(shelf.locker.store.where), "acme", "threats")
    assert [each.path for each in found] == [second.path]
    assert list(wholes(shelf.locker, "nobody", "threats")) == []


def test_of_a_locker_from_before_all_complete_ones_are_whole(shelf: Shelf) -> None:
    sealed = [shelf.seal(), shelf.seal(verdict=Verdict.FAILED), shelf.seal(), shelf.seal()]
    found = [each.path for each in wholes(shelf.locker, "acme", "threats")]
    assert found == [sealed[3].path, sealed[2].path, sealed[0].path]
