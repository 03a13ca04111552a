"""A day on which many agents change: the fields that controls look at, and a few others.

Without it a company's day touches a dozen agents, which is enough for the truth and too little to
measure what keeping every day costs.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from watchkeeper.simulator.fleet import NEEDS, STATES, train
from watchkeeper.simulator.packages import TRAINS
from watchkeeper.simulator.times import stamp
from watchkeeper.simulator.world import HOUR, Row

Values = dict[str, Any]

# Below that number stand the cases that every company has; nothing disturbs them.
_STANDING: Final = 70


def _version(row: Row, random: Random) -> Values:
    versions = TRAINS[train(row["osType"], row["machineType"])]
    current = random.random() < 0.95
    choices = versions.current if current else versions.outdated
    others = [version for version in choices if version != row["agentVersion"]]
    return {"agentVersion": random.choice(others), "isUpToDate": current}


def _state(row: Row, random: Random) -> Values:
    ill = row["operationalState"] == "na" and random.random() < 0.2
    return {"operationalState": random.choice(STATES) if ill else "na"}


def _needs(row: Row, random: Random) -> Values:
    needy = not row["userActionsNeeded"] and random.random() < 0.2
    return {"userActionsNeeded": [random.choice(NEEDS)] if needy else []}


def _network(row: Row, _random: Random) -> Values:
    connected = row["networkStatus"] == "connected"
    return {"networkStatus": "disconnected" if connected else "connected"}


def _person(_row: Row, random: Random) -> Values:
    return {"lastLoggedInUserName": f"user{random.randrange(100_000)}"}


def _address(_row: Row, random: Random) -> Values:
    return {"externalIp": f"198.51.100.{random.randrange(1, 255)}"}


# One of these on top of the agent having reported, weighed by how often it happens.
_CHANGES: Final[tuple[tuple[Callable[[Row, Random], Values], int], ...]] = (
    (_version, 30),
    (_person, 25),
    (_address, 25),
    (_needs, 8),
    (_state, 6),
    (_network, 6),
)


def changes(rows: list[Row], percent: float, now: datetime, random: Random) -> dict[str, Values]:
    """By agent id, what is different after that day for `percent` of the agents present."""
    present = [
        row
        for row in rows
        if row["_n"] > _STANDING and not row["isDecommissioned"] and not row["isUninstalled"]
    ]
    count = min(len(present), round(len(rows) * percent / 100))
    kinds = [kind for kind, _ in _CHANGES]
    weights = [weight for _, weight in _CHANGES]
    drawn = random.sample(present, count)
    changed: dict[str, Values] = {}
    for row, kind in zip(drawn, random.choices(kinds, weights, k=count), strict=True):
        seen = now - timedelta(seconds=random.uniform(20, HOUR))
        reported: Values = {"lastActiveDate": stamp(seen), "isActive": True}
        changed[row["id"]] = reported | kind(row, random)
    return changed
