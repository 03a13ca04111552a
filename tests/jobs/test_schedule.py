"""What is due: never too early, never forgotten."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.jobs.schedule import AGAIN, Last, due, due_resources
from watchkeeper.resources import catalogue

moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
spans = st.timedeltas(timedelta(0), timedelta(days=400))
intervals = st.timedeltas(timedelta(seconds=1), timedelta(days=100))


@given(intervals, moments)
def test_what_was_never_done_is_due(interval: timedelta, now: datetime) -> None:
    assert due(None, interval, now)


@given(moments, intervals, spans)
def test_it_is_due_exactly_when_the_interval_has_passed(
    last: datetime, interval: timedelta, passed: timedelta
) -> None:
    assert due(last, interval, last + passed) == (passed >= interval)


@given(moments, intervals, spans, spans)
def test_what_is_due_stays_due_until_it_is_done(
    last: datetime, interval: timedelta, passed: timedelta, more: timedelta
) -> None:
    if due(last, interval, last + passed):
        assert due(last, interval, last + passed + more)


@given(moments, intervals, st.timedeltas(timedelta(microseconds=1), timedelta(days=4000)))
def test_a_last_time_in_the_future_stops_nothing(
    now: datetime, interval: timedelta, ahead: timedelta
) -> None:
    assert due(now + ahead, interval, now)


@given(moments, intervals, spans)
def test_what_was_not_answered_is_tried_again_within_the_hour(
    started: datetime, interval: timedelta, passed: timedelta
) -> None:
    found = due_resources(
        {"agents": Last(started, answered=False)}, {"agents": interval}, started + passed
    )

    assert bool(found) == (passed >= min(interval, AGAIN))


def test_each_resource_is_due_by_its_own_interval() -> None:
    wanted = {name: each.interval for name, each in catalogue().items()}
    started = datetime(2026, 11, 22, 6, tzinfo=UTC)
    last = {name: Last(started, answered=True) for name in wanted}

    assert due_resources({}, wanted, started) == list(wanted)
    assert due_resources(last, wanted, started + timedelta(minutes=59)) == []
    assert set(due_resources(last, wanted, started + timedelta(hours=1))) == {
        "threats",
        "timelines",
    }
    assert "activities" in due_resources(last, wanted, started + timedelta(hours=6))
    assert due_resources(last, wanted, started + timedelta(hours=24)) == list(wanted)
