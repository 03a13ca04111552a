"""POL: what policies demand of agents, and who said that they may."""

from collections.abc import Iterator
from typing import Final

from watchkeeper.simulator.hashing import settings_hash
from watchkeeper.simulator.times import read
from watchkeeper.simulator.truth.view import (
    DAY,
    FAIL,
    NA,
    PASS,
    UNKNOWN,
    Items,
    View,
    active,
    each_agent,
    moment,
    told,
)
from watchkeeper.simulator.world import Row

_ENGINES: Final = (
    "reputation preExecution preExecutionSuspicious executables dataFiles exploits penetration"
    " lateralMovement"
).split()
_CHANGED: Final = frozenset(
    (39, 41, 56, 57, 68, 69, 73, 76, 78, 79, 82, 83, 84, 87, 105, 116, 150, 151, 5011, 5024, 5044)
)


def _protects(value: object) -> str:
    if value is None:
        return UNKNOWN
    return PASS if value == "protect" else FAIL


def _homes(view: View) -> dict[str, list[Row]]:
    """The agents of the active population by their group."""
    homes: dict[str, list[Row]] = {}
    for agent in view.agents():
        if active(agent):
            homes.setdefault(agent["groupId"], []).append(agent)
    return homes


def _inhabited(view: View) -> Iterator[tuple[str, Row | None]]:
    """Every group, with its effective policy when an agent of the active population is in it."""
    homes = _homes(view)
    for group in view.groups():
        policy = view.company.policies.effective("group", group["id"])
        yield f"group:{group['id']}", policy if group["id"] in homes else None


def _mode(view: View, field: str) -> Items:
    yield from each_agent(view, lambda _, agent: _protects(agent[field]))
    for subject, policy in _inhabited(view):
        yield subject, NA if policy is None else _protects(policy[field])


def malicious(view: View) -> Items:
    """POL-01: malicious threats are blocked."""
    return _mode(view, "mitigationMode")


def suspicious(view: View) -> Items:
    """POL-02: suspicious ones too."""
    return _mode(view, "mitigationModeSuspicious")


def tamper(view: View) -> Items:
    """POL-03: agents protect themselves."""
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


def _all(values: list[bool | None]) -> str:
    """Pass when all hold; what is not known counts only where nothing fails."""
    if False in values:
        return FAIL
    return UNKNOWN if None in values else PASS


def engines(view: View) -> Items:
    """POL-04: every engine that is required is on."""
    for subject, policy in _inhabited(view):
        if policy is None:
            yield subject, NA
            continue
        states = [policy["engines"].get(name) for name in _ENGINES]
        yield subject, _all([None if state is None else state == "on" for state in states])


def telemetry(view: View) -> Items:
    """POL-05: what is needed afterwards is recorded."""
    homes = _homes(view)
    for subject, policy in _inhabited(view):
        if policy is None:
            yield subject, NA
            continue
        names = ["ioc", "scanNewAgents", "agentLoggingOn"]
        if any(agent["osType"] == "windows" for agent in homes[subject.partition(":")[2]]):
            names.append("snapshotsOn")
        yield subject, _all([policy[name] for name in names])


def _owners(view: View) -> Iterator[tuple[str, str]]:
    """Every scope with a policy of its own that the token can ask for."""
    sites = {site["id"] for site in view.sites()}
    groups = {group["id"] for group in view.groups()}
    for level, scope in view.company.policies.own:
        # A console that serves policies by a filter only is not asked for the tenant's.
        above = view.site is None and not (level == "tenant" and view.profile == "documented")
        visible = {"site": scope in sites, "group": scope in groups}
        if visible.get(level, above):
            yield level, scope


def _place(activity: Row) -> tuple[str, str]:
    """The scope that an entry of the log is about: the narrowest it names."""
    for level in ("group", "site", "account"):
        if activity[f"{level}Id"]:
            return level, activity[f"{level}Id"]
    return "tenant", ""


def authorised(view: View) -> Items:
    """POL-06: every policy is as it was approved, or its change was."""
    changes: dict[tuple[str, str], list[Row]] = {}
    for activity in view.activities():
        if activity["activityType"] in _CHANGED:
            changes.setdefault(_place(activity), []).append(activity)
    for level, scope in _owners(view):
        name = f"{level}:{scope}" if scope else level
        yield f"policy:{name}", _authorised(view, (level, scope), name, changes)


def _authorised(
    view: View,
    key: tuple[str, str],
    name: str,
    changes: dict[tuple[str, str], list[Row]],
) -> str:
    baselines = view.attestations("policy_baseline", name)
    if not baselines:
        return FAIL
    baseline = baselines[-1]
    policy = view.company.policies.own[key]
    if told(baseline).get("sha256") == settings_hash(policy, view.profile):
        return PASS
    approved = moment(baseline["decided_at"])
    later = [
        (created, each["id"])
        for each in changes.get(key, ())
        if (created := read(each["createdAt"])) is not None
        and approved is not None
        and created > approved
    ]
    if not later:
        return FAIL
    open_ones = [
        created
        for created, identity in later
        if not view.attestations("policy_change", f"activity:{identity}")
    ]
    if not open_ones:
        return PASS
    return NA if view.now - min(open_ones) < 2 * DAY else FAIL
