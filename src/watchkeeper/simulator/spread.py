"""How a company can be spread: sites of clearly uneven size, and any number of groups."""

from math import sqrt
from random import Random
from typing import Final

from watchkeeper.simulator.world import Row

# What a group is for that came on top of the usual ones.
TEAM: Final = "team"

_LARGEST: Final = 1_000_000
_STEEPNESS: Final = 1.05
_KNUTH: Final = 2_654_435_761
_IN_TEAMS: Final = 0.6


def weigh(sites: list[Row], random: Random) -> None:
    """Shares with a long tail: of twenty open sites the largest holds three agents in ten.

    Chance says which site is how large; a closed one stays empty.
    """
    open_sites = [site for site in sites if site["_share"]]
    random.shuffle(open_sites)
    for rank, site in enumerate(open_sites, 1):
        site["_share"] = max(1, round(_LARGEST / rank**_STEEPNESS))


def apportion(count: int, shares: list[int]) -> list[int]:
    """How many of `count` groups each site has: one at least, large ones more; a closed one one."""
    weights = [sqrt(share) for share in shares]
    whole, extra = sum(weights), count - len(shares)
    if extra <= 0 or not whole:
        return [1] * len(shares)
    exact = [extra * weight / whole for weight in weights]
    counts = [int(number) for number in exact]
    by_rest = sorted(range(len(exact)), key=lambda i: (counts[i] - exact[i], i))
    for index in by_rest[: extra - sum(counts)]:
        counts[index] += 1
    return [1 + number for number in counts]


def team(teams: list[Row], number: int) -> Row | None:
    """The team of the agent of that number, if it is in one; the first teams are the largest.

    Worked out from the number, so that teams do not change what else chance makes of an agent.
    """
    luck = number * _KNUTH % 2**32 / 2**32 / _IN_TEAMS
    return teams[int(luck * luck * len(teams))] if teams and luck < 1 else None
