"""What the people of the simulated company state: what they vouch for, own, and who they are.

Rows are plain dictionaries by the column names of the stated resources; times are text in UTC.
A statement that was decided has a row for each of its versions, oldest first, the newest of which
counts. A collection holds an id once, so the versions are to be recorded one after another.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any, Final

from watchkeeper.simulator import packages
from watchkeeper.simulator.agent import domain, interfaces
from watchkeeper.simulator.company import Company
from watchkeeper.simulator.hashing import settings_hash
from watchkeeper.simulator.times import stamp
from watchkeeper.simulator.world import Row

_ASKED: Final = "Anna Berger"
_DECIDED: Final = "Jonas Keller"
# The days of life each company has at most: what must hold on all of them is decided before.
_LIFE: Final = 40


def statements(company: Company) -> dict[str, list[Row]]:
    """Everything that was stated until the company's moment, by the name of its resource."""
    book = _Book(company)
    _everywhere(book)
    (_of_the_healthy if company.plan.healthy else _of_the_sick)(book)
    return {
        "attestations": book.rows,
        "assets": _assets(company),
        "people": _people(company),
        "support_ends": _support_ends(company),
    }


class _Book:
    """Writes attestations."""

    def __init__(self, company: Company) -> None:
        self.company, self.now = company, company.now
        self.rows: list[Row] = []
        self._counts: Counter[tuple[str, str]] = Counter()

    def vouch(
        self,
        kind: str,
        subject: str = "",
        data: dict[str, str] | None = None,
        *,
        decided: float = 10,
        lasts: float = 80,
        state: str = "approved",
    ) -> None:
        """One attestation, decided that many days ago and lasting so many from then on."""
        number, again = len(self.rows), self._counts[kind, subject]
        self._counts[kind, subject] += 1
        at = self.now - timedelta(days=decided)
        asked: dict[str, Any] = {
            "id": f"{kind}/{subject}" + f"/{again}" * (again > 0),
            "kind": kind,
            "subject": subject,
            "statement": f"Vouched for in review {number % 7 + 1}",
            "data": data or {},
            "state": "requested",
            "ticket": f"CHG-{1000 + number}",
            "requested_by": _ASKED,
            "requested_at": stamp(at - timedelta(hours=3)),
            "decided_by": None,
            "decided_at": None,
            "remark": None,
            "valid_from": stamp(at),
            "expires_at": stamp(at + timedelta(days=lasts)),
            "recorded_at": stamp(at - timedelta(hours=3)),
        }
        self.rows.append(asked)
        if state == "requested":
            return
        approved = {"state": "approved", "decided_by": _DECIDED, "decided_at": stamp(at)}
        self.rows.append(asked | approved | {"recorded_at": stamp(at)})
        if state != "approved":  # it was approved and did not remain so
            later = stamp(at + timedelta(hours=30))
            after = {"state": state, "decided_by": _DECIDED, "decided_at": later, "remark": "-"}
            self.rows.append(asked | after | {"recorded_at": later})


def _holders(company: Company) -> list[tuple[str, Row]]:
    people = company.people
    users = [(f"user:{row['id']}", row) for row in people.users]
    return users + [(f"service_user:{row['id']}", row) for row in people.service_users]


def _everywhere(book: _Book) -> None:
    """What stands in every company: the baselines of its policies, and a word for its sign-on."""
    company = book.company
    for number, ((level, scope), policy) in enumerate(company.policies.first.items()):
        if number % 9 == 5:
            continue  # nobody ever approved it
        subject = f"{level}:{scope}" if scope else level
        data = {"sha256": settings_hash(policy, company.profile)}
        lasts = 30 if number % 9 == 7 else 360
        book.vouch("policy_baseline", subject, data, decided=_LIFE + 5, lasts=lasts)
    book.vouch("idp_mfa", "sso_saml", decided=20)


def _of_the_healthy(book: _Book) -> None:
    company = book.company
    book.vouch("idp_mfa")
    for subject, _ in _holders(company):
        book.vouch("privileged_access", subject)
        book.vouch("token_purpose", subject)
    for row in company.exclusions.classic:
        book.vouch("exclusion_review", f"exclusion:{row['id']}")
    tests = {t["osType"]: t["id"] for t in reversed(company.threats)}
    for system, threat in tests.items():
        book.vouch("detection_test", system, {"threat_id": threat})
    book.vouch("activity_review", "", {"until": stamp(book.now)}, decided=0)
    book.vouch("restore_test")


