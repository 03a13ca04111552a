"""The time, as an argument: the one place that asks the machine for it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Where a component gets its time from, and how it waits."""

    now: Callable[[], datetime] = _utc_now
    """The wall clock: an aware UTC datetime."""
    monotonic: Callable[[], float] = time.monotonic
    """Seconds that never go backwards, for timeouts and rate limits."""
    sleep: Callable[[float], None] = time.sleep
    """Waits that many seconds; a test moves its clock instead."""


SYSTEM_CLOCK = Clock()


def rfc3339(moment: datetime) -> str:
    """The moment in UTC as `2026-11-22T06:00:00.123456Z`; `moment` must be aware."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be written down")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
