"""The simulated company: built whole from a seed, then lived day by day."""

import copy
import gc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Self

from watchkeeper.simulator import (
    activities,
    alerts,
    days,
    drift,
    exclusions,
    fleet,
    packages,
    people,
    places,
    policies,
    rogues,
    settings,
    threats,
)
from watchkeeper.simulator.catalogue import PROFILES
from watchkeeper.simulator.state import State
from watchkeeper.simulator.times import read
from watchkeeper.simulator.world import Plan, Row, identifier


class Company(State):
    """Everything a console knows about one company at one moment.

    The same arguments give the same company. `day=1` is the company of `day=0` a day of changes
    later, seen at the same `now`: what has not changed keeps its times.
    """

    def __init__(  # noqa: PLR0913 - the sizes of a company
        self,
        agents: int = 2000,
        sites: int = 12,
        accounts: int = 3,
        threats: int = 300,
        users: int = 60,
        activities: int = 5000,
        seed: int = 7,
        now: datetime | None = None,
        day: int = 0,
        profile: str = "2026",
        *,
        groups: int | None = None,
        own_policies: float | None = None,
        uneven: bool = False,
        drift: float | None = None,
        pace: timedelta = timedelta(0),
    ) -> None:
        """Build it; sizes are those of day 0.

        `groups`: how many in all, instead of three or four a site. `own_policies`: that percentage
        of them does not follow its site. `uneven`: a few large sites and a long tail. `drift`: on
        every day of life that percentage of the agents changes. `pace`: how far the clock moves
        between two days; with a whole day the first one was `day` days before `now`, times stay
        what they were from day to day, and tokens age. Without it all days lie within the last
        minute.
        """
        moment = now or datetime.now(UTC)
        self.build(
            Plan(
                agents, sites, accounts, threats, users, activities, seed, moment, day, profile,
                healthy=False, groups=groups, own_policies=own_policies, uneven=uneven,
                drift=drift, pace=pace,
            )
        )  # fmt: skip

    @classmethod
    def healthy(
        cls,
        agents: int = 60,
        *,
        seed: int = 7,
        now: datetime | None = None,
        day: int = 0,
        profile: str = "2026",
        pace: timedelta = timedelta(0),
    ) -> Self:
        """A small company in which every control passes."""
        company = cls.__new__(cls)
        moment = now or datetime.now(UTC)
        plan = Plan(agents, 4, 1, 20, 12, 200, seed, moment, day, profile, healthy=True, pace=pace)
        company.build(plan)
        return company

    def build(self, plan: Plan) -> None:
        """Make everything the plan asks for."""
        _check(plan)
        # Nothing built here is garbage: looking for some takes a third of the time.
        collecting = gc.isenabled()
        gc.disable()
        try:
            self._populate(plan)
        finally:
            if collecting:
                gc.enable()

    def _populate(self, plan: Plan) -> None:
        last = plan.day
        plan = replace(plan, now=plan.now - plan.pace * last, day=0)
        self.plan = plan
        self.places = places.build(plan)
        self.policies = policies.build(plan, self.places)
        self.fleet = fleet.build(plan, self.places, self.policies)
        self.agents = self.fleet.rows
        self.packages = packages.build(plan)
        self.people = people.build(plan, self.places)
        self.exclusions = exclusions.build(plan, self.places)
        self.rogues = rogues.build(plan, self.places)
        self.settings = settings.build(plan)
        self.away, self.ahead = {}, ""
        self._events = [0]
        self.threats = threats.build(plan, self.agents, self._events)
        self.alerts = alerts.build(plan, self.agents)
        self.log = activities.build(plan, self.places, self.people, self.agents, self.threats)
        self.activities = self.log.rows
        for day in range(1, last + 1):
            self._live(day)
        places.count_agents(self.places, self.agents)

    def _live(self, day: int) -> None:
        """One day: agents leave for good reasons and bad, fall ill, and arrive."""
        before = self.now
        self.plan = plan = replace(self.plan, now=before + self.plan.pace, day=day)
        if plan.pace:
            days.wake(self, before)
        random = plan.chance(f"day:{day}")
        # All of it within the last minute: a collection of the day before, made at about the same
        # moment, asks next for what has changed since then.
        moment = plan.now - timedelta(seconds=60 - 2 * min(day, 20))
        rows = {row["id"]: row for row in self.agents}
        present = [r for r in self.agents if not r["isDecommissioned"] and not r["isUninstalled"]]
        candidates = [r for r in present if r["isActive"] and r["_n"] > 70] or present
        drawn = iter(random.sample(candidates, min(15, len(candidates) // 3)))

        def leave(count: int, kind: int | None, *, gone: bool, **marks: bool) -> None:
            for _ in range(count):
                row = next(drawn, None)
                if row is None:
                    return
                if kind is not None:
                    self.log.write(kind, moment, row)
                if gone:
                    del rows[row["id"]]
                else:
                    rows[row["id"]] = self.change(row, isActive=False, **marks)

        leave(2, 54, gone=False, isDecommissioned=True)
        leave(2, 52, gone=False, isUninstalled=True)
        leave(1, 51, gone=True)
        if not plan.healthy:
            leave(2, None, gone=True)
            leave(1, None, gone=False, isDecommissioned=True)
            leave(1, 55, gone=True)
            for row in [next(drawn, None) for _ in range(3)]:
                if (
                    row is not None
                    and not row["userActionsNeeded"]
                    and not row["missingPermissions"]
                ):
                    rows[row["id"]] = self.change(row, userActionsNeeded=["reboot_needed"])
            self._decommission_silent(rows, day, moment)
        self._drift(rows, day)
        days.live(self, day, rows, moment)
        self.fleet.rows = list(rows.values())
        self.arrive(day)
        self._remember(day)

    def _decommission_silent(self, rows: dict[str, Row], day: int, moment: datetime) -> None:
        """The console itself decommissions machines that were silent for too long, or not yet."""
        if day != 1:
            return
        for limit in (21, 40):
            for row in list(rows.values()):
                seen = read(row["lastActiveDate"])
                silent = self.now - seen if seen else timedelta(0)
                if row["isDecommissioned"] or row["isUninstalled"] or row["_n"] > 70:
                    continue
                if timedelta(days=limit) < silent < timedelta(days=limit, hours=5):
                    self.log.write(47, moment, row)
                    rows[row["id"]] = self.change(row, isDecommissioned=True)

    def _drift(self, rows: dict[str, Row], day: int) -> None:
        plan = self.plan
        if plan.drift is None:
            return
        random = plan.chance(f"drift:{day}")
        changed = drift.changes(list(rows.values()), plan.drift, self.now, random)
        for identity, values in changed.items():
            rows[identity] = self.change(rows[identity], **values)

    def arrive(self, day: int) -> None:
        """Three agents nobody knew the day before."""
        fleet_, plan = self.fleet, self.plan
        fleet_.random = plan.chance(f"arrivals:{day}")
        before = len(fleet_.rows)
        fleet_.grow(3, fresh=True)
        for offset, row in enumerate(fleet_.rows[before:]):
            number = plan.agents + (day - 1) * 3 + offset
            row |= {"_n": number, "id": identifier("agent", number)}
        self.agents = fleet_.rows

    def _remember(self, day: int) -> None:
        """Threats move on, and those of changed agents show them as they are now."""
        self.threats = threats.advance(self.plan, self.threats, day, self._events)
        present = {row["id"]: row for row in self.agents}
        self.threats = [
            row
            if present.get(row["agentId"], row["_agent"]) is row["_agent"]
            else row | {"_agent": present[row["agentId"]]}
            for row in self.threats
        ]

    def later(self, by: timedelta) -> "Company":
        """The company after that time, seen then: people went on with its threats every day.

        Open ones were resolved, one was opened again, new ones came, and the log tells of it. This
        company stays as it is; agents and all else are as they were.
        """
        other, end = copy.copy(self), self.now + by
        while other.now < end:
            other.go_on(min(end, other.now + timedelta(days=1)))
        return other

    def go_on(self, moment: datetime) -> None:
        """Until that moment, with a day's work; what it shares with a copy stays as it is."""
        self.plan = replace(self.plan, now=moment, day=self.plan.day + 1)
        self._events = [*self._events]
        self.log = replace(self.log, rows=[*self.log.rows])
        self.activities = self.log.rows
        told = {event["id"] for row in self.threats for event in row["_events"]}
        self.threats = threats.advance(self.plan, self.threats, self.plan.day, self._events)
        for row in self.threats:
            for event in row["_events"]:
                if event["id"] not in told:
                    self.log.of_threat(event, row)

    def moved(self, after: str) -> "Company":
        """The company once a few agents behind that id left, changed and arrived."""
        other = copy.copy(self)
        later = [row for row in self.agents if int(row["id"]) > int(after) and row["_n"] > 70]
        random = self.plan.chance("moved")
        drawn = random.sample(later, min(9, len(later)))
        gone = {row["id"] for row in drawn[:2]}
        changed = {row["id"]: self.change(row, isDecommissioned=True) for row in drawn[2:5]}
        changed |= {row["id"]: self.change(row, isActive=True) for row in drawn[5:]}
        other.fleet = copy.copy(self.fleet)
        other.fleet.rows = [
            changed.get(row["id"], row) for row in self.agents if row["id"] not in gone
        ]
        other.arrive(self.plan.day + 50)
        return other


def _check(plan: Plan) -> None:
    sizes = {
        name: getattr(plan, name)
        for name in ("agents", "sites", "accounts", "threats", "users", "activities", "day")
    }
    for name, size in sizes.items():
        if size < 0:
            message = f"{name} must not be negative, got {size}"
            raise ValueError(message)
    _check_spread(plan)
    if plan.pace < timedelta(0):
        message = f"pace must not be negative, got {plan.pace}"
        raise ValueError(message)
    if plan.now.tzinfo is None:
        message = "now must be a moment with a time zone"
        raise ValueError(message)
    if plan.profile not in PROFILES:
        message = f"unknown profile {plan.profile!r}, known are: {', '.join(PROFILES)}"
        raise ValueError(message)


def _check_spread(plan: Plan) -> None:
    for name, percent in (("own_policies", plan.own_policies), ("drift", plan.drift)):
        if percent is not None and not 0 <= percent <= 100:
            message = f"{name} must be a percentage between 0 and 100, got {percent:g}"
            raise ValueError(message)
    if plan.groups is not None and plan.groups < plan.sites:
        message = f"groups must be one a site at least, got {plan.groups} for {plan.sites} sites"
        raise ValueError(message)
