"""The company: the same from the same seed, sick in the ways it should be, and judged rightly."""

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from watchkeeper.simulator import Company, statements, truth
from watchkeeper.simulator.fleet import STATES
from watchkeeper.simulator.names import HOSTILE
from watchkeeper.simulator.times import read

from .conftest import STATED, Client


@pytest.fixture(scope="module")
def tomorrow(now: datetime) -> Company:
    """The default company, smaller, a day later."""
    return Company(agents=400, threats=120, activities=800, now=now, day=1)


def _everything(company: Company) -> str:
    return json.dumps(
        [
            company.agents,
            company.threats,
            company.activities,
            company.packages,
            company.people.users,
            company.places.groups,
        ]
    )


def test_the_same_arguments_give_the_same_company(now: datetime) -> None:
    sizes: dict[str, Any] = {"agents": 50, "threats": 30, "activities": 99}
    sizes |= {"now": now, "day": 2}
    assert _everything(Company(**sizes)) == _everything(Company(**sizes))
    assert _everything(Company(**sizes)) != _everything(Company(**sizes, seed=8))


def test_a_healthy_company_passes_everything(now: datetime) -> None:
    today = Company.healthy(now=now)
    for later in (today, Company.healthy(now=now, day=1)):
        found = truth(later, today, statements=statements(later))
        results = {control: told["result"] for control, told in found.items()}
        assert set(results.values()) == {"PASS"}, results
        assert len(results) == 29
    assert truth(today)["COV-03"] == {"result": "NOT_APPLICABLE", "items": {}, "counts": {}}


def test_the_default_company_fails_but_does_not_err(company: Company) -> None:
    results = {control: told["result"] for control, told in truth(company).items()}
    assert [results.pop(control) for control in STATED] == ["ERROR"] * 3
    assert results.pop("COV-03") == "NOT_APPLICABLE"
    assert results.pop("POL-03") == "PASS"
    assert set(results.values()) == {"FAIL"}


def test_most_agents_are_well() -> None:
    found = truth(Company())
    for control, most in (("HLT-01", 0.08), ("HLT-02", 0.04), ("VER-01", 0.08), ("POL-01", 0.05)):
        counts = found[control]["counts"]
        assert 0 < counts["fail"] / counts["pass"] < most, control


@pytest.mark.parametrize("seed", range(4))
def test_no_verdict_changes_within_the_hour(seed: int, now: datetime) -> None:
    sizes: dict[str, Any] = {"agents": 300, "threats": 400, "users": 200, "activities": 10}
    company = Company(**sizes, seed=seed, now=now)
    before = truth(company)
    company.plan = replace(company.plan, now=now + timedelta(minutes=58))
    assert truth(company) == before


def test_a_day_later(company: Company, tomorrow: Company) -> None:
    found = truth(tomorrow, company)
    assert found["COV-03"]["counts"]["fail"] == 5
    today, later = truth(company), found
    grace = [
        subject
        for subject, outcome in later["HLT-03"]["items"].items()
        if outcome == "not_applicable" and today["HLT-03"]["items"].get(subject) == "pass"
    ]
    assert len(grace) >= 3
    before = {row["id"]: row for row in company.agents}
    after = {row["id"]: row for row in tomorrow.agents}
    assert len(after.keys() - before.keys()) == 3
    silent = [a for a in tomorrow.activities if a["activityType"] == 47 and a["agentId"] in before]
    days = [
        (read(a["createdAt"]) - read(before[a["agentId"]]["lastActiveDate"])).days  # type: ignore[operator]
        for a in silent
        if not before[a["agentId"]]["isDecommissioned"]
        and not before[a["agentId"]]["isUninstalled"]
    ]
    assert sorted(days) == [21, 40]
    same = before.keys() & after.keys()
    assert all(before[i]["registeredAt"] == after[i]["registeredAt"] for i in same)


def test_threats_move_on(company: Company, tomorrow: Company) -> None:
    before = {row["id"]: row for row in company.threats}
    changed = Counter(
        (before[row["id"]]["incidentStatus"], row["incidentStatus"])
        for row in tomorrow.threats
        if row["id"] in before and row["updatedAt"] != before[row["id"]]["updatedAt"]
    )
    assert changed["resolved", "unresolved"] == 1
    assert sum(changed.values()) == 5
    assert len(tomorrow.threats) == len(before) + 3


def test_days_add_up(now: datetime, tomorrow: Company) -> None:
    third = Company(agents=400, threats=120, activities=800, now=now, day=3)
    known = {row["id"]: row for row in tomorrow.activities}
    assert {row["id"]: row for row in third.activities if row["id"] in known} == known


def test_the_world_holds_every_case(shared: Client) -> None:
    everyone = {"isDecommissioned": "true,false", "isUninstalled": "true,false"}
    agents = shared.walk("/agents", limit="500", **everyone)
    assert {row["operationalState"] for row in agents} == {"na", *STATES}
    assert {"quantum appliance", None} <= {row["machineType"] for row in agents}
    assert "none" in {row["mitigationMode"] for row in agents}
    assert set(HOSTILE) <= {row["computerName"] for row in agents}
    assert {row["osType"] for row in agents} == {"windows", "windows_legacy", "macos", "linux"}
    assert any(row["licenseKey"] for row in agents)
    machines = Counter((row["computerName"], row["serialNumber"]) for row in agents)
    assert max(machines.values()) == 2, "a machine set up again"
    assert any(row["createdAt"] > row["updatedAt"] for row in agents)
    assert len({len(row["registeredAt"]) for row in agents}) == 4
    threats = shared.walk("/threats", limit="200")
    assert any(row["agentDetectionInfo"]["agentUuid"] is None for row in threats)
    assert True in {row["agentRealtimeInfo"]["agentDecommissionedAt"] for row in threats}
    known = {kind["id"] for kind in shared.get("/activities/types")["data"]}
    activities = shared.walk("/activities", limit="500")
    assert {row["activityType"] for row in activities} - known
    assert any(row["data"].get("accountId", 0) > 2**53 for row in activities)
    assert all(row["registrationToken"] for row in shared.walk("/sites"))


@pytest.mark.parametrize("size", [0, 1, 5, 40])
def test_small_companies(size: int, now: datetime) -> None:
    company = Company(size, size, size, size, size, size, now=now, day=1)
    found = truth(company, Company(size, size, size, size, size, size, now=now))
    assert {control for control, told in found.items() if told["result"] == "ERROR"} == STATED


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="agents must not be negative"):
        Company(agents=-1)
    with pytest.raises(ValueError, match="time zone"):
        Company(now=datetime(2026, 1, 1))  # noqa: DTZ001 - the mistake
    with pytest.raises(ValueError, match="unknown profile"):
        Company(profile="1999")


def test_any_time_zone_will_do() -> None:
    east = timezone(timedelta(hours=9))
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    sizes: dict[str, Any] = {"agents": 20, "threats": 5, "activities": 20}
    here, there = (Company(**sizes, now=at) for at in (moment, moment.astimezone(east)))
    assert _everything(here) == _everything(there)
