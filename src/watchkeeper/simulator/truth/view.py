"""What the judgements share: what the token sees, what was stated, and how times are read."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from watchkeeper.simulator.company import Company
from watchkeeper.simulator.exclusions import seen_by
from watchkeeper.simulator.times import read
from watchkeeper.simulator.world import Row

PASS, FAIL, NA, UNKNOWN = "pass", "fail", "not_applicable", "unknown"
Items = Iterator[tuple[str, str]]
Statements = Mapping[str, Sequence[Mapping[str, Any]]]

SKEW: Final = timedelta(minutes=5)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
SYSTEMS: Final = ("windows", "macos", "linux")


def moment(value: object) -> datetime | None:
    """The moment a value of a statement names, be it written or not; None when it names none."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    return read(value)


def told(row: Mapping[str, Any]) -> dict[str, str]:
    """The values a statement holds, be they written as JSON or not."""
    data = row["data"]
    if isinstance(data, str):
        data = json.loads(data)
    return dict(data or {})


def _newest(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The newest version of each id."""
    found: dict[str, Mapping[str, Any]] = {}
    for row in sorted(rows, key=lambda row: str(moment(row["recorded_at"]))):
        found[row["id"]] = row
    return list(found.values())


@dataclass(frozen=True, slots=True)
class View:
    """The part of a company that the token sees, what was seen before, and what was stated."""

    company: Company
    earlier: Company | None
    site: str | None
    profile: str
    statements: Statements | None = None
    # Resources of the console that it does not show to this token, by their name in the console.
    unread: frozenset[str] = frozenset()
    active: list[Mapping[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Find the attestations that are active now."""
        if self.statements is not None:
            stated = _newest(self.statements.get("attestations", ()))
            self.active.extend(row for row in stated if self._holds(row))

    def _holds(self, row: Mapping[str, Any]) -> bool:
        begin, end = moment(row["valid_from"]), moment(row["expires_at"])
        if row["state"] != "approved" or begin is None or end is None:
            return False
        return begin <= self.now < end

    @property
    def now(self) -> datetime:
        """The moment of judgement."""
        return self.company.now

    def attestations(self, kind: str, *subjects: str) -> list[Mapping[str, Any]]:
        """The active ones of that kind about one of these subjects; the newest decision last."""
        found = [
            row for row in self.active if row["kind"] == kind and (row["subject"] or "") in subjects
        ]
        return sorted(found, key=lambda row: str(moment(row["decided_at"])))

    def stated(self, name: str) -> list[Mapping[str, Any]] | None:
        """A list that was loaded, None when it never was."""
        if self.statements is None or name not in self.statements:
            return None
        return list(self.statements[name])

    def age(self, value: object) -> timedelta | None:
        """How long ago a time was, not less than nothing; None where it tells nothing."""
        at = moment(value)
        if at is None or at > self.now + SKEW:
            return None
        return max(self.now - at, timedelta(0))

    def agents(self, company: Company | None = None) -> list[Row]:
        """Every agent visible, those that left included."""
        rows = (company or self.company).agents
        return [r for r in rows if self.site in (None, r["siteId"])]

    def groups(self) -> list[Row]:
        """Every group visible."""
        return [g for g in self.company.places.groups if self.site in (None, g["siteId"])]

    def sites(self) -> list[Row]:
        """Every site visible, those without agents too."""
        sites = self.company.places.sites
        return [s for s in sites if self.site in (None, s["id"]) and s["state"] != "deleted"]

    def threats(self) -> list[Row]:
        """Every threat visible."""
        return [t for t in self.company.threats if self.site in (None, t["siteId"])]

    def alerts(self) -> list[Row]:
        """Every alert visible; none where they are not shown."""
        if "alerts" in self.unread:
            return []
        return [a for a in self.company.alerts if self.site in (None, a["siteId"])]

    def rogues(self) -> list[Row]:
        """Every device found that is visible."""
        return [r for r in self.company.rogues if self.site in (None, r["siteId"])]

    def activities(self) -> list[Row]:
        """Every entry of the log that is visible."""
        return [a for a in self.company.activities if self.site in (None, a["siteId"])]

    def users(self) -> list[Row]:
        """Every user visible."""
        return self._scoped(self.company.people.users)

    def service_users(self) -> list[Row]:
        """Every service user visible."""
        return self._scoped(self.company.people.service_users)

    def _scoped(self, rows: list[Row]) -> list[Row]:
        return [r for r in rows if self.site is None or self.site in r["_scopes"]]

    def exclusions(self) -> dict[str, tuple[Row, bool]]:
        """By id, each exclusion and whether it stands in the newer list, which wins."""
        lists = self.company.exclusions
        found = {row["id"]: (row, False) for row in seen_by(lists.classic, self.site)}
        if self.profile == "2026" and "unified-exclusions" not in self.unread:
            found |= {row["id"]: (row, True) for row in seen_by(lists.unified, self.site)}
        return found


def active(agent: Row) -> bool:
    """Whether it is of the active population."""
    return agent["isDecommissioned"] is False and agent["isUninstalled"] is False


def each_agent(view: View, judge: Callable[[View, Row], str]) -> Items:
    """Every agent with its outcome; who left is listed and not judged."""
    for agent in view.agents():
        yield f"agent:{agent['id']}", judge(view, agent) if active(agent) else NA


def new(view: View, agent: Row) -> bool:
    """Whether it registered within the last day."""
    registered = read(agent["registeredAt"])
    return registered is not None and view.now - registered < DAY


def in_cluster(agent: Row) -> bool:
    """Whether it runs on or in a Kubernetes cluster."""
    return str(agent["machineType"]).startswith("kubernetes")


def version(text: object) -> tuple[int, ...] | None:
    """The numbers of a version, None when it is none."""
    if not isinstance(text, str):
        return None
    parts = text.split(".")
    if not all(part.isascii() and part.isdecimal() for part in parts):
        return None
    return tuple(int(part) for part in parts)


def platform(agent: Row) -> str | None:
    """The train of packages it takes its versions from."""
    if agent["osType"] == "linux" and in_cluster(agent):
        return "linux_k8s"
    system: str | None = agent["osType"]
    return system


def status_changes(threat: Row) -> list[tuple[datetime, Row]]:
    """When its incident status changed, and how; oldest first."""
    events = [e for e in threat["_events"] if e["activityType"] == 2028]
    timed = [(at, e["data"]) for e in events if (at := read(e["createdAt"]))]
    return sorted(timed, key=lambda pair: pair[0])


# What may be done on these pages of the console makes a role powerful, looking aside.
_POWERFUL: Final = {"Users", "Roles", "Policy", "Service Users", "Accounts", "Sites"}


def privileged(view: View, holder: Row) -> bool:
    """Whether one of its roles is more than harmless: by what it allows, else by its name."""
    for scope in holder["scopeRoles"]:
        pages = view.company.people.pages.get(scope["roleId"])
        if pages is None:
            if "admin" in scope["roleName"].lower():
                return True
            continue
        for page in pages:
            for permission in page["permissions"]:
                place, _, what = permission["identifier"].rpartition(".")
                if permission["value"] and place in _POWERFUL and what != "view":
                    return True
    return False
