"""HLT: agents report, are not disabled, lack nothing, and scanned their disks."""

from datetime import timedelta

from watchkeeper.simulator.agent import last_scan
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
    each_agent,
    in_cluster,
    new,
)
from watchkeeper.simulator.world import Row


def _silence_limit(agent: Row) -> timedelta:
    return DAY if agent["machineType"] in {"server", "kubernetes node"} else 14 * DAY


def _reports(view: View, agent: Row) -> str:
    if new(view, agent):
        return NA
    seen = read(agent["lastActiveDate"])
    if seen is None or seen > view.now + SKEW:
        return UNKNOWN
    return PASS if view.now - seen <= _silence_limit(agent) else FAIL


def reports(view: View) -> Items:
    """HLT-01: they reported lately."""
    return each_agent(view, _reports)


def _enabled(view: View, agent: Row) -> str:
    reporting = _reports(view, agent)
    if reporting in {NA, UNKNOWN}:
        return reporting
    if reporting == FAIL:
        return NA
    if agent["operationalState"] is None:
        return UNKNOWN
    return PASS if agent["operationalState"] == "na" else FAIL


def enabled(view: View) -> Items:
    """HLT-02: they are not disabled or broken."""
    return each_agent(view, _enabled)


def _needs(agent: Row) -> bool | None:
    actions, permissions = agent["userActionsNeeded"], agent["missingPermissions"]
    if actions is None or permissions is None:
        return None
    return any(value != "none" for value in [*actions, *permissions])


def equipped(view: View) -> Items:
    """HLT-03: they need nothing, or since the last collection only."""
    before = {a["id"]: a for a in view.agents(view.earlier)} if view.earlier else {}
    for agent in view.agents():
        subject = f"agent:{agent['id']}"
        reporting = _reports(view, agent) if active(agent) else NA
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


def _scanned(view: View, agent: Row) -> str:
    system = agent["osType"]
    if in_cluster(agent) or (system is not None and system not in SYSTEMS):
        return NA
    if system is None:
        return UNKNOWN
    if view.attestations("scan_not_required", "", system) or new(view, agent):
        return NA
    scan = last_scan(agent, view.now)
    if scan is None:
        return UNKNOWN if agent["scanStatus"] is None else FAIL
    age = view.age(scan)
    if age is None:
        return UNKNOWN
    return PASS if age <= 90 * DAY else FAIL


def scanned(view: View) -> Items:
    """HLT-04: their last full scan is recent."""
    return each_agent(view, _scanned)
