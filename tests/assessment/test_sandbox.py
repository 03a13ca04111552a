"""What a control's SQL cannot do, and what its answer must look like."""
# ruff: noqa: S608 - writing SQL is what is tested

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tests.controls.pages import control
from watchkeeper.assessment.examples import tables
from watchkeeper.assessment.faulty import ControlFaulty
from watchkeeper.assessment.judging import judge, judging
from watchkeeper.assessment.sandbox import Sandbox
from watchkeeper.controls.values import EXAMPLE_NOW
from watchkeeper.errors import WatchkeeperError

ITEM = "'a' AS subject, 'a' AS name, 'pass' AS outcome, 'because' AS reason"

# A variable of this process that a careless engine would find by its name.
bystander = pa.table({"id": ["secret"]})


def judged(sql: str, **limits: Any) -> list[dict[str, str]]:
    page = control(sql=sql)
    given = tables(page, page.examples[0])
    with Sandbox(**limits) as sandbox:
        found: list[dict[str, str]] = judge(page, given, sandbox, now=EXAMPLE_NOW).to_pylist()
    return found


def refused(sql: str, **limits: Any) -> str:
    with pytest.raises(ControlFaulty) as caught:
        judged(sql, **limits)
    assert isinstance(caught.value, WatchkeeperError)
    assert caught.value.message.startswith("TST-01: ")
    return caught.value.message


ESCAPES = {
    "COPY agents TO 'out.csv'": "is no SELECT",
    "ATTACH 'out.db'": "is no SELECT",
    "INSTALL httpfs": "is no SELECT",
    "LOAD json": "is no SELECT",
    "SET threads = 8": "is no SELECT",
    "RESET lock_configuration": "is no SELECT",
    "PRAGMA database_list": "is no SELECT",
    "CALL pragma_version()": "is no SELECT",
    "EXPORT DATABASE 'out'": "is no SELECT",
    "CREATE TABLE extra AS SELECT 1": "is no SELECT",
    "INSERT INTO agents (id) VALUES ('9')": "is no SELECT",
    "PREPARE p AS SELECT 1": "is no SELECT",
    f"SELECT {ITEM}; SELECT {ITEM}": "is 2 statements; write one",
    "-- nothing": "is 0 statements; write one",
    "SELECT FROM WHERE": "cannot be read",
    "SELECT * FROM read_csv('/etc/passwd')": "calls read_csv()",
    "SELECT * FROM read_text('/etc/hostname')": "calls read_text()",
    "SELECT * FROM glob('/etc/*')": "calls glob()",
    "SELECT * FROM '/etc/passwd'": "reads '/etc/passwd', a table it does not declare",
    "SELECT * FROM bystander": "reads 'bystander', a table it does not declare",
    "SELECT * FROM users": "reads 'users', a table it does not declare",
    "SELECT * FROM information_schema.tables": "reads 'information_schema.tables'",
    "SELECT * FROM duckdb_settings()": "calls duckdb_settings()",
    "FROM query('SELECT 1')": "calls query()",
    "FROM query_table('agents')": "calls query_table()",
    "DESCRIBE agents": "asks the engine about itself",
    "WITH x AS (INSERT INTO agents (id) VALUES ('9') RETURNING id) FROM x": "else than queries",
    f"SELECT {ITEM} FROM agents TABLESAMPLE 10%": "takes a sample",
    f"SELECT {ITEM} WHERE now() > $now": "calls now(), which differs from run to run",
    f"SELECT {ITEM} WHERE random() > 0.5": "calls random(), which differs from run to run",
    f"SELECT {ITEM} WHERE current_date > '2020-01-01'": "asks the machine with current_date",
    "SELECT current_setting('secret_directory')": "calls current_setting()",
    f"SELECT {ITEM} WHERE ago(INTERVAL 1 DAY) > $now": "calls ago(), which differs",
    f"SELECT {ITEM} WHERE current_localtimestamp() > $now": "calls current_localtimestamp()",
    f"SELECT {ITEM} WHERE pg_conf_load_time() > $now": "calls pg_conf_load_time()",
    # The name holds in the inner query, and outside of it the engine's own table would be read.
    f"SELECT {ITEM}, (SELECT max(table_oid) FROM duckdb_tables) AS n"
    " FROM (WITH duckdb_tables AS (SELECT 1 AS x) FROM duckdb_tables)": "a query 'duckdb_tables'",
    f"SELECT {ITEM}, (SELECT count(*) FROM __covered) AS n"
    " FROM (WITH __covered AS (SELECT 1 AS x) FROM __covered)": "names a query '__covered'",
    f"SELECT {ITEM} WHERE $weeks > 1": "uses $weeks, a parameter it does not declare",
}


