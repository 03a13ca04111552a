"""A console that is being served: what it serves, what it was asked, and how it changes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Event, Lock
from typing import Any

from watchkeeper.simulator import moving, seen
from watchkeeper.simulator.answers import Console
from watchkeeper.simulator.company import Company
from watchkeeper.simulator.faults import MOVING, Faults
from watchkeeper.simulator.rates import Gate
from watchkeeper.simulator.seen import ROOT, Seen
from watchkeeper.simulator.truth import Collected, Statements, truth


@dataclass
class Running:
    """A console that is being served."""

    company: Company
    profile: str
    token: str
    latency: float = 0.0
    url: str = ""
    requests: list[Seen] = field(default_factory=list)
    # How many it received, those forgotten included.
    received: int = 0
    stopping: Event = field(default_factory=Event)
    lock: Lock = field(default_factory=Lock)
    born: float = field(default_factory=time.monotonic)
    console: Console = field(init=False)
    faults: Faults = field(init=False)
    gate: Gate = field(default_factory=Gate)

    def start(self, faults: Sequence[str]) -> None:
        """Make the console ready to answer."""
        self.faults = Faults.of(list(faults))
        self.console = Console(self.company, self.profile, self.faults)
        self.gate = Gate()

    def set_company(self, company: Company) -> None:
        """Go on with another company; its clock goes on where it is the same moment."""
        with self.lock:
            if company.now != self.company.now:
                self.born = time.monotonic()
            self.company = company
            self.console = Console(company, self.profile, self.faults)

    def set_faults(self, *faults: str) -> None:
        """Go on with other faults, or with none; what was suffered is forgotten."""
        with self.lock:
            self.start(faults)

    def truth(
        self,
        earlier: Company | None = None,
        *,
        statements: Statements | None = None,
        collected: Sequence[Collected] | None = None,
        clock_offset_ms: float | None = None,
    ) -> dict[str, dict[str, Any]]:
        """What the controls must find in what the token can see now, and in what was stated."""
        console = self.console
        return truth(
            console.company,
            earlier,
            visible_site=console.site,
            profile=console.profile,
            statements=statements,
            unread=self.faults.hidden(),
            collected=collected,
            clock_offset_ms=clock_offset_ms,
        )

    def moment(self) -> datetime:
        """The console's clock: the company's moment, and the time since."""
        elapsed = timedelta(seconds=time.monotonic() - self.born)
        return self.company.now.astimezone(UTC) + elapsed

    def date(self) -> str:
        """The console's clock as a header tells it."""
        return format_datetime(self.moment(), usegmt=True)

    def record(self, method: str, path: str, query: dict[str, list[str]]) -> Seen:
        """Note a request the moment it arrives."""
        with self.lock:
            asked = Seen(method, path, query, at=time.monotonic())
            self.requests.append(asked)
            self.received += 1
        return asked

    def forget(self) -> None:
        """Count anew from here."""
        with self.lock:
            self.requests.clear()

    def busiest_second(self, prefix: str) -> int:
        """The most requests within any one second whose path begins with that, below the root."""
        start = ROOT + prefix
        with self.lock:
            return seen.busiest(each.at for each in self.requests if each.path.startswith(start))

    def repeated(self) -> dict[str, int]:
        """Questions that were answered well more than once, and how often; counts left out."""
        with self.lock:
            return seen.repeated(self.requests)

    def summary(self) -> dict[str, Any]:
        """What it was asked, in figures."""
        with self.lock:
            return seen.summary(self.requests)

    def move(self) -> None:
        """After a page that the fault chose, the company changes, once."""
        reason = next((f.name for f in self.faults.active if f.name in MOVING), None)
        if reason is None:
            return
        with self.lock:
            console = self.console
            pages, company = console.pages, console.company
            if reason not in self.faults:
                return  # it has happened meanwhile
            if reason == "moving-rows" and pages.moving:
                self._become(company.moved(pages.last), reason)
            elif reason != "moving-rows" and pages.walk.under_way:
                silently = reason == "moving-silently"
                moved = moving.between_sites(company, pages.walk, self.moment(), silently=silently)
                self._become(moved, reason)

    def _become(self, company: Company, reason: str) -> None:
        self.company = company
        self.faults.active = tuple(f for f in self.faults.active if f.name != reason)
        self.console.move(company)
