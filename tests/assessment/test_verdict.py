"""What items add up to: could-not-check is never a pass, and nothing is never a pass."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.assessment.verdict import as_read, conclude, count, worst
from watchkeeper.model.assessment import Assessment, Counts, Item, Outcome, Result
from watchkeeper.model.control import Cadence

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
ITEM = Item("agent:1", "LT-ANNA", Outcome.UNKNOWN, "agent_version is missing", {})

numbers = st.integers(0, 5)
counts = st.builds(Counts, numbers, numbers, numbers, numbers)
problems = st.lists(st.sampled_from(["Agents: never collected", "Users: denied"]), max_size=2)


@given(counts, problems)
def test_the_worst_that_is_true_is_the_result(found: Counts, faults: list[str]) -> None:
    result = conclude(found, faults, first_unknown=ITEM).result
    if faults or found.unknown:
        assert result is Result.ERROR
    elif found.failed:
        assert result is Result.FAIL
    elif found.passed:
        assert result is Result.PASS
    else:
        assert result is Result.NOT_APPLICABLE


@given(counts, problems)
def test_unknown_or_nothing_is_never_a_pass(found: Counts, faults: list[str]) -> None:
    conclusion = conclude(found, faults, first_unknown=ITEM)
    assert conclusion.reason.endswith(".")
    if found.unknown or not found.passed:
        assert conclusion.result is not Result.PASS


@given(st.lists(st.sampled_from(list(Result)), min_size=1))
def test_the_worst_of_several_comes_first(results: list[Result]) -> None:
    assert worst(results) is min(results, key=list(Result).index)
    assert worst([]) is None


@pytest.mark.parametrize(
    ("found", "faults", "inputs", "reason"),
    [
        (Counts(3), [], {}, "3 judged subjects, all pass."),
        (Counts(1), [], {}, "1 judged subject, all pass."),
        (Counts(3, 2, 7), [], {}, "2 of 5 judged subjects fail."),
        (
            Counts(3, 2, 0, 1),
            [],
            {},
            (
                "1 subject of 6 could not be judged, first LT-ANNA: agent_version is missing. "
                "2 known to fail."
            ),
        ),
        (Counts(), ["Agents: never collected"], {}, "Agents: never collected."),
        (
            Counts(3, 2),
            ["Users: 1 value of x cannot be read"],
            {},
            "Users: 1 value of x cannot be read. 3 pass, 2 fail are listed.",
        ),
        (
            Counts(0, 0, 4),
            [],
            {"agents": 4},
            (
                "Every subject is outside the population: 4 listed, each with the rule that "
                "excludes it."
            ),
        ),
        (
            Counts(),
            [],
            {"threats": 0, "threat timelines": 0},
            (
                "The console has none: threats and threat timelines are empty in a complete "
                "collection."
            ),
        ),
        (
            Counts(),
            [],
            {"agents": 12, "groups": 3, "policies": 0},
            (
                "The control lists no subject; there are rows in agents (12) and groups (3), "
                "none in policies."
            ),
        ),
    ],
)
def test_the_reason_says_it_in_words(
    found: Counts, faults: list[str], inputs: dict[str, int], reason: str
) -> None:
    assert conclude(found, faults, first_unknown=ITEM, inputs=inputs).reason == reason


def test_outcomes_are_counted_by_their_word() -> None:
    assert count({"pass": 3, "unknown": 1}) == Counts(passed=3, unknown=1)


def assessment(result: Result, cadence: Cadence, as_of: datetime | None) -> Assessment:
    return Assessment(
        id="1",
        path="p",
        connection="acme",
        control="HLT-01",
        version="1.0.0",
        title="Agents report",
        severity="high",
        cadence=cadence.value,
        judged_at=NOW,
        as_of=as_of,
        result=result,
        reason="3 judged subjects, all pass.",
        counts=Counts(3),
        parameters={},
        control_sha256="00",
        collections=(),
    )


@pytest.mark.parametrize("cadence", list(Cadence))
def test_old_data_makes_a_result_stale(cadence: Cadence) -> None:
    sealed = assessment(Result.PASS, cadence, NOW)
    assert as_read(sealed, NOW + cadence.freshness) is sealed
    read = as_read(sealed, NOW + cadence.freshness + timedelta(hours=1))
    assert read.result is Result.STALE
    assert read.reason.startswith("The data is ")
    assert read.reason.endswith("it was PASS: 3 judged subjects, all pass.")
    assert replace(read, result=sealed.result, reason=sealed.reason) == sealed


def test_stale_says_how_old_and_how_old_it_may_be() -> None:
    read = as_read(assessment(Result.FAIL, Cadence.DAILY, NOW), NOW + timedelta(days=3))
    assert read.reason.startswith("The data is 3 days old, daily controls allow 36 hours; it was")


def test_an_error_stays_an_error() -> None:
    sealed = assessment(Result.ERROR, Cadence.DAILY, NOW)
    assert as_read(sealed, NOW + timedelta(days=900)) is sealed
    never = assessment(Result.ERROR, Cadence.DAILY, None)
    assert as_read(never, NOW) is never
