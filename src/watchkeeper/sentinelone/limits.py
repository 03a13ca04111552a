"""How patient and how polite the client is: time limits, tries, published rate limits."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from threading import Lock

from watchkeeper.errors import UsageError

# Requests a second and burst, per path prefix, longest prefix first
# (reference section 8; what the vendor does not publish is taken as 10 a second).
PUBLISHED_RATES: tuple[tuple[str, float, int], ...] = (
    ("/update/agent/download", 2 / 60, 1),
    ("/service-users", 5, 10),
    ("/system/status", 1, 1),
    ("/activities", 10, 30),
    ("/exclusions", 25, 25),
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

_PUBLISHED = frozenset(prefix for prefix, _, _ in PUBLISHED_RATES)

# Requests left evenly spaced arrive less so: a little below the limit is never above it.
_MARGIN = 0.96
# Seconds.
RECOVERY = 120.0
_SECOND = 1.0
# Requests that come late, at most, beside the one that is in time.
_LATE = 4
_A_MOMENT = 1e-6  # what a clock does not tell apart
# Several 429 within this share of the time of recovery are one lesson: many walks learn it at once.
_ONE_LESSON = 1 / 60
_SMALLEST_SHARE = 1 / 16


@dataclass(frozen=True, slots=True)
class Limits:
    """Times in seconds; `walks` is how many requests may be under way at once, whatever they are.

    `recovery` is how long a rate takes from nothing to the published one after a 429: one halving
    is made up for in half of it.

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
    walks: int = 20
    recovery: float = RECOVERY
    rates: tuple[tuple[str, float, int], ...] = field(default=PUBLISHED_RATES)


def slower(rates: Iterable[str]) -> tuple[tuple[str, float, int], ...]:
    """The published rates with some of them lowered, each given as `/agents=5` (a second).

    Raises UsageError for what is no rate, and for one above the vendor's.
    """
    lowered = list(PUBLISHED_RATES)
    for text in rates:
        path, _, number = text.partition("=")
        try:
            rate = float(number)
        except ValueError:
            rate = math.nan
        if not path.startswith("/") or not 0 < rate < math.inf:
            raise UsageError(
                f"--rate {text!r} is no rate.", hint="Give a path and a number: /agents=5."
            )
        prefix, published, _ = rate_of(path, PUBLISHED_RATES)
        if rate > published:
            raise UsageError(
                f"--rate {text}: the vendor allows {published:g} a second on {prefix}.",
                hint="Give less, or leave it out.",
            )
        lowered = [(path, rate, 1), *(each for each in lowered if each[0] != path)]
    # The longest prefix is found first.
    return tuple(sorted(lowered, key=lambda each: -len(each[0])))


def rate_of(path: str, rates: tuple[tuple[str, float, int], ...]) -> tuple[str, float, int]:
    """The rate that governs a path: (prefix, requests a second, burst)."""
    for prefix, rate, burst in rates:
        if path.startswith(prefix):
            return prefix, rate, burst
    raise ValueError(f"no rate for {path}: the list must end with '/'")


def rates_of(path: str, rates: tuple[tuple[str, float, int], ...]) -> list[tuple[str, float, int]]:
    """Every rate a path is held to: what was asked for on the command line, then the vendor's."""
    found = []
    for each in rates:
        if path.startswith(each[0]):
            found.append(each)
            if each[0] in _PUBLISHED:
                break
    return found


def interval(path: str, rates: tuple[tuple[str, float, int], ...]) -> float:
    """The seconds between two requests that are asked as often as is allowed; 0 within a burst."""
    return max(0.0 if burst > 1 else 1 / rate for _, rate, burst in rates_of(path, rates))


