"""A console and the locker that is filled from it, over days that go by."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.unpaced import RATES
from watchkeeper.clock import SYSTEM_CLOCK, Clock
from watchkeeper.collection.engine import collect
from watchkeeper.collection.job import Step
from watchkeeper.locker import stream
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection
from watchkeeper.model.stream import Kind, Reach, current
from watchkeeper.resources import catalogue
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.limits import Limits
from watchkeeper.sentinelone.token import parse_token
from watchkeeper.simulator import Company, Running
from watchkeeper.simulator.world import Row

PACED = Limits(silence=1.0, total=2.0, pause=0.01, recovery=0.5, walks=8)
QUICK = replace(PACED, rates=RATES)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
THREATS = catalogue()["threats"]


def client(sim: Any, limits: Limits = QUICK, clock: Clock = SYSTEM_CLOCK) -> Console:
    """A client of a running simulator."""
    return Console(parse_address(sim.url), parse_token(sim.token), limits=limits, clock=clock)


@dataclass
class Life:
    """A console, a locker that is filled from it, and a clock that both share."""

    sim: Running
    folder: Path
    began: datetime
    company: Company

    def clock(self) -> Clock:
        """Now, as far ahead as the company is."""
        ahead = self.company.now - self.began
        return Clock(now=lambda: SYSTEM_CLOCK.now() + ahead)

    def pass_by(self, by: timedelta) -> None:
        """Time goes by, and people go on with threats."""
        self.become(self.company.later(by))

    def become(self, company: Company) -> None:
        """The console has another company."""
        self.company = company
        self.sim.set_company(company)

    def change(self, **threats: Callable[[Row], Row | None]) -> None:
        """Some threats become what is made of them, by id; None: they are gone."""
        other = copy.copy(self.company)
        made = [
            threats[row["id"]](row) if row["id"] in threats else row for row in self.company.threats
        ]
        other.threats = [row for row in made if row is not None]
        self.become(other)

    @property
    def locker(self) -> Locker:
        """The locker, opened anew."""
        return Locker.open(self.folder, create=True, clock=self.clock())

    def collect(self, *only: str, on_progress: Callable[[Step], None] | None = None) -> Collection:
        """The last collection of a run over these resources."""
        console = client(self.sim, clock=self.clock())
        try:
            wanted = list(only) or ["threats"]
            report = collect(console, self.locker, "acme", only=wanted, on_progress=on_progress)
        finally:
            console.close()
        return report.collections[-1]

    def asked(self) -> list[dict[str, list[str]]]:
        """The queries of the pages of threats since this was asked last."""
        found = [
            seen.query
            for seen in self.sim.requests
            if seen.path.endswith("/threats") and "countOnly" not in seen.query
        ]
        self.sim.forget()
        return found

    def known(self) -> list[Row]:
        """Every row of the current state in the locker, in the order of ids."""
        locker = self.locker
        found = current(locker.newest_first("acme", "threats"))
        assert found.gap == ""
        columns = [column.name for column in THREATS.columns]
        rows: list[Row] = stream.newest(locker, THREATS, columns, found.collections).to_pylist()
        return sorted(rows, key=lambda row: row["id"])

    def true(self, folder: Path) -> list[Row]:
        """The same, read whole into a locker of its own."""
        console = client(self.sim, clock=self.clock())
        try:
            locker = Locker.open(folder, create=True)
            found = collect(console, locker, "acme", only=["threats"]).collections[-1]
        finally:
            console.close()
        assert found.complete
        rows: list[Row] = locker.table(found).to_pylist()
        return sorted(rows, key=lambda row: row["id"])


def kind(found: Collection) -> Kind:
    assert found.complete, found.completeness.reason
    return Reach.of(found).kind


def ids(locker: Locker, found: Collection) -> set[str]:
    return set(locker.table(found, ["id"]).column("id").to_pylist())


def open_ones(company: Company) -> set[str]:
    return {row["id"] for row in company.threats if row["incidentStatus"] != "resolved"}


def changed_since(company: Company, moment: datetime | None) -> set[str]:
    assert moment is not None
    return {
        row["id"] for row in company.threats if datetime.fromisoformat(row["updatedAt"]) >= moment
    }
