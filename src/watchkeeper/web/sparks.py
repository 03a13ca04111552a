"""A row of numbers as a small line: enough to see that it fell to nothing or doubled."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 96, 24
_PAD = 2


@dataclass(frozen=True, slots=True)
class Spark:
    """The points of a polyline in a box of WIDTH × HEIGHT, and what it says in words."""

    points: str
    words: str
    last: tuple[float, float]


def spark(values: Sequence[int]) -> Spark | None:
    """The line of these numbers, oldest first; None for fewer than two."""
    if len(values) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    high = max(*values, 1)
    step = (WIDTH - 2 * _PAD) / (len(values) - 1)
    places = [
        (
            round(_PAD + number * step, 1),
            round(HEIGHT - _PAD - (HEIGHT - 2 * _PAD) * value / high, 1),
        )
        for number, value in enumerate(values)
    ]
    words = (
        f"{len(values)} collections: from {values[0]:,} to {values[-1]:,} records, "
        f"{min(values):,} at least, {max(values):,} at most"
    )
    return Spark(" ".join(f"{x:g},{y:g}" for x, y in places), words, places[-1])
