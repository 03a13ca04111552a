"""The agents of the simulated company: healthy ones, and the many ways not to be.

A row holds only what differs from agent to agent; `agent.py` completes it when it is served, which
keeps a hundred thousand of them in memory.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from watchkeeper.simulator import names, spread
from watchkeeper.simulator.packages import TRAINS
from watchkeeper.simulator.places import Places
from watchkeeper.simulator.policies import Policies
from watchkeeper.simulator.times import stamp
from watchkeeper.simulator.world import DAY, HOUR, MINUTE, Plan, Row, identifier, uuid

STATES = (
    "partially_disabled",
    "fully_disabled",
    "disabled_error",
    "auto_partially_disabled",
    "auto_fully_disabled",
    "db_corruption",
)
NEEDS = ("reboot_needed", "upgrade_needed", "user_action_needed", "pending_deprecation")
PERMISSIONS = ("user_action_needed_fda", "user-action-needed-bluetooth-per")

_MACHINE_SHARES = {
    "office": (("laptop", 78), ("desktop", 16), ("server", 4), ("storage", 1), ("unknown", 1)),
    "servers": (("server", 98), ("storage", 2)),
    "kubernetes": (("kubernetes node", 40), ("kubernetes pod", 60)),
}
_SYSTEM_SHARES = {
    "office": (("windows", 62), ("macos", 32), ("linux", 4), ("windows_legacy", 2)),
    "servers": (("windows", 46), ("linux", 46), ("windows_legacy", 8)),
    "kubernetes": (("linux", 1),),
}
_PURPOSE_SHARES = {
    "laptop": (("client", 86), ("few", 6), ("any", 8)),
    "desktop": (("client", 92), ("any", 8)),
    "server": (("server", 90), ("any", 10)),
    "kubernetes node": (("node", 1),),
    "kubernetes pod": (("pod", 1),),
}
_PREFIXES = {"laptop": "LT", "desktop": "WS", "server": "SRV", "kubernetes node": "node"}
_EVERY_HOUR = {"server", "kubernetes node"}


def train(system: str, machine: str | None) -> str:
    """The package platform an agent takes its versions from."""
    if system == "linux" and (machine or "").startswith("kubernetes"):
        return "linux_k8s"
    return system


def _urn(table: tuple[tuple[str, int], ...]) -> list[str]:
    """One ball for each unit of weight: drawing from it costs less than weighing each time."""
    return [value for value, weight in table for _ in range(weight)]


_MACHINES = {kind: _urn(table) for kind, table in _MACHINE_SHARES.items()}
_SYSTEMS = {kind: _urn(table) for kind, table in _SYSTEM_SHARES.items()}
_PURPOSES = {kind: _urn(table) for kind, table in _PURPOSE_SHARES.items()}
_VERSIONS = _urn((("0", 52), ("1", 3), ("2", 38), ("3", 3), ("4", 4)))


@dataclass(slots=True)
class Fleet:
    """Builds agents one after the other."""

    plan: Plan
    places: Places
    policies: Policies
    random: Random
    rows: list[Row] = field(default_factory=list)
    modes: dict[str, tuple[str, str]] = field(default_factory=dict)
    groups: dict[tuple[str, str], Row] = field(default_factory=dict)
    teams: dict[str, list[Row]] = field(default_factory=dict)
    moment: datetime = field(init=False)

    def __post_init__(self) -> None:
        """Look up once what every agent of a group shares."""
        # Without a zone, because a time with one takes twice as long to write.
        self.moment = self.plan.now.astimezone(UTC).replace(tzinfo=None)
        for group in self.places.groups:
            if group["_for"] == spread.TEAM:
                self.teams.setdefault(group["siteId"], []).append(group)
            self.groups[group["siteId"], group["_for"]] = group
            policy = self.policies.effective("group", group["id"]) or {}
            self.modes[group["id"]] = (
                policy["mitigationMode"],
                policy["mitigationModeSuspicious"],
            )

    def grow(self, count: int, *, fresh: bool = False) -> None:
        """Add agents; `fresh` ones registered within the last minutes."""
        open_sites = [site for site in self.places.sites if site["_share"]]
        if not open_sites:
            return
        weights = [site["_share"] for site in open_sites]
        for site in self.random.choices(open_sites, weights, k=count):
            self.rows.append(self.agent(len(self.rows), site, fresh=fresh))

    def _age(self, machine: str | None) -> tuple[float, float]:
        """Seconds since it registered and since it last reported, on a good day."""
        random = self.random
        luck = random.random()
        if machine in _EVERY_HOUR:
            silent = (
                random.uniform(20, 20 * MINUTE) if luck < 0.97 else random.uniform(1, 20) * HOUR
            )
        elif luck < 0.7:
            silent = random.uniform(30, 8 * HOUR)
        elif luck < 0.95:
            silent = random.uniform(8 * HOUR, 3 * DAY)
        else:
            silent = random.uniform(4 * DAY, 12 * DAY)
        pod = machine == "kubernetes pod"
        age = random.uniform(2, 13) * DAY if pod else random.uniform(15, 900) * DAY
        return max(age, silent + HOUR), silent

    def agent(self, number: int, site: Row, *, fresh: bool) -> Row:
        """One agent of that site."""
        random = self.random
        machine = random.choice(_MACHINES[site["_kind"]])
        system = random.choice(_SYSTEMS[site["_kind"]])
        if machine == "laptop" and system == "windows_legacy":
            machine = "desktop"
        purpose = random.choice(_PURPOSES.get(machine, ["any"]))
        if system == "windows_legacy" and machine == "server":
            purpose = "legacy"
        group = self.groups.get((site["id"], purpose)) or self.groups[site["id"], "any"]
        group = spread.team(self.teams.get(site["id"], []), number) or group
        age, silent = self._age(machine)
        if fresh:
            age, silent = random.uniform(30, 55), random.uniform(1, 20)
        version = TRAINS[train(system, machine)].current[int(random.choice(_VERSIONS))]
        mode, suspicious = self.modes[group["id"]]
        row: Row = {
            "_n": number,
            "id": identifier("agent", number),
            "uuid": uuid(random),
            "computerName": self._name(machine, number),
            "accountId": site["accountId"],
            "accountName": site["accountName"],
            "siteId": site["id"],
            "siteName": site["name"],
            "groupId": group["id"],
            "groupName": group["name"],
            "osType": system,
            "machineType": machine,
            "agentVersion": version,
            "isUpToDate": True,
            "isDecommissioned": False,
            "isUninstalled": False,
            "isPendingUninstall": False,
            "infected": False,
            "activeThreats": 0,
            "operationalState": "na",
            "userActionsNeeded": [],
            "missingPermissions": [],
            "mitigationMode": mode,
            "mitigationModeSuspicious": suspicious,
            "networkStatus": "connected",
            "scanStatus": "finished",
            "serialNumber": f"{random.getrandbits(40):010X}",
            "licenseKey": "",
        }
        if number % 700 == 350:
            row["licenseKey"] = f"{random.getrandbits(80):020x}"
        self.date(row, age, silent)
        if not self.plan.healthy and not fresh:
            self._misfortune(row, age)
        return row

    def date(self, row: Row, age: float, silent: float) -> None:
        """Write the times that follow from when it registered and last reported."""
        now, number = self.moment, row["_n"]
        digits = (
            3 if number % 97 == 1 else 2 if number % 101 == 1 else 0 if number % 103 == 1 else 6
        )
        registered = now - timedelta(seconds=age)
        row["registeredAt"] = stamp(registered, digits)
        row["createdAt"] = stamp(registered + timedelta(milliseconds=4))
        row["lastActiveDate"] = stamp(now - timedelta(seconds=silent), digits)
        row["isActive"] = silent < 4 * HOUR
        touched = self.random.uniform(1, max(2.0, min(age, silent + 30 * DAY)))
        row["updatedAt"] = (
            row["registeredAt"] if number % 50 == 3 else stamp(now - timedelta(seconds=touched))
        )

    def _name(self, machine: str, number: int) -> str:
        if machine == "kubernetes pod":
            return f"checkout-{number:x}-{self.random.getrandbits(20):05x}"
        return f"{_PREFIXES.get(machine, 'DEV')}-{number:06d}"

    def _misfortune(self, row: Row, age: float) -> None:
        """Something that is wrong with a few agents in a hundred."""
        random = self.random
        if row["_n"] % 27 == 18:
            row["scanStatus"] = "none" if row["_n"] % 2 else "started"
        elif row["_n"] % 41 == 17:
            row["scanStatus"] = "aborted"
        luck = random.random()
        if luck < 0.04:
            self.silence(row, random.uniform(*((26, 700) if self._hourly(row) else (360, 2160))))
        elif luck < 0.05:
            self.register_lately(row)
        elif luck < 0.09:
            row["isDecommissioned"] = True
            self.silence(row, random.uniform(600, 5000))
        elif luck < 0.10:
            row["isUninstalled"] = True
            self.silence(row, random.uniform(48, 3000))
        elif luck < 0.105 and row["_n"] > 100:
            self._reimage(row, age)
        self._ailment(row)

    def _ailment(self, row: Row) -> None:
        """Something that is wrong with an agent whether it reports or not."""
        random = self.random
        if random.random() < 0.02:
            row["operationalState"] = random.choice(STATES)
        if random.random() < 0.05:
            old = TRAINS[train(row["osType"], row["machineType"])].outdated
            row["agentVersion"] = random.choice(old)
            row["isUpToDate"] = random.random() < 0.1
        if random.random() < 0.02:
            row["userActionsNeeded"] = [random.choice(NEEDS)]
            if row["osType"] == "macos":
                row["missingPermissions"] = [random.choice(PERMISSIONS)]
        if random.random() < 0.004:
            row["infected"], row["activeThreats"] = True, random.randrange(1, 4)
        row["isPendingUninstall"] = random.random() < 0.003
        row["networkStatus"] = "disconnected" if random.random() < 0.003 else "connected"

    def _hourly(self, row: Row) -> bool:
        return row["machineType"] in _EVERY_HOUR

    def silence(self, row: Row, hours: float) -> None:
        """It has not reported for that long, and registered some time before."""
        silent = hours * HOUR
        self.date(row, silent + self.random.uniform(2, 400) * DAY, silent)

    def register_lately(self, row: Row) -> None:
        """It registered within the last day."""
        age = self.random.uniform(0.5, 22) * HOUR
        self.date(row, age, self.random.uniform(20, age / 2))

    def _reimage(self, row: Row, age: float) -> None:
        """The machine was set up again: the record before this one is its former self."""
        former = self.rows[-1]
        if former["isDecommissioned"] or former["isUninstalled"] or row["_n"] < 100:
            return
        for name in ("computerName", "serialNumber", "osType", "machineType", "agentVersion"):
            row[name] = former[name]
        for name in ("siteId", "siteName", "groupId", "groupName", "accountId", "accountName"):
            row[name] = former[name]
        row["mitigationMode"], row["mitigationModeSuspicious"] = self.modes[row["groupId"]]
        self.date(row, age, self.random.uniform(60, 20 * HOUR))
        former["isDecommissioned"] = row["_n"] % 2 == 0
        self.silence(former, self.random.uniform(400, 900))


def build(plan: Plan, places: Places, policies: Policies) -> Fleet:
    """The fleet on day 0."""
    fleet = Fleet(plan, places, policies, plan.chance("fleet"))
    fleet.grow(plan.agents)
    if not plan.healthy:
        _specials(fleet)
    return fleet


def _plain(fleet: Fleet, row: Row) -> None:
    """Make an agent healthy again, so that exactly one thing is special about it."""
    row |= {
        "isDecommissioned": False,
        "isUninstalled": False,
        "operationalState": "na",
        "userActionsNeeded": [],
        "missingPermissions": [],
        "machineType": "server" if row["machineType"] == "server" else "laptop",
        "agentVersion": TRAINS[row["osType"]].current[0],
        "isUpToDate": True,
    }
    fleet.date(row, 200 * DAY, 5 * MINUTE)


def _specials(fleet: Fleet) -> None:
    """Cases that every company of some size has, whatever its luck."""
    rows = iter(fleet.rows[5::2])

    def following() -> Row:
        row = next(rows, None)
        if row is None:
            return {"_n": 0, "osType": "linux", "machineType": "laptop"}  # too small a company
        _plain(fleet, row)
        return row

    for state in STATES:
        following()["operationalState"] = state
    following()["mitigationMode"] = "none"
    following()["machineType"] = "quantum appliance"
    following()["machineType"] = None
    for days in (21, 40):
        row = following()
        row["machineType"] = "laptop"
        fleet.silence(row, days * 24 + 3)
    row = following()
    fleet.register_lately(row)
    row["operationalState"] = "disabled_error"
    row["agentVersion"] = TRAINS[row["osType"]].outdated[0] if row["osType"] in TRAINS else ""
    row = following()
    row["userActionsNeeded"] = ["none"]
    following()["isPendingUninstall"] = True
    following()["infected"] = True
    for name in names.HOSTILE:
        following()["computerName"] = name
    former, row = following(), following()
    row |= {name: former.get(name) for name in ("computerName", "serialNumber")}
    former["isDecommissioned"] = True
    fleet.silence(former, 30 * 24)
