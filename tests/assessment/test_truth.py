"""Collected from the simulated console and judged: every item as the company itself says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.assessment.conftest import Moving
from tests.unpaced import UNPACED
from watchkeeper.assessment import assess
from watchkeeper.clock import Clock
from watchkeeper.collection.engine import collect
from watchkeeper.controls import catalogue
from watchkeeper.locker.locker import Locker
from watchkeeper.model.stream import Kind, Reach
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.token import parse_token
from watchkeeper.simulator import Company, running

Found = dict[str, tuple[str, dict[str, str]]]


def company(day: int, now: datetime) -> Company:
    return Company(agents=250, threats=40, activities=300, users=24, now=now, day=day)


def two_days(folder: Path, *faults: str) -> tuple[Found, Found]:
    """What the controls find on the second day, and what is true."""
    now = datetime.now(UTC)
    moving = Moving()
    locker = Locker.open(folder, create=True, clock=Clock(now=moving.now))
    with running(company(0, now)) as sim:
        for day in (0, 1):
            moving.at = now - timedelta(days=1 - day)
            sim.set_company(company(day, now))
            if day and faults:
                sim.set_faults(*faults)
                sim.token = sim.token[::-1]  # with another token nothing is taken as known
            console = Console(parse_address(sim.url), parse_token(sim.token), limits=UNPACED)
            try:
                collect(console, locker, "acme")
            finally:
                console.close()
        true = sim.truth(company(0, now))
    kinds = [Reach.of(each).kind for each in locker.collections("acme", "threats")]
    assert kinds == [Kind.WHOLE, Kind.WHOLE if faults else Kind.CHANGED]
    found = {
        each.control: (
            each.result.value,
            {row["subject"]: row["outcome"] for row in locker.items(each).to_pylist()},
        )
        for each in assess(locker, "acme", catalogue().values(), now=now)
        if each.control in true  # those that judge our own collections have no truth without them
    }
    return found, {name: (each["result"], each["items"]) for name, each in true.items()}


@pytest.mark.slow
def test_everything_found_is_true(tmp_path: Path) -> None:
    found, true = two_days(tmp_path / "locker")
    assert found == true


@pytest.mark.slow
def test_records_with_holes_are_told_from_sound_ones(tmp_path: Path) -> None:
    found, true = two_days(tmp_path / "locker", "null-fields")
    # Which login cannot be read is not kept, so every user without one is unknown.
    (result, users), (expected, really) = found.pop("ACC-02"), true.pop("ACC-02")
    assert result == expected == "ERROR"
    assert {s for s in users if users[s] != really[s]} <= {
        s for s, outcome in users.items() if outcome == "unknown"
    }
    assert found == true
