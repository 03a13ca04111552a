"""What happens in a company from its second day on, besides what happens on every first one.

Every day is drawn from the seed and its number alone. Whatever changes is a new row, so that who
holds the day before keeps it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from watchkeeper.simulator import alerts, exclusions, life, people, rogues
from watchkeeper.simulator.state import State
from watchkeeper.simulator.times import ago, read, stamp
from watchkeeper.simulator.world import HOUR, Row, identifier

# Below that number stand the cases that every company has; nothing disturbs them.
_STANDING: Final = 70
_PLACES: Final = ("accountId", "accountName", "siteId", "siteName", "groupId", "groupName")


def live(company: State, day: int, rows: dict[str, Row], moment: datetime) -> None:
    """One day of the company's own life; `rows` are its agents by id, to be changed in place."""
    plan = company.plan
    if day > 1 or plan.pace:
        company.rogues = rogues.live(company.rogues, plan, company.places, day)
        company.alerts = alerts.live(company.alerts, plan, list(rows.values()), day)
    if day < 2 or plan.healthy:
        return
    lived = Day(company, day, rows, moment, plan.chance(f"life:{day}"))
    lived.machines()
    life.policies(company, day, rows, moment)
    lived.users()
    lived.service_users()
    lived.exclusions()
    lived.settings()


