"""What the items of a control add up to. Pure: counts and problems in, result and reason out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from watchkeeper.model.assessment import Assessment, Counts, Item, Outcome, Result
from watchkeeper.model.control import Cadence


@dataclass(frozen=True, slots=True)
class Conclusion:
    """A result and why it is that one, in words."""

    result: Result
    reason: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """How much may be wrong before the result says so; each failing item stays a deviation.

    `failing` items without an exception; `unknown_percent` of all items, 0 to 1 (reference C.1).
    """

    failing: int = 0
    unknown_percent: float = 0.0


def conclude(
    counts: Counts,
    problems: Sequence[str],
    *,
    first_unknown: Item | None = None,
    inputs: Mapping[str, int] | None = None,
    allowed: Allowed = Allowed(),
) -> Conclusion:
    """The worst that is true (reference C.1).

    `problems` are faults of what the control reads; `first_unknown` is the item to name when there
    are unknown ones; `inputs` is how many rows each resource had that could be read whole.
    """
    if problems:
        listed = f" {_tally(counts)} are listed." if counts.total else ""
        return Conclusion(Result.ERROR, "; ".join(problems) + "." + listed)
    if counts.unknown > allowed.unknown_percent / 100 * counts.total:
        first = f", first {first_unknown.name}: {first_unknown.reason}" if first_unknown else ""
        return Conclusion(
            Result.ERROR,
            f"{_number(counts.unknown, 'subject')} of {counts.total:,} could not be judged{first}."
            + (f" {counts.failed:,} known to fail." if counts.failed else ""),
        )
    unknown = f" {counts.unknown:,} could not be judged." if counts.unknown else ""
    if counts.failed:
        return _failing(counts, allowed, unknown)
    if counts.passed:
        judged = _number(counts.passed, "judged subject")
        return Conclusion(Result.PASS, f"{judged}, all pass.{unknown}")
    return Conclusion(Result.NOT_APPLICABLE, _nothing_judged(counts, inputs or {}))


def _failing(counts: Counts, allowed: Allowed, unknown: str) -> Conclusion:
    judged = counts.passed + counts.failed
    excepted = f" {counts.excepted:,} of them are excepted." if counts.excepted else ""
    words = f"{counts.failed:,} of {judged:,} judged subjects fail.{excepted}"
    if counts.open > allowed.failing:
        return Conclusion(Result.FAIL, words + unknown)
    if counts.open:
        words += f" {counts.open:,} are not excepted, within the tolerance of {allowed.failing:,}."
    return Conclusion(Result.PASS_WITH_EXCEPTIONS, words + unknown)


def _nothing_judged(counts: Counts, inputs: Mapping[str, int]) -> str:
    if counts.not_applicable:
        return (
            f"Every subject is outside the population: {counts.not_applicable:,} listed, each with "
            "the rule that excludes it."
        )
    empty = [name for name, rows in inputs.items() if not rows]
    if inputs and len(empty) == len(inputs):
        return (
            f"The console has none: {_listed(empty)} {'is' if len(empty) == 1 else 'are'} empty "
            "in a complete collection."
        )
    filled = [f"{name} ({rows})" for name, rows in inputs.items() if rows]
    if not filled:
        return "The control lists no subject."
    without = f", none in {_listed(empty)}" if empty else ""
    return f"The control lists no subject; there are rows in {_listed(filled)}{without}."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def _number(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _tally(counts: Counts) -> str:
    words = [f"{number} {word}" for word, number in counts.as_json().items() if number]
    return ", ".join(words).replace("_", " ")


def count(outcomes: Mapping[str, int], excepted: int = 0) -> Counts:
    """Counts from how often each outcome stands in a table of items."""
    return Counts(
        passed=outcomes.get(Outcome.PASS, 0),
        failed=outcomes.get(Outcome.FAIL, 0),
        not_applicable=outcomes.get(Outcome.NOT_APPLICABLE, 0),
        unknown=outcomes.get(Outcome.UNKNOWN, 0),
        excepted=excepted,
    )


def as_read(assessment: Assessment, now: datetime) -> Assessment:
    """The assessment as it must be shown at `now`: STALE when what it rests on is too old.

    Where an exception that it rests on has expired since, it is FAIL until it is judged again;
    an ERROR stays ERROR. What is sealed does not change.
    """
    if assessment.result is Result.ERROR:
        return assessment
    until = assessment.holds_until
    if until is not None and until <= now:
        assessment = _expired(assessment, until)
    if assessment.as_of is None:
        return assessment
    age = now - assessment.as_of
    limit = Cadence(assessment.cadence).freshness
    if age <= limit:
        return assessment
    reason = (
        f"The data is {_words(age)} old, {assessment.cadence} controls allow {_words(limit)}; "
        f"it was {assessment.result.value}: {assessment.reason}"
    )
    return replace(assessment, result=Result.STALE, reason=reason)


def _expired(assessment: Assessment, until: datetime) -> Assessment:
    words = f"on {until:%Y-%m-%d %H:%M} UTC; it has not been judged since. It was"
    was = f"{words} {assessment.result.value}: {assessment.reason}"
    if assessment.result is Result.NOT_APPLICABLE:
        reason = f"The declaration that it does not apply expired {was}"
        return replace(assessment, result=Result.ERROR, reason=reason)
    if assessment.result is Result.PASS_WITH_EXCEPTIONS:
        reason = f"An exception expired {was}"
        return replace(assessment, result=Result.FAIL, reason=reason)
    return assessment


def _words(span: timedelta) -> str:
    """Whole days from two days on, whole hours below."""
    hours = int(span.total_seconds() // 3600)
    return _number(hours // 24, "day") if hours >= 48 else _number(hours, "hour")  # noqa: PLR2004


def worst(results: Sequence[Result]) -> Result | None:
    """The worst of several results; None of none."""
    return min(results, key=lambda result: result.rank, default=None)
