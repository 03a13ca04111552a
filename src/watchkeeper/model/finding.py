"""A finding: a failing item through time. Pure: what closes one, when one is due, how long it took.

Each assessment of a control is looked at once, in the order in which they were judged. A subject
that fails opens a finding, or keeps it open; one that no longer fails closes it, and how is told by
what it is now. What could not be judged changes nothing: it is neither fixed nor gone.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from watchkeeper.model.assessment import Outcome


class Closed(StrEnum):
    """How a finding ended."""

    FIXED = "fixed"  # the subject passes
    GONE = "gone"  # the subject is no longer there
    EXCEPTION = "exception"  # it fails still, and an exception covers it
    SCOPE = "scope"  # a scope rule, or a declaration, takes it out
    NOT_APPLICABLE = "not applicable"  # the control no longer asks about it


DUE_DAYS: Mapping[str, int] = {"critical": 3, "high": 14, "medium": 30, "low": 90}
"""Days to fix a finding by severity, where nobody set others (`due_days`). Our own choice: high is
the fortnight of Cyber Essentials and the Essential Eight; no framework fixes one for all."""

_OUT_OF_SCOPE = "out of scope"
_LEFT = ("decommissioned", "uninstalled")
_WEEKEND = (5, 6)


def ending(outcome: str | None, reason: str, exception: str) -> Closed | None:
    """How a finding ends whose subject now has that outcome; None while it does not.

    `outcome` is None for a subject that is no longer listed.
    """
    match outcome:
        case None:
            return Closed.GONE
        case Outcome.FAIL:
            return Closed.EXCEPTION if exception else None
        case Outcome.PASS:
            return Closed.FIXED
        case Outcome.NOT_APPLICABLE:
            if reason.startswith(_OUT_OF_SCOPE):
                return Closed.SCOPE
            return Closed.GONE if reason.startswith(_LEFT) else Closed.NOT_APPLICABLE
    return None


def due(opened: datetime, days: int, *, working_days: bool = False) -> datetime:
    """When a finding is due that was opened then (UTC).

    Counted in whole days from the moment, or in working days (Monday to Friday, UTC): these count
    from the first working day on, and end with the last of them.
    """
    if not working_days:
        return opened + timedelta(days=days)
    day = opened.astimezone(UTC).date()
    left = days
    while left > 0:
        day += timedelta(days=1)
        if day.weekday() not in _WEEKEND:
            left -= 1
    return datetime.combine(day, time.max, UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Judged:
    """One assessment of a control as far as it says whether the control could be observed.

    It answers from `as_of` (when what it rests on was read) for the freshness of its control; with
    None it could not answer. Times are UTC.
    """

    judged_at: datetime
    as_of: datetime | None
    freshness: timedelta


def observable(judged: Iterable[Judged], since: datetime, until: datetime) -> float:
    """The share (0 to 1) of a period in which the control had an answer that was fresh enough.

    From when each was judged until its data had grown too old, the next one was judged, or the
    period ended. Nothing in a period of no length.
    """
    ordered = sorted(judged, key=lambda each: each.judged_at)
    total = (until - since).total_seconds()
    if total <= 0:
        return 0.0
    covered = 0.0
    for position, each in enumerate(ordered):
        if each.as_of is None:
            continue
        following = ordered[position + 1].judged_at if position + 1 < len(ordered) else until
        begins = max(each.judged_at, since)
        ends = min(each.as_of + each.freshness, following, until)
        covered += max(0.0, (ends - begins).total_seconds())
    return min(1.0, covered / total)


def percentile(spans: Sequence[timedelta], share: float) -> timedelta | None:
    """The smallest span that at least that share of them does not exceed; None of none.

    The nearest-rank definition: always a span that did happen.
    """
    if not spans:
        return None
    rank = max(1, math.ceil(share * len(spans)))
    return sorted(spans)[rank - 1]
