"""How policies drift and agents are brought up to date, day by day."""

from datetime import datetime
from typing import Any, Final

from watchkeeper.simulator.fleet import train
from watchkeeper.simulator.packages import TRAINS
from watchkeeper.simulator.state import State
from watchkeeper.simulator.times import ago
from watchkeeper.simulator.world import Row

# By the day modulo eight: which of three groups, the activity, and what is different afterwards.
_DRIFT: Final[dict[int, tuple[int, int, dict[str, Any]]]] = {
    2: (0, 69, {"mitigationMode": "detect"}),
    3: (1, 76, {"antiTamperingOn": False}),
    4: (0, 69, {"mitigationMode": "protect"}),
    5: (2, 68, {"exploits": "off"}),
    6: (1, 76, {"antiTamperingOn": True}),
    7: (0, 79, {"agentLoggingOn": False}),
    0: (2, 68, {"exploits": "on"}),
    1: (0, 79, {"agentLoggingOn": True}),
}


def policies(company: State, day: int, rows: dict[str, Row], moment: datetime) -> None:
    """One group's policy is changed, and what was changed before is sometimes changed back."""
    which, kind, change = _DRIFT[day % 8]
    homes = {
        row["groupId"]
        for row in rows.values()
        if not row["isDecommissioned"] and not row["isUninstalled"]
    }
    owned = company.policies.own
    # In the order in which they have always stood, so that a change finds its way back.
    groups = [g for g in company.places.groups if ("group", g["id"]) in owned]
    groups = [g for g in groups if g["id"] in homes] or groups
    if not groups:
        return
    group = groups[which % len(groups)]
    key = ("group", group["id"])
    former = owned[key]
    if "exploits" in change:
        change = {"engines": former["engines"] | change}
    editor = {"updatedAt": ago(moment, 0), "userFullName": "Jonas Keller"}
    company.policies.own = owned | {key: former | change | editor}
    _tell(company, kind, moment, group)
    if "mitigationMode" in change:
        _follow(company, rows, group, former["mitigationMode"], change["mitigationMode"])


def _tell(company: State, kind: int, moment: datetime, group: Row) -> None:
    """The log names the group and all that is above it."""
    site = next(site for site in company.places.sites if site["id"] == group["siteId"])
    row = company.log.write(kind, moment)
    row |= {
        "accountId": site["accountId"],
        "accountName": site["accountName"],
        "siteId": site["id"],
        "siteName": site["name"],
        "groupId": group["id"],
        "groupName": group["name"],
    }


def _follow(company: State, rows: dict[str, Row], group: Row, old: str, new: str) -> None:
    """Agents of the group take over its mode, those that had it before."""
    suspicious = company.fleet.modes[group["id"]][1]
    company.fleet.modes = company.fleet.modes | {group["id"]: (new, suspicious)}
    for identity, row in list(rows.items()):
        if row["groupId"] == group["id"] and row["mitigationMode"] == old:
            rows[identity] = company.change(row, mitigationMode=new)


def upgrade(company: State, row: Row) -> Row:
    """What is different once the agent was brought up to date, if it was on that day."""
    plan = company.plan
    versions = TRAINS.get(train(row["osType"], row["machineType"]))
    if plan.day < 5 or versions is None or row["agentVersion"] not in versions.current[:2]:
        return {}
    if not plan.healthy and (row["_n"] * 7 + plan.day) % 9:
        return {}
    return {"agentVersion": versions.current[2]}
