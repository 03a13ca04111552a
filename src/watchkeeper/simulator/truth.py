"""What the controls must find, worked out in plain Python from the company itself."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from watchkeeper.simulator.company import Company
from watchkeeper.simulator.times import read
from watchkeeper.simulator.world import Row

PASS, FAIL, NA, UNKNOWN = "pass", "fail", "not_applicable", "unknown"
Items = Iterator[tuple[str, str]]

_SKEW = timedelta(minutes=5)
_DAY = timedelta(days=1)
_LEAVING = {47, 51, 52, 54, 55}
_PRIVILEGED = {"Users", "Roles", "Policy", "Service Users", "Accounts", "Sites"}


@dataclass(frozen=True, slots=True)
class View:
    """The part of a company that the token sees, and what was seen before."""

    company: Company
    earlier: Company | None
    site: str | None
    profile: str

    @property
    def now(self) -> datetime:
        """The moment of judgement."""
        return self.company.now

    def agents(self, company: Company | None = None) -> list[Row]:
        """Every agent visible, those that left included."""
        rows = (company or self.company).agents
        return [r for r in rows if self.site in (None, r["siteId"])]

    def groups(self) -> list[Row]:
        """Every group visible."""
        return [g for g in self.company.places.groups if self.site in (None, g["siteId"])]

    def threats(self) -> list[Row]:
        """Every threat visible."""
        return [t for t in self.company.threats if self.site in (None, t["siteId"])]

    def users(self) -> list[Row]:
        """Every user visible."""
        users = self.company.people.users
        return [u for u in users if self.site is None or self.site in u["_scopes"]]


def _active(agent: Row) -> bool:
    return agent["isDecommissioned"] is False and agent["isUninstalled"] is False


def _agents(view: View, judge: Callable[[View, Row], str]) -> Items:
    for agent in view.agents():
        yield f"agent:{agent['id']}", judge(view, agent) if _active(agent) else NA


def _new(view: View, agent: Row) -> bool:
    registered = read(agent["registeredAt"])
    return registered is not None and view.now - registered < _DAY


def _silence_limit(agent: Row) -> timedelta:
    return _DAY if agent["machineType"] in {"server", "kubernetes node"} else 14 * _DAY


def _reports(view: View, agent: Row) -> str:
    if _new(view, agent):
        return NA
    seen = read(agent["lastActiveDate"])
    if seen is None or seen > view.now + _SKEW:
        return UNKNOWN
    return PASS if view.now - seen <= _silence_limit(agent) else FAIL


def _enabled(view: View, agent: Row) -> str:
    reporting = _reports(view, agent)
    if reporting in {NA, UNKNOWN}:
        return reporting
    if reporting == FAIL:
        return NA
    if agent["operationalState"] is None:
        return UNKNOWN
    return PASS if agent["operationalState"] == "na" else FAIL


def _needs(agent: Row) -> bool | None:
    actions, permissions = agent["userActionsNeeded"], agent["missingPermissions"]
    if actions is None or permissions is None:
        return None
    return any(value != "none" for value in [*actions, *permissions])


def _equipped(view: View, before: dict[str, Row]) -> Items:
    for agent in view.agents():
        subject = f"agent:{agent['id']}"
        reporting = _reports(view, agent) if _active(agent) else NA
        if reporting != PASS:
            yield subject, UNKNOWN if reporting == UNKNOWN else NA
            continue
        needs = _needs(agent)
        former = before.get(agent["id"])
        if needs is None:
            yield subject, UNKNOWN
        elif not needs:
            yield subject, PASS
        elif former is not None and _needs(former) is False:
            yield subject, NA
        else:
            yield subject, FAIL


def _left(view: View, earlier: Company) -> Items:
    now = {agent["id"]: agent for agent in view.agents()}
    said: dict[str, list[Row]] = {}
    for activity in view.company.activities:
        if activity["activityType"] in _LEAVING and activity["agentId"]:
            said.setdefault(activity["agentId"], []).append(activity)
    for former in view.agents(earlier):
        if not _active(former):
            continue
        subject, agent = f"agent:{former['id']}", now.get(former["id"])
        if agent is not None and _active(agent):
            yield subject, PASS
            continue
        newest = max(
            said.get(former["id"], ()), key=lambda a: read(a["createdAt"]) or view.now, default=None
        )
        yield subject, _reason(former, newest)


def _reason(former: Row, activity: Row | None) -> str:
    """Whether the console's log explains why the agent is gone."""
    if activity is None or activity["activityType"] == 55:
        return FAIL
    if activity["activityType"] != 47:
        return PASS
    seen, gone = read(former["lastActiveDate"]), read(activity["createdAt"])
    if seen is None or gone is None:
        return UNKNOWN
    return PASS if gone - seen >= 28 * _DAY else FAIL


