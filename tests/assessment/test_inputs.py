"""Which collections a control is judged on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from tests.rows import told
from watchkeeper.assessment.inputs import plan
from watchkeeper.clock import rfc3339
from watchkeeper.controls import catalogue
from watchkeeper.locker.stream import newest_versions
from watchkeeper.model.collection import Collection, Verdict
from watchkeeper.resources import everything as resources

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def collection(
    resource: str, ago: timedelta, verdict: Verdict = Verdict.COMPLETE, **table: Any
) -> Collection:
    ended = NOW - ago
    return told(f"{resource}-{ended.isoformat()}", resource, ended, verdict, table=table)


def reaching(
    resource: str, ago: timedelta, kind: str, *, since: timedelta | None = None, **table: Any
) -> Collection:
    """A complete collection that has what was changed since so long ago, and until its end."""
    found = collection(resource, ago, **table)
    begins = rfc3339(NOW - since) if since is not None else None
    reach = {
        "kind": kind, "since": begins, "until": rfc3339(NOW - ago), "base": "", "why": "",
    }  # fmt: skip
    return replace(found, manifest={**found.manifest, "reach": reach})


def test_a_state_is_its_newest_collection_and_earlier_ones_are_within_the_lookback() -> None:
    agents = [collection("agents", days * DAY) for days in (20, 7, 3, 0)]
    found = plan(catalogue()["HLT-03"], reversed(agents), resources())
    assert found.sources == {"agents": (agents[3],), "agents_earlier": (agents[1], agents[2])}
    assert found.collections == tuple(agents[1:])
    assert found.as_of == NOW


def test_the_newest_earlier_collection_counts_however_old_it_is() -> None:
    agents = [collection("agents", days * DAY) for days in (90, 40, 0)]
    agents.insert(2, collection("agents", DAY, Verdict.INCOMPLETE))
    found = plan(catalogue()["HLT-03"], agents, resources())
    assert found.sources["agents_earlier"] == (agents[1],)


def test_a_stream_that_is_never_read_whole_is_every_complete_collection() -> None:
    timelines = [collection("timelines", days * DAY) for days in (9, 5, 0)]
    timelines[1] = replace(
        timelines[1], completeness=replace(timelines[1].completeness, verdict=Verdict.FAILED)
    )
    found = plan(catalogue()["DET-02"], [*timelines, collection("threats", DAY)], resources())
    assert found.sources["timelines"] == (timelines[0], timelines[2])
    assert found.missing == ()


def test_threats_are_the_newest_whole_collection_and_the_complete_ones_after_it() -> None:
    threats = [
        reaching("threats", 9 * DAY, "whole"),
        reaching("threats", 5 * DAY, "whole"),
        reaching("threats", 4 * DAY, "changed", since=5 * DAY),
        collection("threats", 3 * DAY, Verdict.INCOMPLETE),
        reaching("threats", 0 * DAY, "open", since=4 * DAY),
    ]
    found = plan(catalogue()["DET-03"], threats, resources())
    assert found.sources["threats"] == (threats[1], threats[2], threats[4])
    assert found.missing == ()
    assert found.as_of == NOW


def test_threats_of_before_only_changes_were_read_are_whole() -> None:
    threats = [collection("threats", days * DAY) for days in (9, 5, 0)]
    found = plan(catalogue()["DET-03"], threats, resources())
    assert found.sources["threats"] == (threats[2],)


def test_a_control_is_not_judged_on_threats_with_a_gap() -> None:
    whole = reaching("threats", 3 * DAY, "whole")
    newest = reaching("threats", 0 * DAY, "changed", since=2 * DAY)
    found = plan(catalogue()["DET-03"], [whole, newest], resources())
    assert len(found.missing) == 1
    assert "is in no complete collection" in found.missing[0]
    alone = plan(catalogue()["DET-03"], [newest], resources())
    assert "is not there" in alone.missing[0]


def test_a_value_lost_in_any_of_the_collections_that_count_is_a_doubt() -> None:
    whole = reaching("threats", DAY, "whole", unparsable={"created_at": 1})
    newest = reaching("threats", 0 * DAY, "changed", since=DAY)
    found = plan(catalogue()["DET-03"], [whole, newest], resources())
    assert found.doubts == ("Threats: 1 value of created_at cannot be read",)


@pytest.mark.parametrize("verdict", [Verdict.INCOMPLETE, Verdict.DENIED, Verdict.FAILED])
def test_the_newest_attempt_decides(verdict: Verdict) -> None:
    attempts = [collection("threats", DAY), collection("threats", 0 * DAY, verdict)]
    found = plan(catalogue()["DET-03"], attempts, resources())
    assert len(found.missing) == 1
    assert "because" in found.missing[0]


def test_an_answer_is_as_old_as_the_oldest_of_its_newest_collections() -> None:
    collections = [
        collection("agents", 3 * DAY),
        collection("packages", 2 * DAY),
        collection("agents", 1 * DAY),
    ]
    assert plan(catalogue()["VER-01"], collections, resources()).as_of == NOW - 2 * DAY


def test_values_that_cannot_be_read_and_columns_that_are_not_there_are_doubts() -> None:
    held = [column.name for column in resources()["agents"].columns if column.name != "os_type"]
    agents = collection(
        "agents", 0 * DAY, columns=held, unparsable={"registered_at": 2, "last_scan_at": 9}
    )
    found = plan(catalogue()["VER-01"], [agents, collection("packages", DAY)], resources())
    assert found.missing == ()
    assert set(found.doubts) == {
        "Agents: the newest collection has no column os_type",
        "Agents: 2 values of registered_at cannot be read",
    }
    assert set(found.unread) == {"agents.os_type", "agents.registered_at", "system"}


def test_the_newest_version_of_each_key_stays() -> None:
    table = pa.table(
        {
            "id": ["a", "b", "a", None, None],
            "value": ["old", "only", "new", "first", "second"],
            "__order": [NOW, NOW, NOW + DAY, NOW, NOW],
            "__order_seen": [0, 0, 1, 0, 1],
        }
    )
    values = newest_versions(table, "id")["value"].to_pylist()
    assert sorted(values) == ["first", "new", "only", "second"]
    assert newest_versions(table.slice(0, 0), "id").num_rows == 0
