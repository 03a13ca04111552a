"""Commands that only read a locker: what they show is what was sealed, or they say so."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import watchkeeper
from tests.rows import put_rows
from watchkeeper.assessment import assess
from watchkeeper.clock import Clock
from watchkeeper.controls import catalogue as controls
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Completeness, Verdict
from watchkeeper.resources import catalogue as resources


def judged(folder: Path, at: datetime) -> Path:
    """A locker with one collection of an agent nobody has heard of for long, and its judgement."""
    opened = Locker.open(folder, create=True, clock=Clock(now=lambda: at))
    writer = opened.begin("acme", resources()["agents"])
    long_ago = "2020-03-01T10:12:08Z"
    row = {"id": "1", "computer_name": "LT-1", "machine_type": "laptop"}
    row |= {"last_active_at": long_ago, "registered_at": long_ago}
    put_rows(writer, [row | {"is_decommissioned": False, "is_uninstalled": False}])
    one = Completeness(Verdict.COMPLETE, "", 1, 1, 1, 1)
    writer.seal({"source": {"console": "https://acme.example"}}, one)
    assess(opened, "acme", [controls()["HLT-01"]], now=at)
    return folder


@pytest.fixture
def locker(tmp_path: Path) -> Path:
    """One that was filled and judged now."""
    return judged(tmp_path / "locker", datetime.now(UTC))


def test_forged_items_are_refused(locker: Path) -> None:
    failing: list[str | Path] = [
        "items",
        "HLT-01",
        "--locker",
        locker,
        "--outcome",
        "fail",
        "--json",
    ]
    assert [row["subject"] for row in watchkeeper(*failing).document] == ["agent:1"]
    (path,) = (locker / "assessments").rglob("items.parquet")
    items = pq.read_table(path)
    place = items.column_names.index("outcome")
    passing = pa.array(["pass"] * items.num_rows)
    pq.write_table(items.set_column(place, items.schema.field("outcome"), passing), path)
    forged = watchkeeper(*failing)
    assert (forged.code, forged.out) == (5, "")
    assert "items.parquet is not what was sealed" in forged.err


@pytest.mark.parametrize(
    ("command", "kind", "true", "false"),
    [
        ("results --history", "assessments", '"FAIL"', '"PASS"'),
        ("collections", "collections", '"complete"', '"incomplete"'),
    ],
)
def test_a_forged_manifest_is_refused(
    command: str, kind: str, true: str, false: str, locker: Path
) -> None:
    words: list[str | Path] = [*command.split(), "--locker", locker]
    assert watchkeeper(*words).code in {0, 1}
    (manifest,) = (locker / kind).rglob("manifest.json")
    manifest.write_text(manifest.read_text().replace(true, false))
    forged = watchkeeper(*words)
    assert (forged.code, forged.out) == (5, "")
    assert "is not what was sealed" in forged.err


def test_foreign_folders_are_passed_over_and_what_lies_in_them_is_named(locker: Path) -> None:
    for kind in ("collections", "assessments"):
        for above in (locker / kind, next((locker / kind).rglob("id=*"))):
            (above / "@eaDir").mkdir()
            (above / "@eaDir" / "manifest.json").write_text("{}")
    assert watchkeeper("results", "--locker", locker).code == 1
    for words in (["items", "HLT-01"], ["collections"]):
        shown = watchkeeper(*words, "--locker", locker, "--connection", "acme", "--json")
        assert len(shown.document) == 1
    assert [
        each["resource"]
        for each in watchkeeper("collections", "--locker", locker, "--json").document
    ] == ["agents"]
    told = watchkeeper("verify", locker)
    assert told.code == 5
    assert "collections/@eaDir/manifest.json" in told.out
    assert "@eaDir/manifest.json is foreign" in told.out


def test_results_as_of_today_are_those_of_now_and_nothing_is_told_of_a_day_to_come(
    locker: Path,
) -> None:
    today = datetime.now(UTC).date()
    asked: list[str | Path] = ["results", "--locker", locker, "--at"]
    now = watchkeeper(*asked, today.isoformat())
    assert now.code == 1
    assert "FAIL" in now.out
    assert "The data is" not in now.out  # as it would be by the end of the day
    for later in (f"{today + timedelta(days=1)}", f"{today.year + 1}-01-01T00:00:00Z"):
        refused = watchkeeper(*asked, later)
        assert (refused.code, refused.out) == (2, "")
        assert f"{later} is still to come" in refused.err
    before = watchkeeper(*asked, f"{today - timedelta(days=1)}")
    assert "Nothing had been judged in this locker by then" in before.out
    assert "is no day and no moment" in watchkeeper(*asked, "yesterday").err


def test_items_of_what_could_not_be_judged_are_its_result_and_the_reason(locker: Path) -> None:
    assess(Locker.open(locker), "acme", [controls()["COV-01"]], now=datetime.now(UTC))
    asked: list[str | Path] = ["items", "COV-01", "--locker", locker]
    told = watchkeeper(*asked)
    assert told.code == 3
    assert told.out.startswith("COV-01 is ERROR: ")
    assert "Subject" not in told.out
    documented = watchkeeper(*asked, "--json")
    assert (documented.code, documented.document, documented.err) == (3, [], told.out)


def test_items_that_rest_on_data_of_last_week_say_so(tmp_path: Path) -> None:
    old = judged(tmp_path / "old", datetime.now(UTC) - timedelta(days=9))

    told = watchkeeper("items", "HLT-01", "--locker", old)

    assert told.code == 3
    assert told.out.startswith("HLT-01 is STALE: The data is 9 days old")
    assert "agent:1" in told.out


def test_an_outcome_is_given_as_results_print_it(locker: Path) -> None:
    asked: list[str | Path] = ["items", "HLT-01", "--locker", locker, "--outcome"]
    assert [each["subject"] for each in watchkeeper(*asked, "FAIL", "--json").document] == [
        "agent:1"
    ]
    none = watchkeeper(*asked, "Pass")
    assert none.code == 0
    assert none.out.startswith("No item of HLT-01 is pass. HLT-01 is FAIL: ")
