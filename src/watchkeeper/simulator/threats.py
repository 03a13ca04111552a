"""Threats at every stage of their life, each with the timeline that led there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha1, sha256
from random import Random

from watchkeeper.simulator import names
from watchkeeper.simulator.times import ago, read, stamp
from watchkeeper.simulator.world import HOUR, Plan, Row, identifier

# stage, weight among a hundred
_STAGES = (
    ("on time", 52),
    ("late", 6),
    ("by itself", 8),
    ("fresh", 8),
    ("overdue", 5),
    ("in progress", 4),
    ("loose", 2),
    ("benign", 6),
    ("reopened", 3),
    ("old", 6),
)
_HEALTHY = (("on time", 80), ("by itself", 10), ("fresh", 10))
_EVENT_NAMES = {
    19: "detected",
    2001: "killed",
    2004: "quarantined",
    2028: "changed the incident status",
    2029: "changed the ticket number",
    2030: "changed the analyst verdict",
    4003: "detected as suspicious",
    5000: "added a note",
}


@dataclass(slots=True)
class Draft:
    """A threat being written, with what decides its deadline."""

    row: Row
    created: datetime
    limit: timedelta
    random: Random
    counter: list[int]
    plan: Plan

    def event(self, kind: int, moment: datetime, **data: object) -> None:
        """Something that happened to the threat."""
        self.counter[0] += 1
        row = self.row
        self.row["_events"].append(
            {
                "id": identifier("event", self.counter[0]),
                "createdAt": stamp(moment),
                "updatedAt": stamp(moment - timedelta(milliseconds=3)),
                "activityType": kind,
                "data": {"threatId": int(row["id"]), "fileDisplayName": row["_file"], **data},
                "primaryDescription": f"{data.get('byUser', 'The agent')} {_EVENT_NAMES[kind]}.",
                "secondaryDescription": None if kind == 2028 else row["_file"],
                "osFamily": row["osType"],
                "hash": row["_sha1"],
                "agentUpdatedVersion": None,
                "userId": identifier("user", 3) if "byUser" in data else None,
                "threatId": row["id"],
                "agentId": row["agentId"],
                "accountId": row["accountId"],
                "siteId": row["siteId"],
                "groupId": row["groupId"],
            }
        )
        row["updatedAt"] = stamp(moment + timedelta(milliseconds=2))

    def status(self, old: str, new: str, moment: datetime) -> None:
        """The incident status was changed by an analyst."""
        self.event(2028, moment, byUser="Grace Li", oldIncidentStatus=old, newIncidentStatus=new)
        self.row["incidentStatus"] = new

    def note(self, text: str, moment: datetime) -> None:
        """An analyst wrote something down; the timeline tells that it was done."""
        row = self.row
        row["_notes"].append(
            {
                "id": identifier("note", row["_n"] * 20 + len(row["_notes"])),
                "text": text,
                "creator": "Grace Li",
                "creatorId": identifier("user", 3),
                "edited": False,
                "createdAt": stamp(moment),
                "updatedAt": stamp(moment),
            }
        )
        self.event(5000, moment, byUser="Grace Li", note=text)

    def verdict(self, value: str, moment: datetime) -> None:
        """An analyst said what it is."""
        self.event(
            2030, moment, byUser="Grace Li", oldAnalystVerdict="undefined", newAnalystVerdict=value
        )
        self.row["analystVerdict"] = value


def limit(row: Row) -> timedelta:
    """How long the threat may stay open."""
    if row["confidenceLevel"] != "malicious":
        return timedelta(hours=168)
    return timedelta(hours=24 if row["mitigationStatus"] == "not_mitigated" else 72)


def triage(row: Row) -> timedelta:
    """How soon somebody must have looked at it."""
    return timedelta(hours=4 if row["confidenceLevel"] == "malicious" else 24)


def _clear(row: Row, hours: float) -> float:
    """The age, moved where no judgement changes within the next hour by the clock alone."""
    soon = triage(row) / timedelta(hours=1)
    for edge in sorted((soon, 72.0, 720.0, 720 + soon)):
        if edge - 1.2 < hours < edge + 0.95:
            hours = edge + 1
    return hours


def _age(stage: str, hours: float, random: Random) -> float:
    """Hours since it was found, chosen so that no limit falls within the next hours."""
    if stage == "fresh":
        return random.uniform(0.3, hours - 3)
    if stage in {"overdue", "loose"}:
        return hours + random.uniform(5, 600)
    if stage == "old":
        return random.uniform(80 * 24, 500 * 24)
    age = random.uniform(3.2 * hours, 40 * 24)
    # The window of judged closures ends thirty days after the deadline: stay clear of it.
    return age + 12 if abs(age - hours - 30 * 24) < 6 else age


def _row(plan: Plan, number: int, agent: Row, random: Random, stage: str) -> Row:
    kind, file = names.THREATS[number % len(names.THREATS)]
    if number % 23 == 5 and not plan.healthy:
        file = names.HOSTILE[number % len(names.HOSTILE)]
    confidence = random.choices(("malicious", "suspicious", "n/a"), (6, 3, 1))[0]
    mitigation = "mitigated"
    if confidence != "malicious":
        mitigation = random.choice(("mitigated", "not_mitigated"))
    if stage == "loose":
        confidence, mitigation = "malicious", "not_mitigated"
    if stage == "benign":
        mitigation = "marked_as_benign"
    if stage == "on time" and number % 9 == 0:
        confidence, mitigation = "malicious", "not_mitigated"
    if stage == "fresh" and number % 2:
        confidence, mitigation = "malicious", "not_mitigated"
    scope = ("accountId", "accountName", "siteId", "siteName", "groupId", "groupName", "osType")
    return {
        "_n": number,
        "_agent": agent,
        "_events": [],
        "_notes": [],
        "_ticket": f"INC-{number}" if number % 6 == 0 else None,
        "_file": file,
        # What the oldest records say of it; that does not move with the clock.
        "_identified": ago(plan.now, 90 * 24 * HOUR)
        if stage == "old" and number % 2 == 0
        else None,
        "_old": stage == "old",
        "_sha1": sha1(f"{plan.seed}:{number}".encode(), usedforsecurity=False).hexdigest(),
        "_sha256": sha256(f"{number}".encode()).hexdigest() if number % 4 else None,
        "id": identifier("threat", number),
        "agentId": agent["id"],
        **{name: agent[name] for name in scope},
        "classification": kind,
        "confidenceLevel": confidence,
        "mitigationStatus": mitigation,
        "incidentStatus": "unresolved",
        "analystVerdict": "undefined",
        "automaticallyResolved": False,
        "mitigatedPreemptively": False,
        "failedActions": stage in {"loose", "overdue"} and number % 2 == 0,
        "pendingActions": not plan.healthy
        and stage in {"fresh", "in progress"}
        and number % 3 == 0,
        "rebootRequired": not plan.healthy and number % 31 == 0,
    }


def _close(draft: Draft, when: float) -> None:
    """Resolved after that share of the limit."""
    moment = draft.created + draft.limit * when
    month = draft.plan.now - timedelta(days=30)
    if timedelta(0) <= moment - month < timedelta(hours=1.2):
        moment = month + timedelta(hours=1.5)  # the window of closures ends there
    _take_up(draft, moment)
    value = (
        "false_positive" if draft.row["mitigationStatus"] == "marked_as_benign" else "true_positive"
    )
    draft.verdict(value, moment - timedelta(minutes=2))
    number = draft.row["_n"]
    if draft.plan.healthy or number % 5 == 0 or number % 4 == 1:
        text = "seen, closed" if draft.plan.healthy or number % 9 else ""
        draft.note(text, moment - timedelta(minutes=1))
    draft.status(draft.row["incidentStatus"], "resolved", moment)


def _take_up(draft: Draft, closed: datetime) -> None:
    """The first human act, soon enough except where it is only taken up to be closed."""
    row, number = draft.row, draft.row["_n"]
    if number % 3 == 0 and not draft.plan.healthy:
        return
    early = min(triage(row) * (1 + number % 7) / 10, (closed - draft.created) / 2)
    if number % 12 == 4 and row["incidentStatus"] == "unresolved":
        draft.event(2029, draft.created + early, byUser="Grace Li", newTicketId="INC-4")
        row["_ticket"] = "INC-4"
        return
    draft.status(row["incidentStatus"], "in_progress", draft.created + early)


def _live(draft: Draft, stage: str, now: datetime) -> None:
    """Let it happen."""
    random, row = draft.random, draft.row
    seen = draft.created + timedelta(seconds=1)
    draft.event(19 if row["confidenceLevel"] == "malicious" else 4003, seen)
    if row["mitigationStatus"] == "mitigated":
        draft.event(2001, seen + timedelta(seconds=2), status="success")
        draft.event(2004, seen + timedelta(seconds=4), status="success")
    if stage in {"on time", "benign", "old"}:
        _close(draft, random.uniform(0.05, 0.9))
    elif stage == "late":
        _close(draft, random.uniform(1.2, 2.8))
    elif stage == "by itself":
        # Closed by the console: nobody changed a status, only updatedAt tells when.
        blocked = row["_n"] % 2 == 1 and not draft.plan.healthy
        row |= {
            "incidentStatus": "resolved",
            "automaticallyResolved": not blocked,
            "mitigatedPreemptively": blocked,
        }
        row["updatedAt"] = stamp(draft.created + timedelta(minutes=random.uniform(1, 50)))
    elif stage == "in progress" and row["_n"] % 4 == 3:
        # Taken up by a script of theirs, which signs in as nobody.
        change = {"oldIncidentStatus": "unresolved", "newIncidentStatus": "in_progress"}
        draft.event(2028, draft.created + triage(row) / 2, **change)
        row["incidentStatus"] = "in_progress"
    elif stage == "in progress":
        draft.status("unresolved", "in_progress", draft.created + draft.limit * 0.3)
    elif stage == "fresh" and draft.plan.healthy:
        soon = min((now - draft.created) / 2, triage(row) / 2)
        draft.status("unresolved", "in_progress", draft.created + soon)
    elif stage == "reopened":
        _close(draft, 0.4)
        again = now - draft.limit * random.choice((0.5, 1.6))
        draft.status("resolved", "in_progress", again)
        if row["_n"] % 2:
            draft.status("in_progress", "resolved", again + draft.limit * 0.25)


def threat(
    plan: Plan,
    number: int,
    agent: Row,
    stage: str,
    random: Random,
    counter: list[int],
    created: datetime | None = None,
) -> Row:
    """One threat at that stage."""
    row = _row(plan, number, agent, random, stage)
    if created is None:
        hours = limit(row) / timedelta(hours=1)
        created = plan.now - timedelta(hours=_clear(row, _age(stage, hours, random)))
    row["createdAt"] = stamp(created)
    row["identifiedAt"] = stamp(created - timedelta(milliseconds=31))
    draft = Draft(row, created, limit(row), random, counter, plan)
    _live(draft, stage, plan.now)
    return row


def build(plan: Plan, agents: list[Row], counter: list[int]) -> list[Row]:
    """All threats on day 0, in the order in which the console numbered them."""
    if not agents:
        return []
    random = plan.chance("threats")
    table = _HEALTHY if plan.healthy else _STAGES
    stages = random.choices([s for s, _ in table], [w for _, w in table], k=plan.threats)
    certain = [stage for stage, _ in table] + ["loose"] * (not plan.healthy)
    stages[: len(certain)] = certain[: plan.threats]
    sources = [random.choice(agents) for _ in stages] if plan.healthy else []
    if plan.healthy:  # the first are tests of detection, one on each system
        systems = {agent["osType"]: agent for agent in agents}
        sources[: len(systems)] = list(systems.values())[: len(sources)]
    return [
        threat(
            plan,
            number,
            sources[number] if sources else random.choice(agents),
            stage,
            random,
            counter,
        )
        for number, stage in enumerate(stages)
    ]


def advance(plan: Plan, threats: list[Row], day: int, counter: list[int]) -> list[Row]:
    """What the SOC did and met on that day: closures, one re-opening, new arrivals."""
    random = plan.chance(f"threats:{day}")
    moment = plan.now - timedelta(seconds=59 - 2 * min(day, 20))
    # Those who are careful do not wait for a whole day.
    closing = moment - plan.pace / 2 if plan.healthy else moment
    following = list(threats)
    if plan.pace and not plan.healthy:
        _morning(plan, following, random, counter)
    open_ones = [i for i, row in enumerate(following) if row["incidentStatus"] != "resolved"]
    closed = [i for i, row in enumerate(following) if row["incidentStatus"] == "resolved"]
    count = len(open_ones) if plan.healthy else min(4, len(open_ones))
    for index in random.sample(open_ones, count):
        draft = _again(following, index, random, counter, plan)
        draft.verdict("true_positive", closing)
        if plan.healthy or day % 2:
            draft.note("closed in the daily round", closing)
        draft.status(draft.row["incidentStatus"], "resolved", closing + timedelta(seconds=1))
    for index in [] if plan.healthy else random.sample(closed, min(1, len(closed))):
        _again(following, index, random, counter, plan).status("resolved", "unresolved", moment)
    if day > 1 and not plan.healthy:
        _look_into(plan, following, moment, random, counter)
    sources = [row["_agent"] for row in threats]
    for offset in range(3 if sources else 0):
        number = plan.threats + (day - 1) * 3 + offset
        source = random.choice(sources)
        following.append(threat(plan, number, source, "fresh", random, counter, moment))
    return following


def _morning(plan: Plan, rows: list[Row], random: Random, counter: list[int]) -> None:
    """Two of three that came in the day before were taken up within two hours."""
    since = plan.now - plan.pace - timedelta(minutes=5)
    for index, row in enumerate(rows):
        created = read(row["createdAt"])
        if created is None or created < since or row["_n"] % 3 == 0:
            continue
        if row["incidentStatus"] == "unresolved" and created + timedelta(hours=3) < plan.now:
            draft = _again(rows, index, random, counter, plan)
            draft.status("unresolved", "in_progress", created + timedelta(hours=2))


def _look_into(
    plan: Plan, rows: list[Row], moment: datetime, random: Random, counter: list[int]
) -> None:
    """Two that nobody had looked at are taken up, and one closed earlier gets its note."""
    waiting = [
        i
        for i, row in enumerate(rows)
        if row["incidentStatus"] == "unresolved" and row["analystVerdict"] == "undefined"
    ]
    for index in random.sample(waiting, min(2, len(waiting))):
        draft = _again(rows, index, random, counter, plan)
        draft.status("unresolved", "in_progress", moment)
    silent = [
        i
        for i, row in enumerate(rows)
        if row["analystVerdict"] == "true_positive" and not row["_notes"] and row["createdAt"]
    ]
    for index in random.sample(silent, min(1, len(silent))):
        _again(rows, index, random, counter, plan).note("looked at again", moment)


def _again(rows: list[Row], index: int, random: Random, counter: list[int], plan: Plan) -> Draft:
    """A copy of a threat to go on writing, so that the day before keeps its own."""
    row = rows[index]
    row = row | {"_events": list(row["_events"]), "_notes": list(row["_notes"])}
    rows[index] = row
    created = datetime.fromisoformat(row["createdAt"])
    return Draft(row, created, limit(row), random, counter, plan)
