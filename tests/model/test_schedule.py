"""What is due: never too late, never forgotten, and not all at once."""

from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from watchkeeper.model.schedule import AGAIN, Last, due_resources, moments, next_due, phase
from watchkeeper.resources import catalogue

times = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds
spans = st.timedeltas(timedelta(0), timedelta(days=400))
intervals = st.timedeltas(timedelta(seconds=1), timedelta(days=30))
phases = st.timedeltas(timedelta(0), timedelta(days=1))


def due(last: dict[str, Last], interval: timedelta, shift: timedelta, now: datetime) -> bool:
    wanted = moments(last, {"agents": interval}, shift)
    return bool(due_resources(last, wanted, ["agents"], now))


@given(intervals, phases, times)
def test_what_was_never_done_is_due(interval: timedelta, shift: timedelta, now: datetime) -> None:
    assert due({}, interval, shift, now)


@given(times, intervals, phases)
def test_the_next_turn_comes_within_the_interval_and_not_at_once(
    started: datetime, interval: timedelta, shift: timedelta
) -> None:
    wanted = next_due(started, interval, shift)

    assert interval / 4 <= wanted - started <= interval


@given(times, intervals, phases)
def test_whatever_was_begun_off_its_turn_comes_back_to_it(
    started: datetime, interval: timedelta, shift: timedelta
) -> None:
    second = next_due(next_due(started, interval, shift), interval, shift)
    third = next_due(second, interval, shift)

    assert third - second in {interval, interval - timedelta(microseconds=1)}


@given(times, st.sampled_from([timedelta(hours=1), timedelta(hours=6)]), phases)
def test_short_turns_fall_together_with_the_daily_ones(
    started: datetime, interval: timedelta, shift: timedelta
) -> None:
    daily = next_due(started, timedelta(days=1), shift)
    daily = next_due(daily, timedelta(days=1), shift)
    just_before = daily - interval

    assert next_due(just_before, interval, shift) == daily


@given(times, intervals, phases, spans, spans)
def test_what_is_due_stays_due_until_it_is_done(
    started: datetime, interval: timedelta, shift: timedelta, passed: timedelta, more: timedelta
) -> None:
    last = {"agents": Last(started)}
    assume(due(last, interval, shift, started + passed))

    assert due(last, interval, shift, started + passed + more)


@given(times, intervals, phases, st.timedeltas(timedelta(microseconds=1), timedelta(days=4000)))
def test_a_last_time_in_the_future_stops_nothing(
    now: datetime, interval: timedelta, shift: timedelta, ahead: timedelta
) -> None:
    assert due({"agents": Last(now + ahead)}, interval, shift, now)


@given(times, intervals, phases)
def test_what_was_not_answered_is_tried_again_within_the_hour(
    started: datetime, interval: timedelta, shift: timedelta
) -> None:
    last = {"agents": Last(started, answered=False)}

    assert due(last, interval, shift, started + min(interval, AGAIN))


def test_a_thousand_connections_are_spread_over_the_day() -> None:
    hours = [0] * 24
    for number in range(1000):
        hours[phase(f"console-{number}.example.net") // timedelta(hours=1)] += 1

    assert min(hours) > 15
    assert max(hours) < 80


def test_a_turn_is_the_same_in_every_process() -> None:
    assert phase("acme") == timedelta(seconds=43_931, microseconds=955_586)


def test_each_resource_is_due_by_its_own_interval() -> None:
    wanted = {name: each.interval for name, each in catalogue().items()}
    shift = timedelta(hours=6)
    started = datetime(2026, 11, 22, 6, tzinfo=UTC)
    last = {name: Last(started) for name in wanted}

    def found(now: datetime) -> list[str]:
        return due_resources(last, moments(last, wanted, shift), wanted, now)

    assert found(started + timedelta(minutes=59)) == []
    assert set(found(started + timedelta(hours=1))) == {"threats", "timelines"}
    assert "activities" in found(started + timedelta(hours=6))
    assert found(started + timedelta(hours=24)) == list(wanted)
