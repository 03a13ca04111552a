"""COV: every asset has an agent, devices found are handled, who left was meant to, licences."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from watchkeeper.simulator.agent import domain, interfaces
from watchkeeper.simulator.times import read
from watchkeeper.simulator.truth.view import (
    DAY,
    FAIL,
    NA,
    PASS,
    SKEW,
    SYSTEMS,
    UNKNOWN,
    Items,
    View,
    active,
    moment,
)
from watchkeeper.simulator.world import Row

_LEAVING: Final = {47, 51, 52, 54, 55}
_RETIRED: Final = frozenset(
    "retired disposed decommissioned scrapped lost stolen sold inactive wiped".split()
)
_JUNK: Final = frozenset(
    "NONE NA UNKNOWN DEFAULTSTRING SYSTEMSERIALNUMBER TOBEFILLEDBYOEM NOTSPECIFIED NOTAVAILABLE"
    " INVALID 123456789 1234567890".split()
)
Key = tuple[str, ...]
Stated = Mapping[str, Any]


def _serial(text: object) -> set[Key]:
    if not isinstance(text, str):
        return set()
    kept = re.sub(r"[^A-Z0-9]", "", text.upper())
    if len(kept) < 4 or kept in _JUNK or len(set(kept)) == 1:
        return set()
    return {(kept,)}


def _macs(texts: object) -> set[Key]:
    if not isinstance(texts, list | tuple):
        return set()
    kept = (re.sub(r"[^0-9a-f]", "", str(text).lower()) for text in texts)
    return {(mac,) for mac in kept if len(mac) == 12 and mac not in {"0" * 12, "f" * 12}}


def _names(text: object, domain_: object) -> set[Key]:
    """The short name with its domain, and without one where neither gives any."""
    if not isinstance(text, str):
        return set()
    name, _, rest = text.lower().partition(".")
    where = (domain_.lower() if isinstance(domain_, str) else "") or rest
    return {(name.strip(), where)} if name.strip() else set()


@dataclass(slots=True)
class _Step:
    """One way to tell a machine: the keys of assets, and the agents that have each key."""

    keys: Callable[[Stated], set[Key]]
    live: dict[Key, list[Row]] = field(default_factory=dict)
    owners: Counter[Key] = field(default_factory=Counter)


def _steps(view: View, assets: list[Stated]) -> list[_Step]:
    steps = [
        _Step(lambda asset: _serial(asset["serial_number"])),
        _Step(lambda asset: _macs(asset["mac_addresses"])),
        _Step(lambda asset: _names(asset["name"], asset["domain"])),
    ]
    for agent in filter(active, view.agents()):
        ours = domain(agent)
        cards = [card["physical"] for card in interfaces(agent["_n"])]
        # An agent's own name decides nothing about its domain.
        short: set[Key] = {
            (name, (ours or "").lower()) for name, _ in _names(agent["computerName"], "x")
        }
        any_domain: set[Key] = {(name, "") for name, _ in short}
        keys: tuple[set[Key], ...] = (
            _serial(agent["serialNumber"]),
            _macs(cards),
            short | any_domain,
        )
        for step, each in zip(steps, keys, strict=True):
            for key in each:
                step.live.setdefault(key, []).append(agent)
    for asset in assets:
        if not _retired(asset):
            for step in steps:
                step.owners.update(step.keys(asset))
    return steps


def _retired(asset: Stated) -> bool:
    return str(asset["status"] or "").lower() in _RETIRED


def _match(asset: Stated, steps: list[_Step]) -> tuple[str, list[Row]]:
    """Outcome of looking for its agent, and the agents found."""
    ambiguous, keyed = False, False
    for step in steps:
        keys = step.keys(asset)
        keyed = keyed or bool(keys)
        found = {a["id"]: a for key in keys for a in step.live.get(key, ())}
        if any(step.owners[key] > 1 for key in keys):
            ambiguous = ambiguous or bool(found)
        elif found:
            return PASS, list(found.values())
    return UNKNOWN if ambiguous or not keyed else FAIL, []


def covered(view: View) -> Items | None:
    """COV-01: every asset has a live agent; None when no list was ever loaded."""
    assets = view.stated("assets")
    return None if assets is None else _covered(view, assets)


def _covered(view: View, assets: list[Stated]) -> Items:
    steps = _steps(view, assets)
    matched: set[str] = set()
    for asset in assets:
        subject = f"asset:{asset['id']}"
        age = view.age(asset["listed_at"])
        outcome, found = _match(asset, steps)
        # An asset that needs no agent may have one for all that.
        matched |= {agent["id"] for agent in found}
        if _retired(asset) or view.attestations("not_at_risk", subject):
            yield subject, NA
        elif age is None or age > 35 * DAY:
            yield subject, UNKNOWN
        else:
            yield subject, outcome
    for agent in view.agents():
        if active(agent) and agent["id"] not in matched:
            yield f"agent:{agent['id']}", NA


def _handled(view: View, rogue: Row) -> str:
    state, system = rogue["managedState"], rogue["osType"]
    if state in {"managed", "unsupported"} or (system is not None and system not in SYSTEMS):
        return NA
    age = view.age(rogue["firstSeen"])
    if state is None or system is None or age is None:
        return UNKNOWN
    return PASS if age <= 7 * DAY else FAIL


def handled(view: View) -> Items | None:
    """COV-02: devices without an agent are handled; None when they are not shown."""
    if "rogues" in view.unread:
        return None
    return ((f"rogue:{each['id']}", _handled(view, each)) for each in view.rogues())


def left(view: View) -> Items:
    """COV-03: agents that left were meant to leave; nothing without an earlier look."""
    if view.earlier is None:
        return
    now = {agent["id"]: agent for agent in view.agents()}
    said: dict[str, list[Row]] = {}
    for activity in view.company.activities:
        if activity["activityType"] in _LEAVING and activity["agentId"]:
            said.setdefault(activity["agentId"], []).append(activity)
    for former in view.agents(view.earlier):
        if not active(former):
            continue
        subject, agent = f"agent:{former['id']}", now.get(former["id"])
        if (agent is not None and active(agent)) or view.attestations("agent_retired", subject):
            yield subject, PASS
            continue
        newest = max(
            said.get(former["id"], ()), key=lambda a: read(a["createdAt"]) or view.now, default=None
        )
        yield subject, _reason(former, newest, view.now)


def _reason(former: Row, activity: Row | None, now: datetime) -> str:
    """Whether the console's log explains why the agent is gone."""
    if activity is None or activity["activityType"] == 55:
        return FAIL
    when = read(activity["createdAt"])
    if when is not None and when > now + SKEW:
        return UNKNOWN
    if activity["activityType"] != 47:
        return PASS
    seen, gone = read(former["lastActiveDate"]), read(activity["createdAt"])
    if seen is None or gone is None:
        return UNKNOWN
    return PASS if gone - seen >= 28 * DAY else FAIL


def _valid(view: View, site: Row) -> str:
    if site["state"] is None:
        return UNKNOWN
    if site["state"] != "active":
        return FAIL
    outcomes = []
    if site["unlimitedLicenses"] is not True:
        used, paid = site["activeLicenses"], site["totalLicenses"]
        known = used is not None and paid is not None
        outcomes.append(UNKNOWN if not known else FAIL if used > paid else PASS)
    if site["unlimitedExpiration"] is not True:
        end = moment(site["expiration"])
        soon = end is not None and end - view.now <= 30 * DAY
        outcomes.append(UNKNOWN if end is None else FAIL if soon else PASS)
    return FAIL if FAIL in outcomes else UNKNOWN if UNKNOWN in outcomes else PASS


def valid(view: View) -> Items:
    """COV-04: sites and their licences are valid."""
    return ((f"site:{site['id']}", _valid(view, site)) for site in view.sites())