def _version(text: object) -> tuple[int, ...] | None:
    if not isinstance(text, str) or not re.fullmatch(r"\d+(\.\d+)*", text):
        return None
    return tuple(int(part) for part in text.split("."))


def _baselines(view: View) -> dict[str, tuple[int, ...]]:
    best: dict[str, tuple[int, ...]] = {}
    for package in view.company.packages:
        created, version = read(package["createdAt"]), _version(package["version"])
        if package["status"] != "ga" or created is None or version is None:
            continue
        if view.now - created > 30 * _DAY:
            best[package["osType"]] = max(version, best.get(package["osType"], version))
    return best


def _current(view: View, agent: Row, baselines: dict[str, tuple[int, ...]]) -> str:
    if _new(view, agent):
        return NA
    cluster = agent["osType"] == "linux" and str(agent["machineType"]).startswith("kubernetes")
    baseline = baselines.get("linux_k8s" if cluster else agent["osType"])
    version = _version(agent["agentVersion"])
    if baseline is None or version is None:
        return UNKNOWN
    return PASS if version >= baseline else FAIL


def _protects(value: object) -> str:
    if value is None:
        return UNKNOWN
    return PASS if value == "protect" else FAIL


def _inhabited(view: View) -> Iterator[tuple[str, Row | None]]:
    """Every group, with its effective policy when an agent of the active population is in it."""
    homes = {agent["groupId"] for agent in view.agents() if _active(agent)}
    for group in view.groups():
        policy = view.company.policies.effective("group", group["id"])
        yield f"group:{group['id']}", policy if group["id"] in homes else None


def _mode(view: View, field: str) -> Items:
    yield from _agents(view, lambda _, agent: _protects(agent[field]))
    for subject, policy in _inhabited(view):
        yield subject, NA if policy is None else _protects(policy[field])


def _tamper(view: View) -> Items:
    for subject, policy in _inhabited(view):
        if policy is None:
            yield subject, NA
        elif policy["antiTamperingOn"] is None:
            yield subject, UNKNOWN
        else:
            on = policy["antiTamperingOn"] is True
            allowed = policy["allowUnprotectByApprovedProcess"] is True
            # The console of 2024 does not know the exception, nor tell of it.
            hidden = view.profile == "2024"
            yield subject, PASS if on and (hidden or not allowed) else FAIL


def _changes(threat: Row) -> list[tuple[datetime, Row]]:
    events = [e for e in threat["_events"] if e["activityType"] == 2028]
    timed = [(moment, e["data"]) for e in events if (moment := read(e["createdAt"]))]
    return sorted(timed, key=lambda pair: pair[0])


def _closed_in_time(view: View, threat: Row) -> str:
    confidence, status = threat["confidenceLevel"], threat["incidentStatus"]
    created = read(threat["createdAt"])
    if confidence is None or status is None or created is None:
        return UNKNOWN
    hours = 168
    if confidence == "malicious":
        if threat["mitigationStatus"] is None:
            return UNKNOWN
        hours = 24 if threat["mitigationStatus"] == "not_mitigated" else 72
    start, resolved = created, None
    for moment, data in _changes(threat):
        if data["newIncidentStatus"] == "resolved":
            resolved = moment
        elif data["oldIncidentStatus"] == "resolved":
            start = moment
    deadline = start + timedelta(hours=hours)
    if status != "resolved":
        return NA if deadline > view.now else FAIL
    if deadline < view.now - 30 * _DAY:
        return NA
    if resolved is not None:
        return PASS if resolved <= deadline else FAIL
    updated = read(threat["updatedAt"])
    return PASS if updated is not None and updated <= deadline else UNKNOWN