@dataclass(slots=True)
class Day:
    """One day being lived."""

    company: State
    day: int
    rows: dict[str, Row]
    moment: datetime
    random: Random

    def log(self, kind: int, agent: Row | None = None) -> None:
        """The console's log tells of it."""
        self.company.log.write(kind, self.moment, agent)

    def pick(self, known: timedelta | None = None, **wanted: object) -> Row | None:
        """An agent of the active population that is none of the standing cases.

        `known`: one that registered at least so long ago.
        """
        since = stamp(self.company.now - (known or timedelta(0)))
        wanted |= {"isDecommissioned": False, "isUninstalled": False}
        present = [
            row
            for row in self.rows.values()
            if all(row[name] == value for name, value in wanted.items())
            and (known is None or row["registeredAt"] < since)
        ]
        free = [row for row in present if row["_n"] > _STANDING]
        return self.random.choice(free or present) if present else None

    def change(self, row: Row, **values: object) -> None:
        """Give an agent other values."""
        self.rows[row["id"]] = self.company.change(row, **values)

    def machines(self) -> None:
        """Agents vanish and come back, are set up again, move, and mistake the time."""
        away, day = self.company.away, self.day
        if len(away) > 2:
            back = away.pop(next(iter(away)))
            self.change(back, lastActiveDate=ago(self.moment, 300), isActive=True)
        gone = self.pick()
        if gone is not None:
            away[gone["id"]] = self.rows.pop(gone["id"])
        self._set_up_again()
        if day % 2:
            self._move()
        self._pods()
        self._clocks()
        silent = self.pick(isActive=False)
        if silent is not None:
            self.change(silent, lastActiveDate=ago(self.moment, 600), isActive=True)

    def _set_up_again(self) -> None:
        former = self.pick()
        if former is None:
            return
        number = self.company.plan.agents + 5000 + self.day
        now = {"registeredAt": ago(self.moment, 20), "lastActiveDate": ago(self.moment, 5)}
        again = former | {"_n": number, "id": identifier("agent", number), "isActive": True}
        again |= now | {"createdAt": now["registeredAt"], "uuid": f"{former['uuid'][:-4]}{number}"}
        self.change(again)
        if self.day % 3 != 2:  # else both remain, as happens
            self.change(former, isDecommissioned=True, isActive=False)
        if self.day % 3 == 0:
            self.log(54, former)

    def _move(self) -> None:
        agent, company = self.pick(), self.company
        groups = company.places.groups
        if agent is None or not groups:
            return
        group = self.random.choice(groups)
        site = next(site for site in company.places.sites if site["id"] == group["siteId"])
        there = (site["accountId"], site["accountName"], site["id"], site["name"])
        values: dict[str, Any] = dict(
            zip(_PLACES, (*there, group["id"], group["name"]), strict=True)
        )
        modes = company.fleet.modes[group["id"]]
        self.change(agent, mitigationMode=modes[0], mitigationModeSuspicious=modes[1], **values)
        self.log(95, agent)

    def _pods(self) -> None:
        """One is replaced by another; the console tells of it on some days."""
        former, company = self.pick(machineType="kubernetes pod"), self.company
        sites = [site for site in company.places.sites if site["_kind"] == "kubernetes"]
        if former is not None:
            del self.rows[former["id"]]
            if self.day % 2:
                self.log(51, former)
        if sites and company.agents:
            number = company.plan.agents + 6000 + self.day
            company.fleet.random = self.random
            pod = company.fleet.agent(number, self.random.choice(sites), fresh=True)
            self.rows[pod["id"]] = pod

    def _clocks(self) -> None:
        """An agent whose clock is ahead, by little or by hours; a day later it is right again."""
        company = self.company
        late = self.rows.get(company.ahead)
        if late is not None:
            self.change(late, lastActiveDate=ago(self.moment, 60))
        company.ahead = ""
        ahead = {3: timedelta(minutes=2, seconds=30), 5: timedelta(hours=3)}.get(self.day % 7)
        agent = self.pick(isActive=True, isPendingUninstall=False, known=timedelta(days=2))
        if ahead is not None and agent is not None:
            self.change(agent, lastActiveDate=stamp(company.now + ahead))
            company.ahead = agent["id"]

    def users(self) -> None:
        """People lose and gain a second factor, join, leave, are given tokens and roles."""
        company, day = self.company, self.day
        users = list(company.people.users)
        known = [i for i, user in enumerate(users) if user["source"] == "mgmt" and i > 0]
        with_factor = [i for i in known if users[i]["twoFaEnabled"]]
        without = [i for i in known if not users[i]["twoFaEnabled"]]
        if day % 3 == 2 and with_factor:
            self._alter(users, with_factor, 67, people.factor(on=False))
        if day % 3 == 0 and without:
            self._alter(users, without, 145, people.factor(on=True))
        if day % 5 == 4 and known:
            token = {"createdAt": ago(self.moment, 9)[:19] + "Z", "expiresAt": None}
            token["expiresAt"] = stamp(self.moment + timedelta(days=180), 0)
            self._alter(users, known, 112, {"apiToken": token})
        if day % 6 == 5 and known:
            self._alter(users, known, 24, {"scope": "tenant"})
        if day % 4 == 3:
            users.append(people.newcomer(company.plan, company.places, company.people, day))
            self.log(23)
        if day % 4 == 1 and len(users) > 6:
            del users[self.random.randrange(3, len(users))]
            self.log(25)
        company.people = replace(company.people, users=users)

    def _alter(self, users: list[Row], among: list[int], kind: int, values: Row) -> None:
        index = self.random.choice(among)
        users[index] = users[index] | values
        self.log(kind)

    def service_users(self) -> None:
        """A token is made anew; now and then somebody adds a service user and says no more."""
        company, rows = self.company, list(self.company.people.service_users)
        if self.day % 7 == 3 and len(rows) > 1:
            index = self.random.randrange(1, len(rows))
            fresh = {"createdAt": stamp(self.moment, 0)}
            fresh["expiresAt"] = stamp(self.moment + timedelta(days=90), 0)
            rows[index] = rows[index] | {"apiToken": fresh, "updatedAt": stamp(self.moment)}
            self.log(112)
        if self.day % 10 == 6:
            rows.append(people.newcomer_service(company.plan, company.places, company.people, rows))
            self.log(140)
        company.people = replace(company.people, service_users=rows)

    def exclusions(self) -> None:
        """They appear, are looked at and go."""
        company = self.company
        lists = exclusions.Exclusions(
            list(company.exclusions.classic), list(company.exclusions.unified)
        )
        if self.day % 3 == 0:
            exclusions.appear(lists, company.plan, company.places, self.day)
            self.log(3008)
        if self.day % 5 == 1:
            exclusions.review(lists, company.plan)
            self.log(3012)
        if self.day % 6 == 4 and lists.classic:
            gone = lists.classic.pop(self.random.randrange(len(lists.classic)))["id"]
            lists.unified = [row for row in lists.unified if row["id"] != gone]
            self.log(3016)
        company.exclusions = lists

    def settings(self) -> None:
        """Sign-on and forwarding go off and on again; a site's time runs short and is renewed."""
        company, day = self.company, self.day
        if day % 10 in {7, 9}:
            on = {"enabled": day % 10 == 9}
            company.settings = replace(company.settings, syslog=company.settings.syslog | on)
        if day % 12 in {8, 10}:
            on = {"enabled": day % 12 == 10}
            company.settings = replace(company.settings, sso=company.settings.sso | on)
        sites = company.places.sites
        if day % 9 in {6, 8} and len(sites) > 1:
            short = day % 9 == 6
            end = ago(company.now, -20 * 24 * HOUR) if short else None
            sites[1] = sites[1] | {"unlimitedExpiration": not short, "expiration": end}
        if day % 4 == 2:
            self.log(self.random.choice((42, 107, 117, 146, 3021, 3201)))


def wake(company: State, before: datetime) -> None:
    """The clock has moved on: who reported goes on reporting, who signs in goes on signing in."""
    pace = company.plan.pace
    agents = []
    for row in company.agents:
        seen = read(row["lastActiveDate"])
        hourly = row["machineType"] in {"server", "kubernetes node"}
        patience = timedelta(days=1 if hourly else 14)
        there = not row["isDecommissioned"] and not row["isUninstalled"]
        goes_on = seen is not None and there and before - seen <= patience
        reported = {"lastActiveDate": stamp(seen + pace)} if seen is not None else {}
        agents.append(row | reported | life.upgrade(company, row) if goes_on else row)
    company.agents = company.fleet.rows = agents
    company.fleet.plan = company.plan
    company.fleet.moment += pace
    company.people = people.go_on(company.people, before, pace)
