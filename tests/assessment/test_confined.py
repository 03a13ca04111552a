"""A tenant's SQL, in a process of its own: what it cannot do, and what it does as others do."""
# ruff: noqa: S608 - writing SQL is what is tested

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from tests.assessment.conftest import NOW, Collecting
from tests.controls.pages import control
from watchkeeper.assessment import assess, confined
from watchkeeper.assessment.deviations import COVERED, OUTSIDE, Deviations
from watchkeeper.assessment.engine import Terms
from watchkeeper.assessment.examples import tables
from watchkeeper.assessment.faulty import ControlFaulty
from watchkeeper.assessment.judging import judge, judging
from watchkeeper.assessment.sandbox import Sandbox
from watchkeeper.controls import catalogue
from watchkeeper.controls.values import EXAMPLE_NOW
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Result
from watchkeeper.model.control import Control

ITEM = "'a' AS subject, 'a' AS name, 'pass' AS outcome, 'because' AS reason"


def tenants(sql: str | None = None) -> Control:
    """The page as a tenant's control."""
    return replace(control(sql=sql), tenant=True)


def refused(sql: str, seconds: float = 2) -> str:
    page = tenants(sql)
    with pytest.raises(ControlFaulty) as caught:
        judge(
            page,
            tables(page, page.examples[0]),
            Sandbox(timeout=timedelta(seconds=seconds)),
            now=EXAMPLE_NOW,
        )
    return caught.value.message.removeprefix("TST-01: ")


TOO_LONG = "the SQL was stopped after 2 s."
TOO_MUCH = "the SQL needs more memory than it may use."
ENDLESS = {
    "COPY agents TO '/tmp/out.csv'": "the SQL is no SELECT (it is COPY).",
    "SELECT * FROM read_csv('/etc/passwd')": (
        "the SQL calls read_csv(), which reads something else than its tables."
    ),
    "ATTACH '/tmp/out.db'": "the SQL is no SELECT (it is ATTACH).",
    "INSTALL httpfs": "the SQL is no SELECT (it is LOAD).",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)"
    f" SELECT {ITEM} FROM r WHERE n < 0": TOO_LONG,
    "SELECT range::VARCHAR AS subject, 'n' AS name, 'pass' AS outcome, 'r' AS reason"
    " FROM range(1000000000)": "",  # a billion rows: whichever comes first
    # One call of a function, which the engine neither counts nor interrupts.
    f"SELECT {ITEM}, len(repeat('x', 4000000000)) AS n": TOO_MUCH,
    f"SELECT {ITEM}, list_sum(list_transform(range(3000000000), lambda x: x * 2)) AS n": TOO_MUCH,
    f"SELECT {ITEM}, levenshtein(repeat('ab', 200000), repeat('ba', 200000)) AS n": TOO_LONG,
    f"SELECT {ITEM}, regexp_matches(repeat('a', 50000000), '(a?){{900}}b') AS n": TOO_LONG,
}


@pytest.mark.slow  # most of them run until they are stopped
@pytest.mark.parametrize("sql", ENDLESS, ids=[sql[-60:] for sql in ENDLESS])
def test_it_is_refused_or_stopped(sql: str) -> None:
    said = refused(sql)
    assert said in ({ENDLESS[sql]} if ENDLESS[sql] else {TOO_LONG, TOO_MUCH})


def test_the_others_go_on(locker: Locker, collecting: Collecting) -> None:
    collecting("agents", [{"id": "1", "infected": False}])
    hostile = tenants(f"SELECT {ITEM}, len(repeat('x', 4000000000)) AS n")
    (first, second) = assess(locker, "acme", [hostile, catalogue()["HLT-02"]], now=NOW)
    assert (first.result, first.reason) == (Result.ERROR, f"TST-01: {TOO_MUCH}")
    assert second.control == "HLT-02"
    assert second.counts.total == 1


def test_what_it_says_is_what_it_would_say_here() -> None:
    page = catalogue()["HLT-01"]
    given = tables(page, page.examples[-2])
    here = judge(page, given, now=EXAMPLE_NOW)
    assert here.num_rows > 1
    assert judge(replace(page, tenant=True), given, now=EXAMPLE_NOW).equals(here)


def test_exceptions_scope_and_parameters_come_with_it() -> None:
    page = tenants(
        "SELECT 'agent:' || id AS subject, id AS name, CASE WHEN id = '9' THEN 'unknown' ELSE"
        " 'fail' END AS outcome, 'of ' || $days::VARCHAR AS reason FROM agents"
    )
    until = datetime(2026, 3, 1, tzinfo=UTC)
    decided = Deviations(
        outside=pa.Table.from_pylist([{"subject": "agent:2", "words": "out"}], OUTSIDE),
        covered=pa.Table.from_pylist(
            [{"subject": "agent:1", "exception": "EX-1", "digest": None, "until": until}], COVERED
        ),
    )
    given = dict(tables(page, page.examples[0]))
    more = pa.Table.from_pylist([{"id": "9"}], given["agents"].schema)
    given["agents"] = pa.concat_tables([given["agents"], more])
    terms = Terms(now=EXAMPLE_NOW, parameters={"days": 30}, deviations=decided)
    with judging(page, given, Sandbox(), **terms) as found:
        rows = {row["subject"]: row for row in found.items.read_all().to_pylist()}
        counts = (found.counts.failed, found.counts.excepted, found.counts.not_applicable)
        assert counts == (1, 1, 1)
        assert found.excepted_until == until
        assert found.first_unknown is not None
        assert found.first_unknown.subject == "agent:9"
    assert rows["agent:1"]["exception"] == "EX-1"
    assert rows["agent:1"]["reason"] == "of 30"
    assert rows["agent:2"]["outcome"] == "not_applicable"


def test_a_hundred_thousand_items_come_in_batches() -> None:
    page = tenants(
        "SELECT 'agent:' || i.range AS subject, '' AS name, 'fail' AS outcome, 'r' AS reason"
        " FROM range(100000) AS i"
    )
    assert judge(page, tables(page, page.examples[0]), now=EXAMPLE_NOW).num_rows == 100_000


def alone(*lines: str) -> subprocess.CompletedProcess[str]:
    """Runs lines behind the walls, each wall up."""
    script = [
        "import os, socket, time",
        "from watchkeeper.assessment.confined import walls",
        "walls.confine(2)",
        "walls.open_nothing_more()",
        *lines,
    ]
    return subprocess.run(
        [sys.executable, "-c", "\n".join(script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


WALLS = {
    "open('/etc/passwd')": "Too many open files",
    "socket.socket()": "Too many open files",
    "os.pipe()": "Too many open files",
    "bytearray(3_000_000_000)": "MemoryError",
}


@pytest.mark.parametrize("line", WALLS)
def test_the_kernel_keeps_the_walls(line: str) -> None:
    assert WALLS[line] in alone(line).stderr


@pytest.mark.slow
@pytest.mark.parametrize("line", ["while True: pass", "time.sleep(60)"])
def test_the_kernel_ends_it_in_time(line: str) -> None:
    assert alone(line).returncode < 0


def test_it_has_nothing_of_ours_in_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHKEEPER_KEY", "secret-of-ours")
    with confined._process() as process:
        environment = Path(f"/proc/{process.pid}/environ").read_bytes()
        where = Path(f"/proc/{process.pid}/cwd").readlink()
    assert b"secret-of-ours" not in environment
    assert where == Path("/")