def _dead(view: View, threat: Row) -> str:
    if threat["confidenceLevel"] is None:
        return UNKNOWN
    if threat["confidenceLevel"] != "malicious":
        return NA
    created = read(threat["createdAt"])
    if threat["mitigationStatus"] is None or threat["incidentStatus"] is None or created is None:
        return UNKNOWN
    loose = threat["mitigationStatus"] == "not_mitigated" and threat["incidentStatus"] != "resolved"
    return FAIL if loose and view.now - created > _DAY else PASS


def _second_factor(user: Row) -> str:
    if user["isSystem"] is True:
        return NA
    if user["source"] is None:
        return UNKNOWN
    if user["source"] != "mgmt":
        return FAIL
    configured = user["twoFaConfigured"]
    if configured is None and user["twoFaStatus"] is not None:
        configured = user["twoFaStatus"] == "configured"
    if user["twoFaEnabled"] is None or configured is None:
        return UNKNOWN
    return PASS if user["twoFaEnabled"] and configured else FAIL


def _privileged(view: View, user: Row) -> bool:
    for scope in user["scopeRoles"]:
        pages = view.company.people.pages.get(scope["roleId"])
        if pages is None:
            if "admin" in scope["roleName"].lower():
                return True
            continue
        for page in pages:
            for permission in page["permissions"]:
                place, _, what = permission["identifier"].rpartition(".")
                if permission["value"] and place in _PRIVILEGED and what != "view":
                    return True
    return False


def _awake(view: View, user: Row) -> str:
    if user["isSystem"] is True:
        return NA
    if user["lastLogin"] is None:
        joined = read(user["dateJoined"])
        if joined is None:
            return UNKNOWN
        return PASS if view.now - joined <= 30 * _DAY else FAIL
    last = read(user["lastLogin"])
    if last is None or last > view.now + _SKEW:
        return UNKNOWN
    limit = 45 if _privileged(view, user) else 90
    return PASS if view.now - last <= limit * _DAY else FAIL


def _result(counts: Counter[str]) -> str:
    if counts[UNKNOWN]:
        return "ERROR"
    if counts[FAIL]:
        return "FAIL"
    return "PASS" if counts[PASS] else "NOT_APPLICABLE"


def truth(
    company: Company,
    earlier: Company | None = None,
    *,
    visible_site: str | None = None,
    profile: str | None = None,
) -> dict[str, dict[str, Any]]:
    """Result, items and counts of every control."""
    view = View(company, earlier, visible_site, profile or company.profile)
    before = {a["id"]: a for a in view.agents(earlier)} if earlier else {}
    baselines = _baselines(view)
    threats, users = view.threats(), view.users()
    found: dict[str, Items] = {
        "COV-03": _left(view, earlier) if earlier else iter(()),
        "HLT-01": _agents(view, _reports),
        "HLT-02": _agents(view, _enabled),
        "HLT-03": _equipped(view, before),
        "VER-01": _agents(view, lambda v, a: _current(v, a, baselines)),
        "POL-01": _mode(view, "mitigationMode"),
        "POL-02": _mode(view, "mitigationModeSuspicious"),
        "POL-03": _tamper(view),
        "DET-02": ((f"threat:{t['id']}", _closed_in_time(view, t)) for t in threats),
        "DET-03": ((f"threat:{t['id']}", _dead(view, t)) for t in threats),
        "ACC-01": ((f"user:{u['id']}", _second_factor(u)) for u in users),
        "ACC-02": ((f"user:{u['id']}", _awake(view, u)) for u in users),
    }
    told: dict[str, dict[str, Any]] = {}
    for control, outcomes in found.items():
        items = dict(outcomes)
        counts = Counter(items.values())
        told[control] = {"result": _result(counts), "items": items, "counts": dict(counts)}
    return told
