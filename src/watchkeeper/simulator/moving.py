"""Agents that move from site to site while a reader goes through them part by part."""

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from math import inf
from typing import Final

from watchkeeper.simulator import places
from watchkeeper.simulator.company import Company
from watchkeeper.simulator.query import Wish
from watchkeeper.simulator.times import stamp
from watchkeeper.simulator.world import Row, identifier

# Filters that divide agents into parts, by the field of a group that they name.
_PARTS: Final = {"siteIds": "siteId", "accountIds": "accountId", "groupIds": "id"}
_EVERYBODY: Final = {"isDecommissioned", "isUninstalled"}
_WINDOW: Final = {"createdAt__gte", "createdAt__lt"}
_EACH: Final = 3
_STANDING: Final = 70
_ARRIVAL: Final = 90
_LONG_AGO: Final = timedelta(days=100)


@dataclass(slots=True)
class Walk:
    """How far agents have been read: in each group up to which id, by whatever reader.

    Groups read in windows of time are kept apart: how far in which window is not told.
    """

    reached: dict[str, float] = field(default_factory=dict)
    in_windows: set[str] = field(default_factory=set)
    pages: int = 0

    def served(self, wish: Wish, rows: list[Row], groups: list[Row], *, ended: bool) -> None:
        """Note a page, if it belongs to a walk over all agents or over a part of them."""
        if wish.limit == 1 or wish.sort != "id" or wish.order != "asc":
            return
        if wish.names - _PARTS.keys() - _EVERYBODY - _WINDOW:
            return
        wanted = {_PARTS[name]: values for name, values in wish.where if name in _PARTS}
        last = inf if ended else int(rows[-1]["id"])
        inside = [
            group["id"]
            for group in groups
            if all(group[name] in values for name, values in wanted.items())
        ]
        self.pages += 1
        if wish.names & _WINDOW:
            self.in_windows.update(inside)
            return
        for identity in inside:
            self.reached[identity] = max(last, self.reached.get(identity, 0))
        if all(self.reached.get(group["id"]) == inf for group in groups):
            self.reached, self.pages = {}, 0  # that walk is over, the next one begins afresh

    @property
    def under_way(self) -> bool:
        """Whether a second page has been served and something is left to read."""
        return self.pages >= 2

    def passed(self, group: str, agent: Row) -> bool:
        """Whether who reads that group will not come to the agent's id any more."""
        return self.reached.get(group, 0) >= int(agent["id"])


def between_sites(
    company: Company, walk: Walk, moment: datetime, *, silently: bool = False
) -> Company:
    """The company once a few agents changed their site and one more registered, just now.

    Some go from where nobody has read yet to where somebody has, and some the other way: who reads
    site by site misses the former and meets the latter twice. Judgements stay as they are: an agent
    keeps its policy's modes, and no group becomes empty or inhabited by it.

    `silently`: their `updatedAt` does not tell, nobody is met twice, and for each that is missed
    an agent that is not new comes from elsewhere to where it will be met.
    """
    other = copy.copy(company)
    other.fleet = copy.copy(company.fleet)
    movers = _movers(company, walk, silently=silently)
    moved: dict[str, Row] = {}
    for agent, group in movers:
        site = next(s for s in company.places.sites if s["id"] == group["siteId"])
        moved[agent["id"]] = agent | {
            "accountId": site["accountId"],
            "accountName": site["accountName"],
            "siteId": site["id"],
            "siteName": site["name"],
            "groupId": group["id"],
            "groupName": group["name"],
            "updatedAt": agent["updatedAt"] if silently else stamp(moment),
        }
    rows = [moved.get(row["id"], row) for row in company.agents]
    if silently:
        arrived = [_arrival(other, walk, None, number) for number in range(len(movers))]
    else:
        arrived = [_arrival(other, walk, moment, 0)]
    other.agents = other.fleet.rows = rows + [row for row in arrived if row is not None]
    other.threats = [
        threat | {"_agent": moved[threat["agentId"]]} if threat["agentId"] in moved else threat
        for threat in company.threats
    ]
    other.places = places.recounted(company.places, other.agents)
    return other


def _movers(company: Company, walk: Walk, *, silently: bool) -> list[tuple[Row, Row]]:
    """Who moves, and to which group."""
    groups = {
        group["id"]: group for group in company.places.groups if group["id"] not in walk.in_windows
    }
    present = [
        row
        for row in company.agents
        if row["_n"] > _STANDING
        and row["groupId"] in groups
        and not row["isDecommissioned"]
        and not row["isUninstalled"]
    ]
    homes = Counter(row["groupId"] for row in present)
    inhabited = [groups[identity] for identity in homes]
    read = [row for row in present if walk.passed(row["groupId"], row)]
    unread = [row for row in present if not walk.passed(row["groupId"], row)]
    company.plan.chance("moving sites").shuffle(inhabited)

    def pairs(rows: list[Row], fits: Callable[[Row, Row], bool]) -> Iterator[tuple[Row, Row]]:
        for row in rows:
            if homes[row["groupId"]] < 2:
                continue
            for group in inhabited:
                if group["siteId"] != row["siteId"] and fits(group, row):
                    homes[row["groupId"]] -= 1
                    yield row, group
                    break

    # The first of those not read may be on their way to the reader already.
    latest = unread[::-1] if silently else unread
    missed = pairs(latest, lambda group, row: walk.passed(group["id"], row))
    again = pairs(read[::-1], lambda group, row: not walk.passed(group["id"], row))
    found = [*islice(missed, _EACH), *islice(again, 0 if silently else _EACH)]
    if (
        not found and not silently
    ):  # a reader who goes through all in one: whoever moves is met once
        found = [*islice(pairs(unread, lambda _group, _row: True), _EACH)]
    return found


def _arrival(company: Company, walk: Walk, moment: datetime | None, which: int) -> Row | None:
    """An agent that registers at that moment, in a site already read if there is one.

    Without a moment it is one that registered long ago, in the site of which least was read.
    """
    homes = {row["groupId"] for row in company.agents}
    groups = [
        group
        for group in company.places.groups
        if group["id"] in homes and group["id"] not in walk.in_windows
    ]
    choose = max if moment else min
    group = choose(groups, key=lambda group: walk.reached.get(group["id"], 0), default=None)
    if group is None:
        return None
    site = next(site for site in company.places.sites if site["id"] == group["siteId"])
    fleet, plan = company.fleet, company.plan
    fleet.random = plan.chance(f"moving sites {which}" if which else "moving sites")
    number = plan.agents + (plan.day + _ARRIVAL) * _EACH + which
    agent = fleet.agent(number, site, fresh=True)
    modes = dict(
        zip(("mitigationMode", "mitigationModeSuspicious"), fleet.modes[group["id"]], strict=True)
    )
    names = ("registeredAt", "createdAt", "lastActiveDate", "updatedAt")
    now = stamp(moment or fleet.moment - _LONG_AGO)
    home = {"groupId": group["id"], "groupName": group["name"]}
    return agent | {"id": identifier("agent", number)} | home | modes | dict.fromkeys(names, now)
