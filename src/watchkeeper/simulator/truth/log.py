"""LOG: the console's log is whole and kept, and what is sensitive in it is looked at."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from watchkeeper.simulator.times import read
from watchkeeper.simulator.truth.view import DAY, FAIL, NA, PASS, UNKNOWN, Items, View, moment, told

# Resource, verdict, begun, ended, and from when until when it reaches where that is known.
Collected = tuple[str, str, datetime, datetime, tuple[datetime, datetime] | None]

_SENSITIVE: Final = frozenset(
    (
        *(42, 54, 67, 69, 76, 107, 108, 109, 112, 117, 140, 141, 142, 146),
        *(3008, 3009, 3010, 3011, 3016, 3017, 3018, 3019, 3020, 3021, 3201),
    )
)


def kept(view: View, collected: Sequence[Collected]) -> Items | None:
    """LOG-01: the log as we collected it; None when no collection of it is complete."""
    attempts = sorted((c for c in collected if c[0] == "activities"), key=lambda c: c[3])
    whole = [c for c in attempts if c[1] == "complete" and c[4] is not None]
    if not whole:
        return None
    return _kept(view, collected, attempts, [(c[3], *c[4]) for c in whole if c[4] is not None])


def _kept(
    view: View,
    collected: Sequence[Collected],
    attempts: list[Collected],
    whole: list[tuple[datetime, datetime, datetime]],
) -> Items:
    tiles = all(later[1] <= before[2] for before, later in pairwise(whole))
    for _, verdict, begun, ended, window in attempts:
        if verdict == "complete":
            continue
        # One that came to nothing at once had no window yet: who reads past it reads it again.
        first, last = window or (begun, begun)
        again = any(end > ended and since <= first and last <= until for end, since, until in whole)
        tiles = tiles and again
    yield "log:windows", PASS if tiles else FAIL
    newest = max(until for _, _, until in whole)
    yield "log:newest", PASS if newest >= view.now - DAY else FAIL
    first = min(since for _, since, _ in whole)
    watching = view.now - min(c[2] for c in collected)
    if view.now - first >= 365 * DAY:
        yield "log:kept", PASS
    else:
        yield "log:kept", NA if watching < 365 * DAY else FAIL
    yield "log:months", PASS if _every_month(view, first, whole) else FAIL


def _every_month(
    view: View, first: datetime, whole: list[tuple[datetime, datetime, datetime]]
) -> bool:
    """Whether each calendar month has a day that was read."""
    day = first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    months: dict[tuple[int, int], bool] = {}
    while day <= view.now:
        covered = any(since < day + DAY and until > day for _, since, until in whole)
        month = (day.year, day.month)
        months[month] = months.get(month, False) or covered
        day += timedelta(days=1)
    return all(months.values())


def _reviewed(view: View, identity: str, created: datetime) -> bool:
    if view.attestations("activity_review", f"activity:{identity}"):
        return True
    for review in view.attestations("activity_review", ""):
        until = moment(told(review).get("until"))
        if until is not None and until >= created:
            return True
    return False


def reviewed(view: View) -> Items:
    """LOG-02: sensitive actions of the last thirty days, and whether the log goes elsewhere."""
    for activity in view.activities():
        if activity["activityType"] not in _SENSITIVE:
            continue
        subject, created = f"activity:{activity['id']}", read(activity["createdAt"])
        if created is None:
            yield subject, UNKNOWN
        elif view.now - created <= 30 * DAY:
            if _reviewed(view, activity["id"], created):
                yield subject, PASS
            else:
                yield subject, NA if view.now - created <= 7 * DAY else FAIL
    stated = bool(view.attestations("log_forwarding", ""))
    if "syslog-settings" not in view.unread:
        on = view.company.settings.syslog["enabled"]
        yield "settings:syslog", PASS if on or stated else FAIL
    elif stated:
        yield "settings:syslog", PASS
