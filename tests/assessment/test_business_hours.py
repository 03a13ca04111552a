"""When so many business hours are over: the macro beside a walk from day to day."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.controls import prelude

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine that knows the words of the prelude."""
    with duckdb.connect(":memory:") as opened:
        opened.execute("SET TimeZone = 'UTC'")
        opened.execute(prelude())
        yield opened


def walked(since: datetime, hours: int, opens: int, closes: int, zone: str) -> datetime:
    """The same from day to day, in local time."""
    local = since.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    left = timedelta(hours=hours)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    while True:
        begins = max(local, day + timedelta(hours=opens))
        ends = day + timedelta(hours=closes)
        if day.weekday() < 5 and begins < ends:
            if left <= ends - begins:
                return begins + left
            left -= ends - begins
        day += timedelta(days=1)


@given(
    since=st.datetimes(datetime(1999, 1, 1), datetime(2040, 1, 1)).map(  # noqa: DTZ001 - below
        lambda each: each.replace(microsecond=0, tzinfo=UTC)
    ),
    hours=st.integers(1, 720),
    opens=st.integers(0, 22),
    length=st.integers(1, 24),
    zone=st.sampled_from(ZONES),
)
def test_business_hours_are_over_when_a_walk_says_so(
    engine: duckdb.DuckDBPyConnection,
    since: datetime,
    hours: int,
    opens: int,
    length: int,
    zone: str,
) -> None:
    closes = min(24, opens + length)
    row = engine.execute(
        "SELECT timezone($zone, after_business_hours($since, $hours, $opens, $closes, $zone))",
        {"since": since, "hours": hours, "opens": opens, "closes": closes, "zone": zone},
    ).fetchone()
    assert row is not None
    expected = walked(since, hours, opens, closes, zone)
    # An hour that a change of the clock leaves out, or has twice, is told as its neighbour.
    assert abs(row[0] - expected) in {timedelta(), timedelta(hours=1)}
    if expected.hour > 3:
        assert row[0] == expected


def test_no_hours_are_no_time(engine: duckdb.DuckDBPyConnection) -> None:
    row = engine.execute(
        "SELECT after_business_hours($now, 4, 9, 9, 'UTC')", {"now": datetime.now(UTC)}
    )
    assert row.fetchone() == (None,)
