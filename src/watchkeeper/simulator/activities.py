"""The console's activity log: administration, agents coming and going, threats, the unknown."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from watchkeeper.simulator import names
from watchkeeper.simulator.activity_types import NAMES
from watchkeeper.simulator.people import People
from watchkeeper.simulator.places import Places
from watchkeeper.simulator.times import stamp
from watchkeeper.simulator.world import DAY, Plan, Row, identifier, uuid

# Those that say an agent left or came back: the truth of COV-03 hangs on them, so chance writes
# them only for agents that have gone already.
_LEAVING = (47, 51, 52, 54, 55)
_ADMINISTRATION = (
    23, 24, 25, 27, 27, 27, 27, 33, 37, 41, 42, 44, 46, 56, 57, 67, 68, 69, 73, 76, 77, 78, 79,
    87, 95, 102, 107, 108, 109, 110, 112, 113, 116, 129, 133, 133, 134, 139, 140, 141, 142, 145,
    146, 147, 3001, 3008, 3012, 3016, 3629, 3710, 3750, 3752, 5006, 5008, 5009, 5011, 5020, 5021,
    5024, 5027, 5040, 5041, 5044,
)  # fmt: skip
_ABOUT_AGENTS = (17, 61, 62, 71, 90, 117, 118, 120, 128, 53)
_UNKNOWN = (99_001, 99_002, 123_456)
_FAILURES = (
    "invalid 2FA code",
    "IP/User mismatch",
    "invalid password",
    "user temporarily locked 2FA attempt",
    "no active site",
)


@dataclass(slots=True)
class Log:
    """Writes activities; ids ascend in the order of writing."""

    plan: Plan
    places: Places
    people: People
    random: Random
    rows: list[Row]

    def write(self, kind: int, moment: datetime, agent: Row | None = None) -> Row:
        """One entry, about an agent or about somebody's administration."""
        random, number = self.random, len(self.rows)
        user = random.choice(self.people.users) if self.people.users else None
        sites = self.places.sites
        site = random.choice(sites) if sites and number % 3 else None
        scope: Row = agent or {}
        if agent is None and site is not None:
            scope = {
                "siteId": site["id"],
                "siteName": site["name"],
                "accountId": site["accountId"],
                "accountName": site["accountName"],
            }
        action = NAMES.get(kind, f"Activity {kind}")
        by_person = user is not None and kind != 47
        row = {
            "id": identifier("activity", number),
            "activityUuid": uuid(random),
            "createdAt": stamp(moment),
            "updatedAt": stamp(moment - timedelta(milliseconds=2)),
            "activityType": kind,
            "data": self._data(kind, moment, user, scope),
            "primaryDescription": f"{user['fullName'] if user and by_person else '-'}: {action}",
            "secondaryDescription": None if number % 2 else "IP address: 203.0.113.7",
            "comments": random.choice(_FAILURES) if kind == 133 else None,
            "osFamily": agent["osType"] if agent else None,
            "description": None,
            "hash": None,
            "agentUpdatedVersion": None,
            "userId": user["id"] if by_person and user else None,
            "threatId": None,
            "agentId": agent["id"] if agent else None,
        }
        for field in ("accountId", "accountName", "siteId", "siteName", "groupId", "groupName"):
            row[field] = scope.get(field)
        self.rows.append(row)
        return row

    def _data(self, kind: int, moment: datetime, user: Row | None, scope: Row) -> Row:
        data: Row = {
            "accountName": scope.get("accountName"),
            "fullScopeDetails": f"Site {scope.get('siteName')}" if scope else "Global",
            "fullScopeDetailsPath": "Global / Account / Site",
            "scopeLevel": "Site" if scope else "Global",
        }
        if user is not None:
            data |= {"username": user["fullName"], "byUser": user["email"], "role": "admin"}
        if scope.get("accountId"):
            # Ids in here are numbers, and beyond what a double can hold.
            data["accountId"] = int(scope["accountId"])
        if kind in {27, 133}:
            data |= {"ipAddress": "203.0.113.7", "source": "mgmt", "userId": -1}
        if kind in {69, 76, 78}:
            data |= {"oldValue": "protect", "newValue": "detect", "group_id": "-1"}
        if kind == 112:
            data["expiresAt"] = moment.astimezone(UTC).isoformat(timespec="milliseconds")
        return data

    def of_threat(self, event: Row, threat: Row) -> None:
        """The same happening that the threat's timeline tells."""
        row = self.write(event["activityType"], datetime.fromisoformat(event["createdAt"]))
        row |= {name: event[name] for name in ("data", "primaryDescription", "agentId", "hash")}
        row |= {name: event[name] for name in ("threatId", "userId", "accountId", "siteId")}
        row |= {name: threat[name] for name in ("accountName", "siteName", "groupId", "groupName")}


def _clear(seconds: float) -> float:
    """The age, moved where no review falls due within the next hour by the clock alone."""
    for edge in (2 * DAY, 7 * DAY, 30 * DAY):
        if edge - 4000 < seconds < edge + 60:
            return edge + 60
    return seconds


def build(plan: Plan, places: Places, people: People, agents: list[Row], threats: list[Row]) -> Log:
    """The log on day 0, oldest first."""
    random = plan.chance("activities")
    log = Log(plan, places, people, random, [])
    events = [(event, threat) for threat in threats for event in threat["_events"]]
    events = [pair for pair in events if pair[0]["activityType"] != 5000][: plan.activities // 3]
    count = max(0, plan.activities - len(events))
    moments = sorted(_clear(random.uniform(600, 120 * DAY)) for _ in range(count))
    gone = [a for a in agents if a["isDecommissioned"] or a["isUninstalled"]]
    for number, seconds in enumerate(reversed(moments)):
        kind, agent = _kind(random, number, agents, gone)
        row = log.write(kind, plan.now - timedelta(seconds=seconds), agent)
        if number % 211 == 13:
            row["secondaryDescription"] = names.HOSTILE[number % len(names.HOSTILE)]
    for event, threat in events:
        log.of_threat(event, threat)
    return log


def _kind(
    random: Random, number: int, agents: list[Row], gone: list[Row]
) -> tuple[int, Row | None]:
    """What happened, and to which agent."""
    luck = random.random()
    if number < len(_ADMINISTRATION):
        return _ADMINISTRATION[number], None
    if luck < 0.02:
        return random.choice(_UNKNOWN), None
    if luck < 0.12 and gone:
        return random.choice(_LEAVING), random.choice(gone)
    if luck < 0.3 and agents:
        return random.choice(_ABOUT_AGENTS), random.choice(agents)
    return random.choice(_ADMINISTRATION), None
