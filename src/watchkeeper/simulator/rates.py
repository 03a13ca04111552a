"""How often a console may be asked, as its vendor publishes it, and who is asked too often."""

from collections import deque
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

# Path prefix below the API root: requests a second, and how many more may come at once. None:
# so many in any second and no more. What the vendor does not publish is held to ten a second.
PUBLISHED: Final[dict[str, tuple[float, int | None]]] = {
    "/accounts": (100, 10),
    "/activities": (10, 30),
    "/agents": (25, None),
    "/exclusions": (25, 25),
    "/export": (1, 30),
    "/rbac": (50, 100),
    "/service-users": (5, 10),
    "/sites": (100, 10),
    "/system/status": (1, None),
    "/threats": (10, 50),
    "/threats/": (100, 1000),
    "/update/agent/download": (2 / 60, 0),
    "/user": (2, 5),
    "/users": (40, 80),
}
_UNPUBLISHED: Final = (10.0, 10)
_LONGEST_FIRST: Final = sorted(PUBLISHED, key=len, reverse=True)


def prefix_of(path: str) -> str:
    """The published prefix that governs a path below the root, or its first part."""
    for prefix in _LONGEST_FIRST:
        if path.startswith(prefix):
            return prefix
    return "/" + path.strip("/").partition("/")[0]


@dataclass(slots=True)
class _Bucket:
    """Requests above the rate, which drain as time goes by; too many of them and it is full."""

    rate: float
    burst: int
    excess: float = 0.0
    last: float = 0.0

    def admits(self, moment: float) -> bool:
        excess = max(0.0, self.excess - (moment - self.last) * self.rate)
        if excess > self.burst:
            return False
        self.excess, self.last = excess + 1, moment
        return True


@dataclass(slots=True)
class _Window:
    """At most so many in any second."""

    most: int
    moments: deque[float] = field(default_factory=deque)

    def admits(self, moment: float) -> bool:
        while self.moments and moment - self.moments[0] >= 1:
            self.moments.popleft()
        if len(self.moments) >= self.most:
            return False
        self.moments.append(moment)
        return True


@dataclass(slots=True)
class Gate:
    """Stands before the console and turns away who asks more often than published."""

    ways: dict[str, _Bucket | _Window] = field(default_factory=dict)
    lock: Lock = field(default_factory=Lock)

    def admits(self, path: str, moment: float) -> bool:
        """Whether a request that came at that moment may pass; one turned away is not counted."""
        prefix = prefix_of(path)
        with self.lock:
            if prefix not in self.ways:
                rate, burst = PUBLISHED.get(prefix, _UNPUBLISHED)
                self.ways[prefix] = (
                    _Window(int(rate)) if burst is None else _Bucket(rate, burst, last=moment)
                )
            return self.ways[prefix].admits(moment)
