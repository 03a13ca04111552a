"""A month of a company's life: what changes, what stays, and that the healthy remain so."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from watchkeeper.simulator import Company, statements, truth
from watchkeeper.simulator.times import read

from .conftest import Client, Serve

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
SIZES: dict[str, Any] = {"agents": 120, "threats": 30, "activities": 150, "users": 16}


def on(day: int, **more: Any) -> Company:
    """The small company on that day, which is as long after the first as days are."""
    return Company(**SIZES, now=START + DAY * day, day=day, pace=DAY, **more)


@pytest.fixture(scope="module")
def month() -> list[Company]:
    """Every third day, the last and the one before."""
    return [on(day) for day in (*range(0, 30, 3), 29, 30)]


def test_what_has_not_changed_keeps_its_times(month: list[Company]) -> None:
    for before, after in pairwise(month):
        known = {row["id"]: row for row in before.activities}
        assert {row["id"]: row for row in after.activities if row["id"] in known} == known
        for name in ("agents", "threats", "alerts", "rogues"):
            born = "firstSeen" if name == "rogues" else "createdAt"
            created = {row["id"]: row[born] for row in getattr(before, name)}
            same = [row for row in getattr(after, name) if row["id"] in created]
            assert all(row[born] == created[row["id"]] for row in same), name
            assert len(same) > len(created) / 2, name


def test_what_is_new_is_younger_than_the_day_before(month: list[Company]) -> None:
    before, after = month[-2:]
    known = {row["id"]: row["updatedAt"] for row in before.threats}
    for row in after.threats:
        if row["updatedAt"] != known.get(row["id"]):
            updated = read(row["updatedAt"])
            assert updated is not None
            assert before.now < updated < after.now


def test_the_same_day_is_lived_alike() -> None:
    one, two = on(9), on(9)
    for name in ("agents", "threats", "alerts", "rogues", "activities"):
        assert getattr(one, name) == getattr(two, name), name
    assert one.people == two.people
    assert one.policies.own == two.policies.own
    assert one.agents != on(9, seed=8).agents


def test_everything_drifts(month: list[Company]) -> None:
    owned = [company.policies.own for company in month]
    modes = {tuple(policy["mitigationMode"] for policy in own.values()) for own in owned}
    assert len(modes) > 1
    tampered = {sum(not policy["antiTamperingOn"] for policy in own.values()) for own in owned}
    assert len(tampered) > 1
    factors = [sum(u["twoFaEnabled"] for u in c.people.users) for c in month]
    assert len(set(factors)) > 2
    assert len({len(company.exclusions.classic) for company in month}) > 2
    assert {company.settings.syslog["enabled"] for company in (on(7), on(9))} == {False, True}
    assert any(u["lastLogin"] is None and u["id"] > "1" for u in month[-1].people.users)
    drifted = month[-1].policies.first.items()
    assert any(month[-1].policies.own[key] != policy for key, policy in drifted)


def test_agents_vanish_return_move_and_are_set_up_again(month: list[Company]) -> None:
    last, lost, returned, moved = month[-1], set(), set(), set()
    for before, after in pairwise(month):
        old = {row["id"]: row for row in before.agents}
        new = {row["id"]: row for row in after.agents}
        lost |= old.keys() - new.keys()
        returned |= lost & new.keys()
        moved |= {i for i in old.keys() & new.keys() if old[i]["siteId"] != new[i]["siteId"]}
    assert returned
    assert moved
    serials = Counter(row["serialNumber"] for row in last.agents)
    twice = {serial for serial, count in serials.items() if count > 1}
    states = [r["isDecommissioned"] for r in last.agents if r["serialNumber"] in twice]
    assert {True, False} <= set(states)


def test_a_clock_is_ahead_by_little_or_by_much() -> None:
    def ahead(day: int) -> timedelta:
        company = on(day)
        seen = max(read(row["lastActiveDate"]) or START for row in company.agents)
        return seen - company.now

    assert timedelta(0) < ahead(3) <= timedelta(minutes=3)
    assert ahead(5) > timedelta(minutes=5)
    assert ahead(6) < timedelta(0)
    assert truth(on(5))["HLT-01"]["counts"]["unknown"] == 1


def test_tokens_age_and_end(month: list[Company]) -> None:
    first, last = month[0].people.service_users, month[-1].people.service_users
    same = [(a, b) for a in first for b in last if a["id"] == b["id"]]
    kept = [(a, b) for a, b in same if a["apiToken"] == b["apiToken"]]
    assert 0 < len(kept) < len(same), "some were made anew, the others are older now"


def test_a_healthy_company_stays_well() -> None:
    for pace in (timedelta(0), DAY):
        before = None
        for day in (0, 1, 2, 16, 17, 30):
            company = Company.healthy(now=START + pace * day, day=day, pace=pace)
            found = truth(company, before, statements=statements(company))
            wrong = {name: told for name, told in found.items() if told["result"] != "PASS"}
            assert set(wrong) == ({"COV-03"} if before is None else set()), (pace, day)
            before = company


def test_a_lived_company_can_be_served(serve: Serve, month: list[Company]) -> None:
    client: Client = serve(of=month[-1])
    assert len(client.walk("/agents", limit="500")) > 40
    assert client.walk("/cloud-detection/alerts", limit="500")
    assert client.walk("/unified-exclusions")


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ValueError, match="pace must not be negative"):
        Company(**SIZES, now=START, pace=-DAY)