def _of_the_sick(book: _Book) -> None:
    """Some things are vouched for, others were once, or are only asked for."""
    company = book.company
    book.vouch("idp_mfa", "active_directory", decided=100, lasts=90)
    _identities(book)
    for number, row in enumerate(company.exclusions.classic):
        if number % 2:
            book.vouch("exclusion_review", f"exclusion:{row['id']}", lasts=170)
    gone = [a for a in company.agents if a["isDecommissioned"] or a["isUninstalled"]]
    for number, agent in enumerate([*gone, *company.away.values()]):
        if number % 3 == 0:
            book.vouch("agent_retired", f"agent:{agent['id']}", decided=1)
    for number in (4, 14):
        book.vouch("not_at_risk", f"asset:cmdb/{number}", lasts=360)
    book.vouch("not_at_risk", "asset:cmdb/24", state="revoked")
    _tests(book)
    _changes(book)
    book.vouch("activity_review", "", {"until": stamp(book.now - timedelta(days=20))}, decided=19)
    book.vouch("scan_not_required", "linux", lasts=360)
    book.vouch("restore_test", decided=100, lasts=85)


def _changes(book: _Book) -> None:
    """Some sensitive actions were looked at one by one, some changes of policies approved."""
    sensitive = [a for a in book.company.activities if a["activityType"] in {69, 112, 76, 107, 54}]
    for number, activity in enumerate(sensitive):
        if number % 3 == 0:
            book.vouch("activity_review", f"activity:{activity['id']}", decided=0)
        if number % 2 == 0 and activity["activityType"] in {69, 76}:
            book.vouch("policy_change", f"activity:{activity['id']}", decided=0, lasts=360)


def _identities(book: _Book) -> None:
    """Whose access was approved, and whose token was explained."""
    states = ("approved", "approved", "revoked", "requested", "approved", "none")
    for number, (subject, row) in enumerate(_holders(book.company)):
        state = states[number % len(states)]
        if state != "none":
            book.vouch("privileged_access", subject, state=state)
        if row["apiToken"] is not None and number % 4:
            book.vouch("token_purpose", subject, lasts=5 if number % 7 == 3 else 80)


def _tests(book: _Book) -> None:
    """Windows was tested, macOS only in words, and the threat of another system shown for it."""
    company = book.company
    recent = (book.now - timedelta(days=80)).isoformat()
    for system, shown in (("windows", "windows"), ("macos", "windows")):
        for threat in company.threats:
            if threat["osType"] == shown and (threat["createdAt"] or "") > recent:
                book.vouch("detection_test", system, {"threat_id": threat["id"]})
                break
    book.vouch("detection_test", "macos", {"threat_id": "1"})
    book.vouch("detection_test", "linux", {"threat_id": "1"}, state="requested")


_JUNK: Final = ("To be filled by O.E.M.", "0000000", "N/A", "Default string", "123456789", "AAAA")


def _asset(agent: Row, moment: datetime) -> Row:
    """What a list says of the machine that the agent runs on."""
    number: int = agent["_n"]
    return {
        "id": f"cmdb/{number}",
        "list": "cmdb",
        "external_id": str(number),
        "name": agent["computerName"],
        "domain": domain(agent),
        "serial_number": agent["serialNumber"],
        "mac_addresses": [card["physical"] for card in interfaces(number)],
        "os_type": agent["osType"],
        "machine_type": agent["machineType"],
        "status": "In Use",
        "owner": None,
        "location": agent["siteName"],
        "last_seen_at": agent["lastActiveDate"],
        "listed_at": stamp(moment),
    }


def _assets(company: Company) -> list[Row]:
    """A row for each machine, and in a company that is not well the many ways to go wrong."""
    listed = company.now - timedelta(hours=5)
    present = [a for a in company.agents if not a["isDecommissioned"] and not a["isUninstalled"]]
    rows = [_asset(agent, listed) for agent in present]
    if company.plan.healthy:
        return rows
    kept = [_as_listed(row, present[n]) for n, row in enumerate(rows) if n % 20 != 19]
    return kept + _without_agent(company, listed, kept)