@pytest.mark.parametrize("sql", ESCAPES)
def test_there_is_no_way_out(sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert ESCAPES[sql] in refused(sql)
    assert list(tmp_path.iterdir()) == []


def test_an_undeclared_column_does_not_exist() -> None:
    assert "serial_number" in refused("SELECT serial_number FROM agents")


def test_only_what_is_declared_is_there() -> None:
    rows = judged(f"SELECT {ITEM}, (SELECT COLUMNS(*) FROM (SELECT count(*) FROM agents)) AS n")
    assert json.loads(rows[0]["observed"]) == {"n": 2}


def test_an_endless_recursion_is_stopped() -> None:
    endless = (
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)"
        f" SELECT {ITEM} FROM r WHERE n < 0"
    )
    message = refused(endless, timeout=timedelta(seconds=0.5))
    assert message == "TST-01: the SQL was stopped after 0.5 s."


ANSWER_OF_10_GB = (
    "SELECT range::VARCHAR AS subject, 'n' AS name, 'pass' AS outcome, repeat('x', 1000) AS reason"
    " FROM range(10000000)"
)


def test_memory_is_bounded() -> None:
    message = refused(ANSWER_OF_10_GB, memory_limit="64MB")
    assert message == "TST-01: the SQL needs more memory than it may use."


ANSWERS = {
    "SELECT 'a' AS subject, 'a' AS name, 'pass' AS outcome": "gives no column 'reason'",
    "SELECT 1 AS subject, 'a' AS name, 'pass' AS outcome, 'r' AS reason": "must be text",
    "SELECT 'a' AS subject, 'a' AS name, 'passed' AS outcome, 'r' AS reason": "none of pass",
    "SELECT 'a' AS subject, 'a' AS name, NULL::VARCHAR AS outcome, 'r' AS reason": "none of pass",
    "SELECT NULL::VARCHAR AS subject, 'a' AS name, 'pass' AS outcome, 'r' AS reason": (
        "an item without a subject"
    ),
    "SELECT 'a' AS subject, 'a' AS name, 'pass' AS outcome, ' ' AS reason": (
        "an item without a reason"
    ),
    f"SELECT {ITEM} FROM agents": "lists 'a' 2 times",
    f"SELECT {ITEM}, [$now] AS moments": "give moments one by one",
    f"SELECT {ITEM}, 1 / 0 AS n, error('stop') AS m": "calls error()",
}


@pytest.mark.parametrize("sql", ANSWERS)
def test_a_strange_answer_is_refused(sql: str) -> None:
    assert ANSWERS[sql] in refused(sql)


def test_every_further_column_is_observed() -> None:
    rows = judged(
        f"SELECT {ITEM}, $now AS at, $now + INTERVAL 250 MILLISECOND AS later, 1.5 AS ratio,"
        " true AS flag, ['a', NULL] AS words, NULL::VARCHAR AS nothing, 'x\"y' AS \"odd 'name'\""
    )
    assert json.loads(rows[0]["observed"]) == {
        "at": "2026-01-15T12:00:00Z",
        "later": "2026-01-15T12:00:00.250000Z",
        "ratio": 1.5,
        "flag": True,
        "words": ["a", None],
        "nothing": None,
        "odd 'name'": 'x"y',
    }


def test_an_item_without_a_name_is_called_by_its_subject() -> None:
    rows = judged("SELECT 'a' AS subject, NULL::VARCHAR AS name, 'pass' AS outcome, 'r' AS reason")
    assert rows == [
        {"subject": "a", "name": "a", "outcome": "pass", "reason": "r", "observed": "{}"}
        | {"exception": None, "digest": None}
    ]


def test_the_parameters_a_tenant_set_are_used() -> None:
    page = control(
        sql="SELECT 'a' AS subject, 'a' AS name, 'pass' AS outcome, $days::VARCHAR AS reason"
    )
    given = tables(page, page.examples[0])
    items = judge(page, given, now=EXAMPLE_NOW, parameters={"days": 30})
    assert items["reason"].to_pylist() == ["30"]


def test_tables_must_be_as_declared() -> None:
    page = control()
    given = dict(tables(page, page.examples[0]))
    more = {**given, "roles": given["roles"].append_column("scope", pa.array([], pa.string()))}
    with pytest.raises(ControlFaulty, match="the table 'roles' has the columns"):
        judge(page, more, now=EXAMPLE_NOW)
    del given["roles"]
    with pytest.raises(ControlFaulty, match="the table 'roles' was not given"):
        judge(page, given, now=EXAMPLE_NOW)


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (timedelta(days=19), "19 days"),
        (timedelta(days=1, hours=5, minutes=7), "1 day 5 hours"),
        (timedelta(days=14, minutes=3), "14 days 3 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(seconds=59), "less than a minute"),
    ],
)
def test_ages_are_told_in_words(distance: timedelta, words: str) -> None:
    since = (EXAMPLE_NOW - distance).isoformat()
    rows = judged(
        "SELECT 'a' AS subject, 'a' AS name, 'pass' AS outcome,"
        f" span(TIMESTAMPTZ '{since}', $now) AS reason"
    )
    assert rows[0]["reason"] == words


