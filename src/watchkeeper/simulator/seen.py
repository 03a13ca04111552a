"""What a console was asked and when: the figures a reader of it is measured by."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from watchkeeper.simulator.rates import prefix_of

ROOT: Final = "/web/api/v2.1"


@dataclass(slots=True)
class Seen:
    """A request the console received; status 0 while it is unanswered."""

    method: str
    path: str
    query: dict[str, list[str]]
    status: int = 0
    # When it arrived, in seconds that never go backwards.
    at: float = 0.0

    @property
    def question(self) -> str:
        """Path and query in one; the same question in another order is the same."""
        query = "&".join(f"{n}={','.join(v)}" for n, v in sorted(self.query.items()))
        return f"{self.path}?{query}" if query else self.path


def busiest(moments: Iterable[float]) -> int:
    """The most of these moments that lie within any one second."""
    ordered = sorted(moments)
    most = first = 0
    for index, moment in enumerate(ordered):
        while moment - ordered[first] >= 1:
            first += 1
        most = max(most, index - first + 1)
    return most


def repeated(requests: Iterable[Seen]) -> dict[str, int]:
    """Questions answered well more than once, and how often.

    Counts and what the console says of itself are left out: to ask those twice is no waste.
    """
    answered = Counter(
        seen.question
        for seen in requests
        if seen.status == 200
        and not seen.path.startswith(f"{ROOT}/system/")
        and not seen.path.endswith("/count")
        and seen.query.get("countOnly") != ["true"]
    )
    return {question: times for question, times in answered.items() if times > 1}


def summary(requests: list[Seen]) -> dict[str, Any]:
    """Figures of all requests, by the prefixes that have a rate of their own."""
    moments: dict[str, list[float]] = {}
    for seen in requests:
        path = seen.path.removeprefix(ROOT)
        moments.setdefault(prefix_of(path), []).append(seen.at)
    return {
        "requests": len(requests),
        "by_prefix": {prefix: len(each) for prefix, each in sorted(moments.items())},
        "busiest_second": {prefix: busiest(each) for prefix, each in sorted(moments.items())},
        "by_status": dict(sorted(Counter(str(seen.status) for seen in requests).items())),
        "repeated": sum(times - 1 for times in repeated(requests).values()),
    }
