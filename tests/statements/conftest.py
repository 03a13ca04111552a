"""A locker with a collected fleet, a clock that stands where it is put, people who decide."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.rows import put_rows
from watchkeeper.assessment import assess
from watchkeeper.clock import Clock
from watchkeeper.controls import catalogue
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Assessment
from watchkeeper.model.collection import Completeness, Verdict
from watchkeeper.model.control import Control
from watchkeeper.resources import catalogue as resources

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WHY = "The laboratory's machines are wiped and rebuilt every night."


class Estate:
    """A connection whose agents are collected as they are given, and judged."""

    def __init__(self, folder: Path) -> None:
        self.at = NOW
        self.locker = Locker.open(folder, create=True, clock=Clock(now=lambda: self.at))

    def collect(self, *agents: dict[str, Any], resource: str = "agents") -> None:
        """Seals a complete collection of these rows, now."""
        writer = self.locker.begin("acme", resources()[resource])
        put_rows(writer, agents)
        number = len(agents)
        self.at += timedelta(seconds=1)
        writer.seal(
            {"source": {"console": "https://acme.example"}, "subject": ""},
            Completeness(Verdict.COMPLETE, "", number, number, number, number),
        )

    def judge(self, control: str = "HLT-02") -> Assessment:
        """What the control says now."""
        self.at += timedelta(seconds=1)
        (found,) = assess(self.locker, "acme", [catalogue()[control]], now=self.at)
        return found

    def item(self, assessment: Assessment, subject: str) -> dict[str, Any]:
        """One item of an assessment, as sealed."""
        rows = self.locker.items(assessment).to_pylist()
        found: dict[str, Any] = next(row for row in rows if row["subject"] == subject)
        return found

    def control(self, identity: str = "HLT-02") -> Control:
        """A control of the product."""
        return catalogue()[identity]

    def agent(self, number: int, state: str | None = "na", **values: Any) -> dict[str, Any]:
        """An agent that reported an hour ago."""
        return {
            "id": str(number),
            "computer_name": f"LT-{number}",
            "machine_type": "laptop",
            "site_id": "s1",
            "group_id": "g1",
            "last_active_at": self.at - timedelta(hours=1),
            "registered_at": self.at - 90 * DAY,
            "is_decommissioned": False,
            "is_uninstalled": False,
            "operational_state": state,
            **values,
        }


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    """An empty one."""
    return Estate(tmp_path / "locker")
