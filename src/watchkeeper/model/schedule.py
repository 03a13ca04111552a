"""When something is due: intervals, a connection's own turns, and what was begun last. Pure."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

AGAIN = timedelta(hours=1)
"""After what time something that could not be read whole is tried again."""

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_SPREAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Last:
    """When a resource was last begun to be collected, and whether the console answered it."""

    started: datetime
    answered: bool = True


def phase(name: str) -> timedelta:
    """Where a connection's turns lie, within a day: always the same, spread over all of it."""
    digest = hashlib.sha256(name.encode()).digest()
    return _SPREAD * (int.from_bytes(digest[:6]) / 2**48)


def next_due(started: datetime, interval: timedelta, phase: timedelta) -> datetime:
    """When something begun at `started` is to be begun again: never later than its interval.

    Turns lie an interval apart, moved by `phase`, so that a thousand connections do not start
    together, however they came to be. What was begun off its turn (the first time, after an
    outage, by hand) comes back to it in one or two shorter steps.
    """
    since_turn = (started - _EPOCH - phase) % interval
    left = interval - since_turn
    return started + (left if left >= interval / 4 else interval * 3 / 4)


def moments(
    last: Mapping[str, Last], intervals: Mapping[str, timedelta], phase: timedelta
) -> dict[str, datetime]:
    """By resource that was ever begun: when the schedule wants it again.

    What the console did not answer waits `AGAIN` at most.
    """
    found = {}
    for name, interval in intervals.items():
        if name not in last:
            continue
        seen = last[name]
        wanted = next_due(seen.started, interval, phase)
        found[name] = wanted if seen.answered else min(wanted, seen.started + AGAIN)
    return found


def due_resources(
    last: Mapping[str, Last], wanted: Mapping[str, datetime], names: Iterable[str], now: datetime
) -> list[str]:
    """Those of `names` to collect now, in that order.

    What was begun in the future says that the clock was wrong, then or now: it is done again.
    """
    return [
        name
        for name in names
        if name not in last or wanted[name] <= now or last[name].started > now
    ]
