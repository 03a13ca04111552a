"""A past day or moment: never later than now, never another than was asked for."""

from datetime import UTC, date, datetime, timedelta

import pytest

from watchkeeper.errors import UsageError
from watchkeeper.model.past import end_of, parse_past

NOW = datetime(2026, 3, 31, 9, 30, tzinfo=UTC)
YESTERDAY = datetime(2026, 3, 30, 23, 59, 59, 999_999, UTC)


def test_a_past_day_is_its_end_and_today_is_now() -> None:
    assert end_of(date(2026, 3, 30), NOW) == parse_past("2026-03-30", NOW) == YESTERDAY
    assert parse_past("20260330", NOW) == YESTERDAY
    assert end_of(date(2026, 3, 31), NOW) == parse_past("2026-03-31", NOW) == NOW


def test_a_moment_is_taken_as_it_is() -> None:
    assert parse_past("2026-03-31T09:30:00Z", NOW) == NOW
    assert parse_past("2026-03-31T10:00:00+02:00", NOW) == NOW - timedelta(minutes=90)
    assert parse_past("2026-03-31T09:00", NOW) == NOW - timedelta(minutes=30)


@pytest.mark.parametrize(
    "text", ["2026-04-01", "9999-12-31", "2026-03-31T09:30:01Z", "2026-03-31T09:00:00-02:00"]
)
def test_what_is_still_to_come_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="still to come"):
        parse_past(text, NOW)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-02-30", "31.03.2026"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no day and no moment"):
        parse_past(text, NOW)
