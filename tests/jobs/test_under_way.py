"""What runs, waits and failed, and how long it may still take."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.bootstrap import App
from watchkeeper.jobs import runs
from watchkeeper.jobs.under_way import time_left, under_way
from watchkeeper.ledger.connections import connect
from watchkeeper.ledger.models import Run, RunState
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.token import parse_token

spans = st.timedeltas(timedelta(seconds=1), timedelta(hours=9))
counts = st.integers(0, 10**6)


def step(rows: int, expected: int | None) -> dict[str, Any]:
    return {"title": "Agents", "pages": 1, "rows": rows, "expected": expected, "verdict": None}


@given(spans, spans)
def test_the_last_run_for_the_same_tells_how_long_it_takes(
    begun: timedelta, more: timedelta
) -> None:
    assert time_left({}, begun, begun + more) == more


@given(counts, counts, spans)
def test_else_the_pace_so_far_does(rows: int, more: int, begun: timedelta) -> None:
    left = time_left({"agents": step(rows, rows + more)}, begun, None)

    if rows and more:
        assert left is not None
        assert abs(left / begun - more / rows) < 0.01 * more / rows + 0.01
    else:
        assert left is None


def test_where_nothing_tells_it_nothing_is_said() -> None:
    begun = timedelta(minutes=5)

    assert time_left({}, begun, None) is None
    assert time_left({"agents": step(100, None)}, begun, None) is None
    assert time_left({"agents": step(100, None)}, begun, timedelta(minutes=3)) is None


@pytest.mark.postgres
def test_runs_are_listed_running_then_waiting_then_failed(ledger: App) -> None:
    parts, now = ledger.installation, ledger.installation.clock.now()
    for name in ("one", "two", "three"):
        address = parse_address("https://acme.sentinelone.net")
        token = parse_token("invented-token-0123456789-abcdefghijklmnopqrstuvwxyz")
        connect(name, address, token, vault=parts.vault, actor="maria", now=now)
        runs.ask(name, ["agents"], trigger="maria")
    steps = {"agents": step(250, 1000)}
    begun = now - timedelta(minutes=2)
    two = Run.objects.filter(connection__name="two")
    two.update(state=RunState.RUNNING, started=begun, progress=steps)
    failed = Run.objects.filter(connection__name="three")
    failed.update(state=RunState.FAILED, ended=now, reason="because")

    running, waiting, old = under_way(now)

    assert (running.connection, running.state) == ("two", "running")
    assert (running.pages, running.rows, running.expected) == (1, 250, 1000)
    assert (running.left, running.resources) == (timedelta(minutes=6), ("agents",))
    assert (waiting.connection, waiting.state, waiting.left) == ("one", "waiting", None)
    assert (old.connection, old.state, old.reason, old.since) == ("three", "failed", "because", now)
    assert under_way(now + timedelta(days=8))[2:] == []
