"""The ways in which an estate looks better than it is, each through collections in a locker.

Who is moved out of scope: `tests/statements/test_scope.py`.
"""

from datetime import timedelta
from typing import Any

import pytest

from tests.assessment.conftest import NOW, Collecting
from tests.rows import reaching
from watchkeeper.assessment import assess
from watchkeeper.controls import catalogue
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Result

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TOMORROW = NOW + DAY


def agent(number: int, **values: Any) -> dict[str, Any]:
    """An agent that reported an hour ago."""
    return {
        "id": str(number),
        "computer_name": f"LT-{number}",
        "machine_type": "laptop",
        "os_type": "windows",
        "group_id": "g1",
        "group_name": "Default Group",
        "mitigation_mode": "protect",
        "operational_state": "na",
        "last_active_at": NOW - HOUR,
        "registered_at": NOW - 90 * DAY,
        "last_scan_at": NOW - 9 * DAY,
        "is_decommissioned": False,
        "is_uninstalled": False,
        "user_actions_needed": [],
        "missing_permissions": [],
        **values,
    }


def threat(number: int, **values: Any) -> dict[str, Any]:
    """A malicious one of nine days ago that was resolved within the hour."""
    return {
        "id": str(number),
        "confidence_level": "malicious",
        "mitigation_status": "mitigated",
        "incident_status": "resolved",
        "analyst_verdict": "true_positive",
        "created_at": NOW - 9 * DAY,
        "updated_at": NOW - 9 * DAY + HOUR,
        **values,
    }


def change(number: int, old: str, new: str, ago: timedelta) -> dict[str, Any]:
    """An entry of the first threat's timeline."""
    return {
        "id": str(number),
        "threat_id": "1",
        "activity_type": 2028,
        "user_id": "7",
        "created_at": NOW - ago,
        "old_incident_status": old,
        "new_incident_status": new,
    }


def items(locker: Locker, identity: str) -> dict[str, tuple[str, str]]:
    """What the control says now: outcome and reason by subject."""
    (found,) = assess(locker, "acme", [catalogue()[identity]], now=NOW)
    rows = locker.items(found).to_pylist()
    return {row["subject"]: (row["outcome"], row["reason"]) for row in rows}


def outcomes(locker: Locker, identity: str) -> dict[str, str]:
    """The same without the reasons."""
    return {subject: outcome for subject, (outcome, _) in items(locker, identity).items()}


def test_whoever_fails_does_not_pass_by_being_decommissioned(
    locker: Locker, collecting: Collecting
) -> None:
    silent = agent(1, last_active_at=NOW - 20 * DAY)
    collecting("agents", [silent, agent(2)], ago=DAY)
    assert outcomes(locker, "HLT-01") == {"agent:1": "fail", "agent:2": "pass"}
    collecting("agents", [silent | {"is_decommissioned": True}, agent(2)])
    collecting("activities", [])
    assert outcomes(locker, "HLT-01") == {"agent:1": "not_applicable", "agent:2": "pass"}
    assert items(locker, "COV-03")["agent:1"] == (
        "fail",
        "decommissioned; no activity says who let it go",
    )


def test_whoever_fails_does_not_pass_by_being_removed_between_two_collections(
    locker: Locker, collecting: Collecting
) -> None:
    collecting("agents", [agent(1), agent(2)], ago=2 * DAY)
    collecting("agents", [agent(2)], ago=DAY)
    collecting("activities", [], ago=DAY)
    first = outcomes(locker, "COV-03")
    collecting("agents", [agent(2)])
    assert first == {"agent:1": "fail", "agent:2": "pass"}
    # Once asked after it is not asked after again: the finding of that day stays.
    assert outcomes(locker, "COV-03") == {"agent:2": "pass"}


def asset(number: int, **values: Any) -> dict[str, Any]:
    """A row of a list that was loaded yesterday."""
    return {"id": f"hw/{number}", "list": "hw", "listed_at": NOW - DAY, **values}


def test_a_machine_that_was_installed_anew_counts_once(
    locker: Locker, collecting: Collecting
) -> None:
    collecting("assets", [asset(1, serial_number="5CG1234ABC"), asset(2, serial_number="XY-7731")])
    twice = [agent(number, serial_number="5CG1234ABC") for number in (1, 2)]
    gone = agent(3, serial_number="XY7731", is_uninstalled=True)
    collecting("agents", [*twice, gone])
    found = items(locker, "COV-01")
    assert {subject: outcome for subject, (outcome, _) in found.items()} == {
        "asset:hw/1": "pass",
        "asset:hw/2": "fail",
    }
    assert "2 agents" in found["asset:hw/1"][1]


