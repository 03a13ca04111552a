"""Days on which many agents change."""

from datetime import datetime
from typing import Any

import pytest

from watchkeeper.simulator import Company, running, truth
from watchkeeper.simulator.agent import agent, agent_text

from .conftest import STATED, Client, Serve

JUDGED = {
    "agentVersion",
    "isUpToDate",
    "lastActiveDate",
    "isActive",
    "operationalState",
    "userActionsNeeded",
    "networkStatus",
    "lastLoggedInUserName",
    "activeDirectory",
    "externalIp",
    "updatedAt",
}


@pytest.fixture(scope="module")
def sizes(now: datetime) -> dict[str, Any]:
    return {"agents": 1000, "threats": 40, "activities": 20, "now": now}


def _served(company: Company) -> dict[str, dict[str, Any]]:
    with running(company) as console:
        everyone = {"isDecommissioned": "true,false", "isUninstalled": "true,false"}
        rows = Client(console).walk("/agents", limit="1000", **everyone)
        return {row["id"]: row for row in rows}


@pytest.mark.slow
def test_a_percentage_of_the_agents_changes_every_day(sizes: dict[str, Any]) -> None:
    usual = _served(Company(**sizes, day=1))
    days = [_served(Company(**sizes, day=day, drift=5.0)) for day in (0, 1, 2)]
    assert days[0] == _served(Company(**sizes))
    drifted = {i for i, row in usual.items() if days[1].get(i) != row}
    assert 45 <= len(drifted) <= 50
    touched = set()
    for identity in drifted:
        before, after = usual[identity], days[1][identity]
        fields = {name for name in after if before[name] != after[name]}
        assert fields <= JUDGED
        assert {"lastActiveDate", "updatedAt"} & fields
        touched |= fields
    assert touched >= {"agentVersion", "lastLoggedInUserName", "externalIp"}
    again = {i for i in days[1] if i in days[2] and days[1][i] != days[2][i]}
    assert 45 <= len(again) <= 70
    assert again != drifted


def test_drift_is_the_same_from_the_same_seed(sizes: dict[str, Any]) -> None:
    one, two = (Company(**sizes, day=2, drift=20.0) for _ in range(2))
    assert one.agents == two.agents
    assert one.agents != Company(**sizes, day=2, drift=20.0, seed=8).agents


def test_what_drifted_can_be_asked_for(serve: Serve, sizes: dict[str, Any]) -> None:
    company = Company(**sizes, day=1, drift=10.0)
    client = serve(of=company)
    moment = max(row["updatedAt"] for row in Company(**sizes).agents)
    rows = client.walk("/agents", limit="500", updatedAt__gt=moment)
    assert 95 <= len(rows) <= 115
    found = truth(company)
    assert {name for name, told in found.items() if told["result"] == "ERROR"} == STATED


@pytest.mark.parametrize("profile", ["2024", "2026"])
def test_a_record_written_in_pieces_is_the_record(sizes: dict[str, Any], profile: str) -> None:
    import msgspec  # noqa: PLC0415 - only here

    company = Company(**sizes, day=1, drift=30.0, profile=profile)
    for row in company.agents:
        text = bytes(agent_text(row, company.now, profile))
        assert text == msgspec.json.encode(agent(row, company.now, profile))
