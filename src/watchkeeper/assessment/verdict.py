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


def conclude(
    counts: Counts,
    problems: Sequence[str],
    *,
    first_unknown: Item | None = None,
    inputs: Mapping[str, int] | None = None,
) -> Conclusion:
    """The worst that is true (reference C.1).

    `problems` are faults of what the control reads; `first_unknown` is the item to name when there
    are unknown ones; `inputs` is how many rows each resource had that could be read whole.
    """
    if problems:
        listed = f" {_tally(counts)} are listed." if counts.total else ""
        return Conclusion(Result.ERROR, "; ".join(problems) + "." + listed)
    if counts.unknown:
        first = f", first {first_unknown.name}: {first_unknown.reason}" if first_unknown else ""
        return Conclusion(
            Result.ERROR,
            f"{_number(counts.unknown, 'subject')} of {counts.total:,} could not be judged{first}."
            + (f" {counts.failed:,} known to fail." if counts.failed else ""),
        )
    if counts.failed:
        judged = counts.passed + counts.failed
        return Conclusion(Result.FAIL, f"{counts.failed:,} of {judged:,} judged subjects fail.")
    if counts.passed:
        return Conclusion(Result.PASS, f"{_number(counts.passed, 'judged subject')}, all pass.")
    return Conclusion(Result.NOT_APPLICABLE, _nothing_judged(counts, inputs or {}))


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


def count(outcomes: Mapping[str, int]) -> Counts:
    """Counts from how often each outcome stands in a table of items."""
    return Counts(
        passed=outcomes.get(Outcome.PASS, 0),
        failed=outcomes.get(Outcome.FAIL, 0),
        not_applicable=outcomes.get(Outcome.NOT_APPLICABLE, 0),
        unknown=outcomes.get(Outcome.UNKNOWN, 0),
    )


def as_read(assessment: Assessment, now: datetime) -> Assessment:
    """The assessment as it must be shown at `now`: STALE when what it rests on is too old.

    An ERROR stays ERROR. What is sealed does not change.
    """
    if assessment.result is Result.ERROR or assessment.as_of is None:
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


def _words(span: timedelta) -> str:
    """Whole days from two days on, whole hours below."""
    hours = int(span.total_seconds() // 3600)
    return _number(hours // 24, "day") if hours >= 48 else _number(hours, "hour")  # noqa: PLR2004


def worst(results: Sequence[Result]) -> Result | None:
    """The worst of several results; None of none."""
    return min(results, key=lambda result: result.rank, default=None)