def test_one_agent_with_two_network_cards_is_one_agent(
    locker: Locker, collecting: Collecting
) -> None:
    cards = ["00:1b:44:11:3a:b7", "00:1b:44:11:3a:b8"]
    collecting("assets", [asset(1, mac_addresses=cards)])
    interfaces = '[{"physical": "00:1b:44:11:3a:b7"}, {"physical": "00:1b:44:11:3a:b8"}]'
    collecting("agents", [agent(1, network_interfaces=interfaces)])
    assert items(locker, "COV-01") == {
        "asset:hw/1": ("pass", 'by its MAC address: the agent "LT-1"')
    }


def test_two_assets_with_one_serial_number_are_not_both_covered_by_one_agent(
    locker: Locker, collecting: Collecting
) -> None:
    collecting("assets", [asset(n, serial_number="5CG1234ABC") for n in (1, 2)])
    collecting("agents", [agent(1, serial_number="5CG1234ABC")])
    found = outcomes(locker, "COV-01")
    assert (found["asset:hw/1"], found["asset:hw/2"]) == ("unknown", "unknown")


def policy(scope: str, identity: str, source: str, **values: Any) -> dict[str, Any]:
    """The policy in effect at a scope, and where it was written."""
    return {
        "id": f"{scope}:{identity}",
        "scope": scope,
        "scope_id": identity,
        "source": source,
        "source_id": identity,
        "anti_tampering_on": True,
        "mitigation_mode": "protect",
        "mitigation_mode_suspicious": "protect",
        "allow_unprotect_by_approved_process": False,
        **values,
    }


@pytest.mark.parametrize("identity", ["POL-01", "POL-03", "POL-04", "POL-05"])
def test_a_group_that_does_not_inherit_is_judged_by_its_own_policy(
    locker: Locker, collecting: Collecting, identity: str
) -> None:
    engines = [name for name in catalogue()["POL-04"].reads["policies"] if "engine_" in name]
    switches = ("ioc", "snapshots_on", "scan_new_agents", "agent_logging_on")
    good: dict[str, Any] = dict.fromkeys(engines, "on") | dict.fromkeys(switches, True)
    bad: dict[str, Any] = dict.fromkeys(engines, "off") | dict.fromkeys(switches, False)
    bad |= {"anti_tampering_on": False, "mitigation_mode": "detect"}
    collecting("agents", [agent(1), agent(2, group_id="g2")])
    collecting("groups", [{"id": "g1", "name": "Default Group"}, {"id": "g2", "name": "Pilot"}])
    rows = [
        policy("site", "s1", "site", **good),
        policy("group", "g1", "site", **good),
        policy("group", "g2", "group", **(good | bad)),
    ]
    collecting("policies", rows)
    found = outcomes(locker, identity)
    assert (found["group:g1"], found["group:g2"]) == ("pass", "fail")


def test_a_threat_that_is_opened_again_is_open_again(
    locker: Locker, collecting: Collecting
) -> None:
    collecting("threats", [threat(1)], ago=8 * DAY, told=reaching(NOW - 8 * DAY))
    closed = [change(1, "unresolved", "resolved", 9 * DAY - HOUR)]
    collecting("timelines", closed, ago=8 * DAY)
    assert outcomes(locker, "DET-02") == {"threat:1": "pass"}
    opened = threat(1, incident_status="in_progress", updated_at=NOW - 5 * DAY)
    collecting("threats", [opened], told=reaching(NOW, NOW - 8 * DAY))
    collecting("timelines", [change(2, "resolved", "in_progress", 5 * DAY)])
    outcome, reason = items(locker, "DET-02")["threat:1"]
    assert (outcome, "reopened" in reason) == ("fail", True)


