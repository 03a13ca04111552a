"""Alerts of custom detection rules, in every state of triage."""

from datetime import datetime, timedelta
from typing import Final

from watchkeeper.simulator.times import ago, stamp
from watchkeeper.simulator.world import Plan, Row, identifier

# Severity, incident status, verdict, hours since it was reported.
_SICK: Final = (
    ("Critical", "Unresolved", "Undefined", 1.2),
    ("Critical", "Unresolved", "Undefined", 9.5),
    ("High", "Unresolved", "Undefined", 700.5),
    ("High", "In progress", "Undefined", 30.5),
    ("High", "Resolved", "True positive", 100.5),
    ("Medium", "Unresolved", "Undefined", 12.5),
    ("Medium", "Unresolved", "Undefined", 60.5),
    ("Medium", "Unresolved", "Suspicious", 60.5),
    ("Low", "Resolved", "False positive", 300.5),
    ("Low", "Resolved", "Undefined", 900.5),
    ("Critical", "Resolved", "True positive", 2000.5),
    ("Low", "Unresolved", "Undefined", 1500.5),
)
_HEALTHY: Final = (_SICK[0], _SICK[3], _SICK[4], _SICK[5], _SICK[8])
_RULES: Final = ("Mass file rename", "LSASS access", "=cmd|' /C calc'!A0", "New local admin")


def build(plan: Plan, agents: list[Row]) -> list[Row]:
    """All alerts on day 0, the oldest first as the console numbered them."""
    if not agents:
        return []
    kinds = _HEALTHY if plan.healthy else _SICK
    count = max(len(kinds), plan.threats // 8)
    drawn = [kinds[number % len(kinds)] for number in range(count)]
    drawn.sort(key=lambda kind: -kind[3])
    random = plan.chance("alerts")
    return [
        alert(plan, number, random.choice(agents), *kind[:3], plan.now - timedelta(hours=kind[3]))
        for number, kind in enumerate(drawn)
    ]


def alert(
    plan: Plan, number: int, agent: Row, severity: str, status: str, verdict: str, at: datetime
) -> Row:
    """One alert that was reported then."""
    touched = status != "Unresolved" or verdict != "Undefined"
    return {
        "_n": number,
        "_agent": agent,
        "id": identifier("alert", number),
        "severity": severity,
        "incidentStatus": status,
        "analystVerdict": verdict,
        "createdAt": stamp(at - timedelta(seconds=20)),
        # The oldest records tell only when it was made.
        "reportedAt": None if number % 9 == 4 else stamp(at),
        "updatedAt": stamp(min(plan.now, at + timedelta(hours=2)) if touched else at),
        "osType": agent["osType"],
        **{name: agent[name] for name in ("siteId", "siteName", "accountId", "groupId")},
    }


def live(rows: list[Row], plan: Plan, agents: list[Row], day: int) -> list[Row]:
    """A day later: two more, and an open one was triaged."""
    random = plan.chance(f"alerts:{day}")
    following = list(rows)
    waiting = [
        i
        for i, row in enumerate(following)
        if row["incidentStatus"] == "Unresolved" and row["analystVerdict"] == "Undefined"
    ]
    for index in waiting if plan.healthy else random.sample(waiting, min(1, len(waiting))):
        done = {"incidentStatus": "Resolved", "analystVerdict": "True positive"}
        following[index] = following[index] | done | {"updatedAt": ago(plan.now, 50)}
    for offset in range(2 if agents else 0):
        number, severity = len(rows) + 10_000 * day + offset, random.choice(("High", "Low"))
        at = plan.now - timedelta(seconds=45 - offset)
        following.append(
            alert(plan, number, random.choice(agents), severity, "Unresolved", "Undefined", at)
        )
    return following


def record(row: Row) -> Row:
    """The full record, nested as the console nests it."""
    agent, number = row["_agent"], row["_n"]
    known = {
        "name": agent["computerName"],
        "os": row["osType"],
        "uuid": agent["uuid"],
        "machineType": agent["machineType"],
        "siteId": row["siteId"],
    }
    return {
        "alertInfo": {
            "alertId": row["id"],
            "incidentStatus": row["incidentStatus"],
            "analystVerdict": row["analystVerdict"],
            "createdAt": row["createdAt"],
            "reportedAt": row["reportedAt"],
            "updatedAt": row["updatedAt"],
            "source": "STAR",
            "eventType": "PROCESSCREATION",
            "hitType": "Events",
            "dvEventId": f"{number:026d}",
            "isEdr": True,
        },
        "ruleInfo": {
            "id": identifier("rule", number % len(_RULES)),
            "name": _RULES[number % len(_RULES)],
            "description": "",
            "severity": row["severity"],
            "treatAsThreat": "UNDEFINED",
            "scopeLevel": "account",
        },
        "agentRealtimeInfo": known | {"id": agent["id"], "siteName": row["siteName"]},
        "agentDetectionInfo": known | {"version": agent["agentVersion"]},
        "sourceProcessInfo": {"name": "powershell.exe", "user": "NORTHWIND\\user"},
        "targetProcessInfo": {},
    }
