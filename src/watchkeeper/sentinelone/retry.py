"""Whether to ask again, and when: a pure decision about one failure."""

from dataclasses import dataclass
from enum import Enum

from watchkeeper.sentinelone.limits import Limits


class Failure(Enum):
    """Why a request gave nothing usable, sorted by what asking again may bring."""

    THROTTLED = "429 too many requests"
    UNAVAILABLE = "server error"
    BROKEN = "broken transfer"
    MALFORMED = "malformed answer"
    TIMED_OUT = "time-out"
    UNREACHABLE = "no connection"


@dataclass(frozen=True, slots=True)
class Wait:
    """Ask again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not ask again; `why` completes "gave up …"."""

    why: str


def next_step(
    failure: Failure,
    *,
    attempt: int,
    limits: Limits,
    jitter: float,
    retry_after: float | None = None,
) -> Wait | GiveUp:
    """What to do after the `attempt`-th try (from 1) failed; `jitter` is in [0, 1).

    The pause doubles, capped, and is shortened by up to half at random so that many clients do
    not come back together; never shorter than what the console asked for in `Retry-After`.
    """
    tries = limits.throttled_tries if failure is Failure.THROTTLED else limits.tries
    if attempt >= tries:
        return GiveUp(f"after {attempt} tries")
    if retry_after is not None and retry_after > limits.longest_retry_after:
        return GiveUp(f"because the console asks to wait {retry_after:.0f} s")
    pause = min(limits.longest_pause, limits.pause * 2 ** (attempt - 1)) * (1 - jitter / 2)
    return Wait(max(pause, retry_after or 0.0))
