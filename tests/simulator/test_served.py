"""What is served is what was judged: the truth, worked out again from answers over HTTP."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from .conftest import Client, Serve

ALL = {"isDecommissioned": "true,false", "isUninstalled": "true,false"}
Row = dict[str, Any]


def _agents(client: Client, judge: Callable[[Row], str]) -> dict[str, str]:
    rows = client.walk("/agents", limit="300", **ALL)
    return {
        f"agent:{row['id']}": "not_applicable"
        if row["isDecommissioned"] or row["isUninstalled"]
        else judge(row)
        for row in rows
    }


@pytest.mark.parametrize("profile", ["2024", "2026"])
@pytest.mark.parametrize("scope", [(), ("site-scope",)])
def test_policies_and_modes(serve: Serve, profile: str, scope: tuple[str, ...]) -> None:
    client = serve(*scope, profile=profile)
    found = _agents(client, lambda r: "pass" if r["mitigationMode"] == "protect" else "fail")
    tamper = {}
    for group in client.walk("/groups", limit="300"):
        policy = client.get(f"/groups/{group['id']}/policy")["data"]
        subject = f"group:{group['id']}"
        found[subject] = "pass" if policy["mitigationMode"] == "protect" else "fail"
        fine = policy["antiTamperingOn"] and not policy.get("allowUnprotectByApprovedProcess")
        tamper[subject] = "pass" if fine else "fail"
        if group["totalAgents"] == 0:
            found[subject] = tamper[subject] = "not_applicable"
    told = client.console.truth()
    assert found == told["POL-01"]["items"]
    assert tamper == told["POL-03"]["items"]


def test_agents_that_report(shared: Client, now: datetime) -> None:
    def judge(row: Row) -> str:
        if now - datetime.fromisoformat(row["registeredAt"]) < timedelta(days=1):
            return "not_applicable"
        days = 1 if row["machineType"] in {"server", "kubernetes node"} else 14
        age = now - datetime.fromisoformat(row["lastActiveDate"])
        return "pass" if age <= timedelta(days=days) else "fail"

    assert _agents(shared, judge) == shared.console.truth()["HLT-01"]["items"]


def test_incidents_and_their_timelines(shared: Client, now: datetime) -> None:
    found = {}
    for row in shared.walk("/threats", limit="300"):
        info = row["threatInfo"]
        start = datetime.fromisoformat(info["createdAt"])
        done = datetime.fromisoformat(info["updatedAt"])
        for event in shared.walk(f"/threats/{row['id']}/timeline", activityTypes="2028"):
            moment = datetime.fromisoformat(event["createdAt"])
            if event["data"]["newIncidentStatus"] == "resolved":
                done = moment
            elif event["data"]["oldIncidentStatus"] == "resolved":
                start = moment
        hours = 168
        if info["confidenceLevel"] == "malicious":
            hours = 24 if info["mitigationStatus"] == "not_mitigated" else 72
        deadline = start + timedelta(hours=hours)
        if info["incidentStatus"] != "resolved":
            outcome = "not_applicable" if deadline > now else "fail"
        elif deadline < now - timedelta(days=30):
            outcome = "not_applicable"
        else:
            outcome = "pass" if done <= deadline else "fail"
        found[f"threat:{row['id']}"] = outcome
    assert found == shared.console.truth()["DET-02"]["items"]


def test_users_and_their_roles(shared: Client, now: datetime) -> None:
    pages = "Users", "Roles", "Policy", "Service Users", "Accounts", "Sites"
    powerful = set()
    for role in shared.walk("/rbac/roles", limit="100"):
        for page in shared.get(f"/rbac/role/{role['id']}")["data"]["pages"]:
            grants = {p["identifier"] for p in page["permissions"] if p["value"]}
            if page["name"] in pages and grants - {f"{page['name']}.view"}:
                powerful.add(role["id"])
    factor, awake = {}, {}
    for user in shared.walk("/users", limit="100"):
        subject = f"user:{user['id']}"
        if user["isSystem"]:
            factor[subject] = awake[subject] = "not_applicable"
            continue
        strong = user["twoFaEnabled"] and user["twoFaStatus"] == "configured"
        factor[subject] = "pass" if user["source"] == "mgmt" and strong else "fail"
        mighty = powerful & {scope["roleId"] for scope in user["scopeRoles"]}
        limit = (45 if mighty else 90) if user["lastLogin"] else 30
        age = now - datetime.fromisoformat(user["lastLogin"] or user["dateJoined"])
        awake[subject] = "pass" if age <= timedelta(days=limit) else "fail"
    told = shared.console.truth()
    assert factor == told["ACC-01"]["items"]
    assert awake == told["ACC-02"]["items"]