def test_now_is_the_moment_of_judging() -> None:
    page = control(
        sql="SELECT 'a' AS subject, 'a' AS name, 'pass' AS outcome, moment($now) AS reason"
    )
    now = datetime(2031, 2, 3, 4, 5, tzinfo=UTC)
    items = judge(page, tables(page, page.examples[0]), now=now)
    assert items["reason"].to_pylist() == ["2031-02-03 04:05 UTC"]


def used(sandbox: Sandbox) -> int:
    """Which engine a connection is to: it numbers its transactions, one more for each."""
    with sandbox.connection() as engine:
        row = engine.execute("SELECT current_transaction_id()").fetchone()
    assert row is not None
    return int(row[0])


def test_the_next_control_finds_nothing_of_the_one_before_in_the_same_engine() -> None:
    with Sandbox() as sandbox:
        with sandbox.connection() as first:
            first.execute("CREATE TEMP TABLE agents AS SELECT 'of the first' AS id")
            first.execute("CREATE TEMP MACRO own() AS 'of the first'")
            first.register("incoming", bystander)
        for sql in ("FROM agents", "SELECT own()", "FROM incoming"):
            with sandbox.connection() as second, pytest.raises(duckdb.CatalogException):
                second.execute(sql)


LASTING = (
    "CREATE TABLE memory.main.agents AS SELECT 'of the first' AS id",
    "CREATE OR REPLACE MACRO memory.main.passes(reason) AS 'of the first'",
    "CREATE VIEW memory.main.agents AS SELECT 1 AS id",
)


@pytest.mark.parametrize("sql", LASTING)
def test_nothing_that_would_last_can_be_made(sql: str) -> None:
    with Sandbox() as sandbox:
        with pytest.raises(duckdb.Error, match="read-only"):
            _run(sandbox, sql)
        assert judge_plain(sandbox) == "because"


def _run(sandbox: Sandbox, sql: str) -> None:
    with sandbox.connection() as engine:
        engine.execute(sql)


def judge_plain(sandbox: Sandbox) -> str:
    page = control(sql=f"SELECT {ITEM}")
    row = judge(page, tables(page, page.examples[0]), sandbox, now=EXAMPLE_NOW).to_pylist()[0]
    return str(row["reason"])


def test_an_engine_is_used_again_unless_something_failed_in_it() -> None:
    with Sandbox() as sandbox:
        numbers = [used(sandbox) for _ in range(3)]
        assert numbers == sorted(set(numbers))
        with pytest.raises(duckdb.CatalogException):
            _run(sandbox, "FROM nowhere")
        assert used(sandbox) == numbers[0]


def test_limits_hold_in_an_engine_that_was_used_before() -> None:
    endless = control(sql=f"SELECT {ITEM} FROM range(100000000000) AS t(i) WHERE i < -1")
    large = control(sql=ANSWER_OF_10_GB)
    limits: dict[str, Any] = {"memory_limit": "64MB", "timeout": timedelta(seconds=1)}
    with Sandbox(**limits) as sandbox:
        for page, words in ((endless, "stopped after 1 s"), (large, "more memory")) * 2:
            assert judge_plain(sandbox) == "because"
            with pytest.raises(ControlFaulty, match=words):
                judge(page, tables(page, page.examples[0]), sandbox, now=EXAMPLE_NOW)


def test_every_engine_of_a_sandbox_is_locked_and_quiet() -> None:
    for sql in ("SET threads = 8", "FROM read_text('/etc/hostname')", "FROM bystander"):
        with Sandbox() as sandbox, pytest.raises(duckdb.Error):
            _run(sandbox, sql)
    with Sandbox() as sandbox, sandbox.connection() as one, sandbox.connection() as other:
        settings = "SELECT current_setting('TimeZone'), current_setting('enable_progress_bar')"
        for each in (one, other):
            assert each.execute(settings).fetchall() == [("UTC", False)]


def test_what_is_not_read_to_its_end_is_let_go() -> None:
    page = control(
        sql="SELECT 'a:' || i AS subject, '' AS name, 'fail' AS outcome, repeat('r', 500) AS reason"
        " FROM range(100000) AS t(i)"
    )
    with Sandbox(memory_limit="300MB") as sandbox:
        held = []
        for _ in range(6):  # each takes about 75 MB
            given = dict(tables(page, page.examples[0]))
            with judging(page, given, sandbox, now=EXAMPLE_NOW) as found:
                assert found.items.read_next_batch().num_rows
                held.append(found)


def test_who_left_a_sandbox_gets_nothing_more_from_it() -> None:
    with Sandbox() as sandbox:
        assert judge_plain(sandbox) == "because"
    with pytest.raises(RuntimeError):
        _run(sandbox, "SELECT 1")
