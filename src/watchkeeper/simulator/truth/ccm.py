"""CCM: the monitor itself works."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Final

from watchkeeper.simulator.truth.log import Collected
from watchkeeper.simulator.truth.view import (
    DAY,
    FAIL,
    HOUR,
    NA,
    PASS,
    UNKNOWN,
    Items,
    View,
    privileged,
)

# How often each is collected, those that are not collected daily.
INTERVALS: Final[Mapping[str, timedelta]] = {
    "threats": HOUR,
    "timelines": HOUR,
    "activities": 6 * HOUR,
    "activity_types": 6 * HOUR,
    "alerts": 6 * HOUR,
    "threat_notes": 6 * HOUR,
}
OPTIONAL: Final = frozenset(
    "rogues alerts unified_exclusions sso_settings syslog_settings system".split()
)


def _attempts(view: View, name: str, attempts: list[Collected]) -> str:
    interval = INTERVALS.get(name, DAY)
    newest = attempts[-1]
    if newest[1] in {"denied", "unlicensed"} and name in OPTIONAL:
        return NA
    if newest[1] != "complete" or view.now - newest[3] > max(2 * interval, 3 * HOUR):
        return FAIL
    ends = [attempt[3] for attempt in attempts if attempt[1] == "complete"]
    for before, after in pairwise(ends):
        if after >= view.now - 7 * DAY and after - before > 2 * interval + HOUR:
            return FAIL
    return PASS


def works(
    view: View, collected: Sequence[Collected], clock_offset_ms: float | None = None
) -> Items:
    """CCM-01: each resource, the clock, the token and the last restore."""
    by_name: dict[str, list[Collected]] = {}
    for each in sorted(collected, key=lambda each: each[3]):
        by_name.setdefault(each[0], []).append(each)
    for name, attempts in by_name.items():
        yield f"resource:{name}", _attempts(view, name, attempts)
    if clock_offset_ms is None:
        yield "clock", UNKNOWN
    else:
        yield "clock", PASS if abs(clock_offset_ms) <= 2000 else FAIL
    yield "token", FAIL if privileged(view, view.company.people.me) else PASS
    restores = view.attestations("restore_test", "")
    ages = [view.age(restore["decided_at"]) for restore in restores]
    recent = any(age is not None and age <= 90 * DAY for age in ages)
    yield "restore", PASS if recent else FAIL