def _as_listed(row: Row, agent: Row) -> Row:
    """The same machine, as carelessly as lists are kept: some tell little, some spell freely."""
    number: int = agent["_n"]
    serial, mac = str(row["serial_number"]), row["mac_addresses"][0]
    changes: tuple[Row, ...] = (
        {"serial_number": f" {serial[:4].lower()}-{serial[4:]} "},
        {"serial_number": None, "mac_addresses": [mac.replace(":", "-").upper()]},
        {"serial_number": _JUNK[number % len(_JUNK)], "mac_addresses": None},
        {"serial_number": "", "mac_addresses": ["00:00:00:00:00:00"]},
        {},
        {"mac_addresses": None, "status": None},
        {"serial_number": None, "mac_addresses": [], "domain": "northwind"},
        {"name": None, "domain": None},
    )
    return row | changes[number % len(changes)]


def _without_agent(company: Company, listed: datetime, kept: list[Row]) -> list[Row]:
    """Machines that were never protected, left, were given up, or cannot be told apart."""
    blank = _asset(
        {
            "_n": 0,
            "computerName": None,
            "serialNumber": None,
            "osType": "windows",
            "machineType": "laptop",
            "siteName": None,
            "lastActiveDate": None,
        },
        listed,
    ) | {"domain": None, "mac_addresses": None}
    extra: list[Row] = [
        {"name": "FORGOTTEN-1", "serial_number": "NWFORGOT01"},
        {"name": "forgotten-2.northwind.example"},
        {"mac_addresses": ["06:ff:00:00:00:01", "06:ff:00:00:00:02"]},
        {},
        {"serial_number": "Not Specified"},
        {"name": "RETIRED-1", "serial_number": "NWRETIRED1", "status": "Retired"},
        {"name": "STOLEN-1", "status": "STOLEN"},
        {"name": "STORED-1", "serial_number": "NWSTORED01", "status": "In Stock"},
        {"name": "OLD-LIST-1", "listed_at": stamp(listed - timedelta(days=60))},
        {"name": "OLD-LIST-2", "listed_at": None},
    ]
    extra += [
        {"name": agent["computerName"], "serial_number": agent["serialNumber"]}
        for agent in company.agents
        if agent["isDecommissioned"]
    ][:5]
    rows = [
        blank | {"id": f"disposal/{n}", "list": "disposal", "external_id": str(n)} | each
        for n, each in enumerate(extra)
    ]
    # Two boards from one box: their serial number tells nothing, nor do their names.
    twins = [row for row in kept if row["status"] is None][:1]
    twin = {"id": "disposal/twin", "list": "disposal", "external_id": "twin"}
    return rows + [row | twin for row in twins]


def _people(company: Company) -> list[Row]:
    """Whoever the staff list knows; its first keepers left, some of them long ago."""
    listed, rows = stamp(company.now - timedelta(hours=7)), []
    for number, user in enumerate(company.people.users):
        if not user["email"] or user["isSystem"]:
            continue
        row: dict[str, Any] = {
            "id": f"staff/{number}",
            "list": "staff",
            "external_id": str(number),
            "email": str(user["email"]).upper() if number % 4 == 1 else user["email"],
            "name": user["fullName"],
            "active": True,
            "left_at": None,
            "listed_at": listed,
        }
        if not company.plan.healthy:
            if number % 17 == 6:
                continue
            hours = {2: 8.5, 7: 700.5, 11: None}.get(number % 17, 0.0)
            if hours != 0.0:
                row["active"] = False
                row["left_at"] = hours and stamp(company.now - timedelta(hours=hours))
        rows.append(row)
    return rows


def _support_ends(company: Company) -> list[Row]:
    """The vendor's table for every train of versions that a package or an agent has."""
    listed = stamp(company.now - timedelta(days=3))
    trains: dict[tuple[str, str], None] = {}
    for platform, train in packages.TRAINS.items():
        for version in (*train.current, *train.outdated):
            trains[platform, ".".join(version.split(".")[:2])] = None
    return [
        _train(company, number, platform, version, listed)
        for number, (platform, version) in enumerate(trains)
    ]


def _train(company: Company, number: int, platform: str, version: str, listed: str) -> Row:
    """Old versions have lost their support, current ones will some day, new ones keep it."""
    minor = int(version.split(".")[1])
    end = company.now + timedelta(days=-100 if minor < 2 else -5 if minor == 2 else 300)
    return {
        "id": f"vendor/{number}",
        "list": "vendor",
        "external_id": str(number),
        "os_type": platform,
        "version": version,
        "ends_at": None if minor > 3 else stamp(end),
        "source": "https://support.example/ends",
        "listed_at": listed,
    }
