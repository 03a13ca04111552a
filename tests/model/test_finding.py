"""What closes a finding, when one is due, and which share of a period was observed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.model.finding import Closed, Judged, due, ending, observable, percentile

MONDAY = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FRESH = 36 * HOUR


@pytest.mark.parametrize(
    ("outcome", "reason", "exception", "closed"),
    [
        ("fail", "broken", "", None),
        ("fail", "broken", "EX-1", Closed.EXCEPTION),
        ("unknown", "the field is missing", "", None),
        ("pass", "fine", "", Closed.FIXED),
        ("not_applicable", "out of scope by the rule 'Lab', version 1; …", "", Closed.SCOPE),
        ("not_applicable", "decommissioned", "", Closed.GONE),
        ("not_applicable", "uninstalled", "", Closed.GONE),
        ("not_applicable", "registered less than a day ago", "", Closed.NOT_APPLICABLE),
        (None, "", "", Closed.GONE),
    ],
)
def test_how_it_ends_is_told_by_what_the_subject_is_now(
    outcome: str | None, reason: str, exception: str, closed: Closed | None
) -> None:
    assert ending(outcome, reason, exception) is closed


@pytest.mark.parametrize(
    ("opened", "days", "working", "expected"),
    [
        (MONDAY, 3, False, MONDAY + 3 * DAY),
        (MONDAY, 3, True, datetime(2026, 3, 5, 23, 59, 59, tzinfo=UTC)),
        (MONDAY, 5, True, datetime(2026, 3, 9, 23, 59, 59, tzinfo=UTC)),
        (MONDAY + 4 * DAY, 1, True, datetime(2026, 3, 9, 23, 59, 59, tzinfo=UTC)),  # a Friday
        (MONDAY + 5 * DAY, 1, True, datetime(2026, 3, 9, 23, 59, 59, tzinfo=UTC)),  # a Saturday
    ],
)
def test_when_it_is_due(opened: datetime, days: int, working: bool, expected: datetime) -> None:  # noqa: FBT001
    assert due(opened, days, working_days=working) == expected


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(1, 365),
)
def test_working_days_are_never_fewer_and_end_on_one(opened: datetime, days: int) -> None:
    end = due(opened, days, working_days=True)
    assert end.weekday() < 5
    assert end.date() >= due(opened, days).date()
    assert due(opened, days + 1, working_days=True) > end


def judged(*hours: float, blind: tuple[float, ...] = ()) -> list[Judged]:
    found = [Judged(MONDAY + each * HOUR, MONDAY + each * HOUR, FRESH) for each in hours]
    return found + [Judged(MONDAY + each * HOUR, None, FRESH) for each in blind]


@pytest.mark.parametrize(
    ("assessments", "share"),
    [
        (judged(0, 24, 48, 72), 1.0),
        (judged(), 0.0),
        (judged(0), 36 / 96),  # too old after a day and a half
        (judged(0, blind=(12,)), 12 / 96),  # could not be checked from then on
        (judged(-24, 72), (12 + 24) / 96),
        (judged(96), 0.0),
    ],
)
def test_the_share_of_a_period_that_was_observed(assessments: list[Judged], share: float) -> None:
    assert observable(assessments, MONDAY, MONDAY + 96 * HOUR) == pytest.approx(share)


@given(st.lists(st.tuples(st.floats(-100, 200), st.booleans()), max_size=12))
def test_no_more_than_all_of_it_and_no_less_than_nothing(parts: list[tuple[float, bool]]) -> None:
    assessments = [
        Judged(MONDAY + hour * HOUR, MONDAY + hour * HOUR if seen else None, FRESH)
        for hour, seen in parts
    ]
    assert 0 <= observable(assessments, MONDAY, MONDAY + 96 * HOUR) <= 1
    assert observable(assessments, MONDAY, MONDAY) == 0


def test_percentiles_are_spans_that_happened() -> None:
    spans = [DAY * number for number in range(1, 11)]
    assert (percentile(spans, 0.5), percentile(spans, 0.9)) == (5 * DAY, 9 * DAY)
    assert percentile([DAY], 0.9) == DAY
    assert percentile([], 0.5) is None
