"""What the parts of a simulated company share: rows, ids, chance, and how sick the company is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

Row = dict[str, Any]

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86400

# Ids have 19 digits, beyond what a double can hold; each kind counts in a range of its own.
_BASES: Final = {
    name: 1_000_000_000_000_000_000 + index * 50_000_000_000_000_000
    for index, name in enumerate(
        (
            "account",
            "site",
            "group",
            "agent",
            "threat",
            "event",
            "user",
            "service-user",
            "role",
            "activity",
            "package",
            "filter",
            "exclusion",
            "rogue",
            "alert",
            "note",
            "rule",
        )
    )
}


def identifier(kind: str, number: int) -> str:
    """The id of the `number`th thing of its kind; ascending, never consecutive."""
    return str(_BASES[kind] + number * 1_000_003 + (number * 7919) % 99_991)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a company is made of: its sizes, its luck, its point in time."""

    agents: int
    sites: int
    accounts: int
    threats: int
    users: int
    activities: int
    seed: int
    now: datetime
    day: int
    profile: str
    healthy: bool
    # Beyond what every company has: more groups, policies of their own for a percentage of them,
    # sites of clearly uneven size, and agents of which a percentage changes every day.
    groups: int | None = None
    own_policies: float | None = None
    uneven: bool = False
    drift: float | None = None
    # How far the clock moves from one day of life to the next.
    pace: timedelta = timedelta(0)

    def chance(self, area: str) -> Random:
        """A source of chance of its own for each area, so that one's size moves no other."""
        return Random(f"{self.seed}:{area}")


def uuid(random: Random) -> str:
    """A random UUID in its usual form."""
    text = f"{random.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"
