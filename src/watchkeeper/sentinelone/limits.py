"""How patient and how polite the client is: time limits, tries, published rate limits."""

from collections.abc import Callable
from dataclasses import dataclass, field

# Requests a second and burst, per path prefix, longest prefix first
# (reference section 8; what the vendor does not publish is taken as 10 a second).
PUBLISHED_RATES: tuple[tuple[str, float, int], ...] = (
    ("/update/agent/download", 2 / 60, 1),
    ("/service-users", 5, 10),
    ("/system/status", 1, 1),
    ("/activities", 10, 30),
    ("/accounts", 100, 10),
    ("/threats/", 100, 1000),
    ("/threats", 10, 50),
    ("/agents", 25, 1),
    ("/sites", 100, 10),
    ("/users", 40, 80),
    ("/rbac", 50, 100),
    ("/user", 2, 5),
    ("/", 10, 10),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds.

    The defaults end a run against a silent console within four minutes: three tries of at most
    60 s, their pauses, and one probe of at most 30 s.
    """

    connect: float = 10.0
    silence: float = 30.0
    total: float = 60.0
    tries: int = 3
    throttled_tries: int = 6
    pause: float = 1.0
    longest_pause: float = 30.0
    longest_retry_after: float = 60.0
    rates: tuple[tuple[str, float, int], ...] = field(default=PUBLISHED_RATES)


def rate_of(path: str, rates: tuple[tuple[str, float, int], ...]) -> tuple[str, float, int]:
    """The rate that governs a path: (prefix, requests a second, burst)."""
    for prefix, rate, burst in rates:
        if path.startswith(prefix):
            return prefix, rate, burst
    raise ValueError(f"no rate for {path}: the list must end with '/'")


class Pacer:
    """A token bucket per path prefix: says how long to wait before the next request."""

    def __init__(
        self, rates: tuple[tuple[str, float, int], ...], monotonic: Callable[[], float]
    ) -> None:
        """`monotonic`: seconds that never go backwards."""
        self._rates = rates
        self._monotonic = monotonic
        self._free: dict[str, tuple[float, float]] = {}

    def delay(self, path: str) -> float:
        """Takes a turn for the path and returns the seconds to wait before using it."""
        prefix, rate, burst = rate_of(path, self._rates)
        now = self._monotonic()
        tokens, last = self._free.get(prefix, (float(burst), now))
        tokens = min(float(burst), tokens + (now - last) * rate) - 1.0
        self._free[prefix] = (tokens, now)
        return 0.0 if tokens >= 0 else -tokens / rate