class _Uses:
    """When the turns of one rate were really used, and when the next may be.

    It is a bucket, of which only the moment is kept when all that was used is made up for. A rate
    without a burst is held to its number within any second besides, and then a few may come as one:
    whoever wakes a little late would lose his turn otherwise. In a second is what was sent in it,
    however long ago it was allowed, and all that is still to be sent: who cannot connect keeps his
    place in it until that has failed.
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate * _MARGIN
        self._spare = (burst - 1 or _LATE) / self._rate
        self._even = -math.inf
        self._most = max(1, round(self._rate)) if burst == 1 else math.inf
        self._within = max(_SECOND, 1 / rate) if burst == 1 else 0.0
        self._sent: deque[float] = deque()
        self._latest = -math.inf
        self._unsent = 0

    def wait(self, now: float) -> float:
        """The seconds until one more may be used."""
        while self._sent and self._sent[0] + self._within - now <= _A_MOMENT:
            self._sent.popleft()
        seldom = 0.0
        if self._unsent + len(self._sent) >= self._most:
            seldom = self._sent[0] + self._within - now if self._sent else 1 / self._rate
        return max(0.0, seldom, self._even - self._spare - now)

    def since(self, now: float) -> float:
        """The seconds since one was sent: 0 while one is to be, infinite before the first."""
        return 0.0 if self._unsent else now - self._latest

    def note(self, now: float) -> None:
        """One more is used, and is to be sent."""
        self._even = max(self._even, now) + 1 / self._rate
        self._unsent += 1

    def sent(self, now: float) -> None:
        """One of those that were to be sent was, or never will be."""
        self._unsent -= 1
        self._latest = now
        self._sent.append(now)


@dataclass(slots=True)
class _Pace:
    """How one prefix is asked: free turns and when that was, the share of its rate since when."""

    turns: float
    at: float
    uses: _Uses
    share: float = 1.0
    since: float = 0.0


class Pacer:
    """A token bucket per path prefix: says how long to wait before the next request.

    A prefix that answers 429 is asked half as often from then on, and gets its rate back little
    by little. Threads may share it.
    """

    def __init__(
        self,
        rates: tuple[tuple[str, float, int], ...],
        monotonic: Callable[[], float],
        recovery: float = RECOVERY,
    ) -> None:
        """`monotonic`: seconds that never go backwards; `recovery` as in the limits."""
        self._rates = rates
        self._recovery = recovery
        self._monotonic = monotonic
        self._paces: dict[str, _Pace] = {}
        self._lock = Lock()

    def turns(self, path: str) -> Iterator[float]:
        """Takes a turn of each rate the path is held to; yields the seconds to wait for each."""
        for prefix, published, burst in rates_of(path, self._rates):
            with self._lock:
                now = self._monotonic()
                pace = self._pace(prefix, published, burst, now)
                margin = _MARGIN if burst > 1 else 1.0  # the other kind is held below it when used
                rate = published * margin * self._share(pace, now)
                pace.turns = min(float(burst), pace.turns + (now - pace.at) * rate) - 1.0
                pace.at = now
                wait = 0.0 if pace.turns >= 0 else -pace.turns / rate
            yield wait

    def use(self, path: str) -> float:
        """Uses the turns that were taken: 0, else the seconds after which to try it again.

        Who waited in between, for a processor or for one of few places, may come in the same
        moment as others, and only what is asked in the end must not exceed a rate. Who got 0 tells
        `sent` of it.
        """
        with self._lock:
            now = self._monotonic()
            held_to = rates_of(path, self._rates)
            uses = [self._paces[prefix].uses for prefix, _, _ in held_to]
            wait = max(each.wait(now) for each in uses)
            if wait > _A_MOMENT:
                return wait
            for each in uses:
                each.note(now)
            return 0.0

    def sent(self, path: str) -> None:
        """What the turns were used for has left, or will not: once for each use."""
        with self._lock:
            now = self._monotonic()
            for prefix, _, _ in rates_of(path, self._rates):
                self._paces[prefix].uses.sent(now)

    def idle(self, path: str) -> float:
        """The seconds since something was sent at the path's rates, by whomever.

        0 while something is to be sent, infinite before the first.
        """
        with self._lock:
            paces = [self._paces.get(prefix) for prefix, _, _ in rates_of(path, self._rates)]
            now = self._monotonic()
            return min(math.inf if each is None else each.uses.since(now) for each in paces)

    def throttled(self, path: str) -> None:
        """Halves the rates the path is held to: the console answered 429."""
        with self._lock:
            now = self._monotonic()
            for prefix, published, burst in rates_of(path, self._rates):
                pace = self._pace(prefix, published, burst, now)
                if pace.share < 1.0 and now - pace.since < self._recovery * _ONE_LESSON:
                    continue  # several walks were told the same
                pace.share = max(_SMALLEST_SHARE, self._share(pace, now) / 2)
                pace.since = now
                pace.turns = min(pace.turns, 0.0)

    def _pace(self, prefix: str, rate: float, burst: int, now: float) -> _Pace:
        """That of a prefix, from its first request on."""
        if prefix not in self._paces:
            self._paces[prefix] = _Pace(float(burst), now, _Uses(rate, burst))
        return self._paces[prefix]

    def _share(self, pace: _Pace, now: float) -> float:
        """The share of the published rate that is used now."""
        return min(1.0, pace.share + max(0.0, now - pace.since) / self._recovery)


_pacers: dict[tuple[object, ...], Pacer] = {}
_pacers_lock = Lock()


def pacer_of(console: str, limits: Limits, monotonic: Callable[[], float]) -> Pacer:
    """The one pacer of this process for a console (its host and port), at these rates.

    A rate is the console's own: whoever asks it, for whatever, takes turns with all others. It is
    kept for good, so that the next run does not begin as if nothing had been asked.
    """
    with _pacers_lock:
        key = (console, limits.rates, limits.recovery, monotonic)
        if key not in _pacers:
            _pacers[key] = Pacer(limits.rates, monotonic, limits.recovery)
        return _pacers[key]
