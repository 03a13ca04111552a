"""Agents that move from site to site while a reader goes through them part by part."""

import copy
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
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
_EACH: Final = 3
_STANDING: Final = 70
_ARRIVAL: Final = 90


@dataclass(slots=True)
class Walk:
    """How far agents have been read: in each group up to which id, by whatever reader."""

    reached: dict[str, float] = field(default_factory=dict)
    pages: int = 0

    def served(self, wish: Wish, rows: list[Row], groups: list[Row], *, ended: bool) -> None:
        """Note a page, if it belongs to a walk over all agents or over a part of them."""
        if wish.limit == 1 or wish.sort != "id" or wish.order != "asc":
            return
        if wish.names - _PARTS.keys() - _EVERYBODY:
            return
        wanted = {_PARTS[name]: values for name, values in wish.where if name in _PARTS}
        last = inf if ended else int(rows[-1]["id"])
        for group in groups:
            if all(group[name] in values for name, values in wanted.items()):
                self.reached[group["id"]] = max(last, self.reached.get(group["id"], 0))
        self.pages += 1
        if all(self.reached.get(group["id"]) == inf for group in groups):
            self.reached, self.pages = {}, 0  # that walk is over, the next one begins afresh

    @property
    def under_way(self) -> bool:
        """Whether a second page has been served and something is left to read."""
        return self.pages >= 2

    def passed(self, group: str, agent: Row) -> bool:
        """Whether who reads that group will not come to the agent's id any more."""
        return self.reached.get(group, 0) >= int(agent["id"])


def between_sites(company: Company, walk: Walk, moment: datetime) -> Company:
    """The company once a few agents changed their site and one more registered, just now.

    Some go from where nobody has read yet to where somebody has, and some the other way: who reads
    site by site misses the former and meets the latter twice. Judgements stay as they are: an agent
    keeps its policy's modes, and no group becomes empty or inhabited by it.
    """
    other = copy.copy(company)
    other.fleet = copy.copy(company.fleet)
    movers = _movers(company, walk)
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
            "updatedAt": stamp(moment),
        }
    rows = [moved.get(row["id"], row) for row in company.agents]
    arrival = _arrival(other, walk, moment)
    other.agents = other.fleet.rows = rows + arrival
    other.threats = [
        threat | {"_agent": moved[threat["agentId"]]} if threat["agentId"] in moved else threat
        for threat in company.threats
    ]
    other.places = places.recounted(company.places, other.agents)
    return other


def _movers(company: Company, walk: Walk) -> list[tuple[Row, Row]]:
    """Who moves, and to which group."""
    groups = {group["id"]: group for group in company.places.groups}
    present = [
        row
        for row in company.agents
        if row["_n"] > _STANDING and not row["isDecommissioned"] and not row["isUninstalled"]
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

    missed = pairs(unread, lambda group, row: walk.passed(group["id"], row))
    again = pairs(read[::-1], lambda group, row: not walk.passed(group["id"], row))
    found = [*islice(missed, _EACH), *islice(again, _EACH)]
    if not found:  # a reader who goes through all in one: whoever moves is met once
        found = [*islice(pairs(unread, lambda _group, _row: True), _EACH)]
    return found


def _arrival(company: Company, walk: Walk, moment: datetime) -> list[Row]:
    """An agent that registers this moment, in a site already read if there is one."""
    homes = {row["groupId"] for row in company.agents}
    groups = [group for group in company.places.groups if group["id"] in homes]
    group = max(groups, key=lambda group: walk.reached.get(group["id"], 0), default=None)
    if group is None:
        return []
    site = next(site for site in company.places.sites if site["id"] == group["siteId"])
    fleet, plan = company.fleet, company.plan
    fleet.random = plan.chance("moving sites")
    number = plan.agents + (plan.day + _ARRIVAL) * 3
    agent = fleet.agent(number, site, fresh=True)
    modes = dict(
        zip(("mitigationMode", "mitigationModeSuspicious"), fleet.modes[group["id"]], strict=True)
    )
    now = stamp(moment)
    times = dict.fromkeys(("registeredAt", "createdAt", "lastActiveDate", "updatedAt"), now)
    home = {"groupId": group["id"], "groupName": group["name"]}
    return [agent | {"id": identifier("agent", number)} | home | modes | times]