def test_a_threat_that_was_closed_opened_and_closed_late_is_late(
    locker: Locker, collecting: Collecting
) -> None:
    collecting("threats", [threat(1, updated_at=NOW - HOUR)], told=reaching(NOW))
    entries = [
        change(1, "unresolved", "resolved", 9 * DAY - HOUR),
        change(2, "resolved", "unresolved", 8 * DAY),
        change(3, "unresolved", "resolved", HOUR),
    ]
    collecting("timelines", entries)
    outcome, reason = items(locker, "DET-02")["threat:1"]
    assert (outcome, "late" in reason) == ("fail", True)


def user(number: int, **values: Any) -> dict[str, Any]:
    """A user who may only view."""
    roles = '[{"roleId": "2", "roleName": "Viewer"}]'
    return {"id": str(number), "is_system": False, "scope_roles": roles, **values}


def test_who_never_logged_in_is_judged_by_when_the_account_was_made(
    locker: Locker, collecting: Collecting
) -> None:
    made = [NOW - 20 * DAY, NOW - 31 * DAY, None, TOMORROW]
    collecting("users", [user(n, date_joined=joined) for n, joined in enumerate(made)])
    assert outcomes(locker, "ACC-02") == {
        "user:0": "pass",
        "user:1": "fail",
        "user:2": "unknown",
        "user:3": "unknown",
    }


SKEWED = {
    "HLT-01": ("agents", agent(1, last_active_at=TOMORROW)),
    "HLT-02": ("agents", agent(1, registered_at=TOMORROW)),
    "HLT-04": ("agents", agent(1, last_scan_at=TOMORROW)),
    "COV-02": ("rogues", {"id": "1", "managed_state": "unmanaged", "os_type": "windows",
                          "first_seen_at": TOMORROW}),
    "DET-02": ("threats", threat(1, created_at=TOMORROW)),
    "DET-03": ("threats", threat(1, created_at=TOMORROW, mitigation_status="not_mitigated",
                                 incident_status="unresolved")),
    "DET-04": ("threats", threat(1, created_at=TOMORROW, pending_actions=True)),
    "ACC-02": ("users", user(1, last_login_at=TOMORROW)),
}  # fmt: skip


@pytest.mark.parametrize("identity", SKEWED)
def test_a_clock_that_is_ahead_makes_nothing_younger(
    locker: Locker, collecting: Collecting, identity: str
) -> None:
    control = catalogue()[identity]
    table, row = SKEWED[identity]
    for name in control.reads:
        if name not in control.optional and name != "attestations":
            collecting(name, [row] if name == table else [])
    (found,) = assess(locker, "acme", [control], now=NOW)
    assert (found.result, found.counts.unknown) == (Result.ERROR, 1)
    assert "in the future" in found.reason


def test_a_clock_that_is_minutes_ahead_is_forgiven(locker: Locker, collecting: Collecting) -> None:
    ahead = timedelta(minutes=5)
    agents = [agent(1, last_active_at=NOW + ahead), agent(2, last_active_at=NOW + 2 * ahead)]
    collecting("agents", agents)
    assert outcomes(locker, "HLT-01") == {"agent:1": "pass", "agent:2": "unknown"}


def pod(number: int, **values: Any) -> dict[str, Any]:
    """A pod that was started two hours ago."""
    return agent(
        number,
        **{
            "machine_type": "kubernetes pod",
            "os_type": "linux",
            "registered_at": NOW - 2 * HOUR,
            "last_scan_at": None,
            **values,
        },
    )


def test_pods_that_come_are_not_judged_yet_and_those_that_go_are_asked_after(
    locker: Locker, collecting: Collecting
) -> None:
    collecting("agents", [pod(1), pod(2), pod(3)], ago=DAY)
    collecting("agents", [pod(3, registered_at=NOW - 2 * DAY), pod(4)])
    said = {"id": "9", "activity_type": 51, "agent_id": "1", "created_at": NOW - HOUR}
    collecting("activities", [said])
    assert outcomes(locker, "HLT-01") == {"agent:3": "pass", "agent:4": "not_applicable"}
    assert set(outcomes(locker, "HLT-04").values()) == {"not_applicable"}
    assert outcomes(locker, "COV-03") == {"agent:1": "pass", "agent:2": "fail", "agent:3": "pass"}


def test_pods_alone_are_no_estate_that_was_scanned(locker: Locker, collecting: Collecting) -> None:
    collecting("agents", [pod(number) for number in range(3)])
    (found,) = assess(locker, "acme", [catalogue()["HLT-04"]], now=NOW)
    assert found.result is Result.NOT_APPLICABLE
