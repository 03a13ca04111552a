"""Findings: failing items through time, listed; and what they add up to for a control."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet

from watchkeeper.ledger.models import AssessmentEntry, Finding
from watchkeeper.model.assessment import Result
from watchkeeper.model.control import Cadence
from watchkeeper.model.finding import Closed, Judged, observable, percentile
from watchkeeper.queries.paging import Page, clamp

PERIOD = timedelta(days=90)
"""Over what time a control's figures are told, unless somebody asks for another."""

STATES = ("open", "overdue", "closed", "late", "regressed")
SORTS = {
    "opened": "opened_at",
    "due": "due_at",
    "closed": "closed_at",
    "control": "control",
    "name": "name",
}
HOW = tuple(each.value for each in Closed)


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding as listed; `now` is when it is looked at (UTC)."""

    id: int
    control: str
    subject: str
    name: str
    severity: str
    reason: str
    opened_at: datetime
    due_at: datetime
    last_seen_at: datetime | None
    closed_at: datetime | None
    how: str
    closed_reason: str
    times: int
    after: str
    now: datetime

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return self.closed_at is None

    @property
    def late(self) -> bool:
        """Whether it was open after it was due, or is."""
        return (self.closed_at or self.now) > self.due_at

    @property
    def regressed(self) -> bool:
        """Whether the one before it had been fixed."""
        return self.after == Closed.FIXED

    @property
    def lasted(self) -> timedelta:
        """From when it was first seen to its end, or until now."""
        return (self.closed_at or self.now) - self.opened_at


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings, in what order: everything may be left out."""

    control: str = ""
    severity: str = ""
    state: str = ""
    how: str = ""
    search: str = ""
    sort: str = "opened"
    descending: bool = True
    number: int = 1
    size: int = 25


def findings(connection: int, wanted: Wanted, now: datetime) -> Page[FindingRow]:
    """A page of the findings of a connection."""
    found = _chosen(Finding.objects.filter(connection=connection), wanted, now)
    total = found.count()
    number = clamp(wanted.number, wanted.size, total)
    column = F(SORTS.get(wanted.sort, SORTS["opened"]))
    ordered = found.order_by(
        column.desc(nulls_last=True) if wanted.descending else column.asc(nulls_last=True), "id"
    )
    shown = ordered[(number - 1) * wanted.size : number * wanted.size]
    return Page(tuple(_row(each, now) for each in shown), number, wanted.size, total)


def of_subjects(connection: int, subjects: Iterable[str], now: datetime) -> tuple[FindingRow, ...]:
    """Every finding of these subjects, the newest first, open ones before closed ones."""
    found = Finding.objects.filter(connection=connection, subject__in=list(subjects))
    rows = found.order_by(F("closed_at").desc(nulls_first=True), "-opened_at")
    return tuple(_row(each, now) for each in rows)


@dataclass(frozen=True, slots=True)
class Figures:
    """What the findings of one control add up to. Spans are of findings fixed in the period.

    `failing_since` is when the oldest open one was opened. `observed` is the share (0 to 1) of the
    period for which the control had an answer that was fresh enough.
    """

    open: int
    overdue: int
    failing_since: datetime | None
    fixed: int
    late: int
    regressed: int
    median: timedelta | None
    ninetieth: timedelta | None
    observed: float
    since: datetime
    until: datetime


def figures(connection: int, control: str, now: datetime, period: timedelta = PERIOD) -> Figures:
    """The figures of one control over the period up to `now`, from when it was first judged on."""
    own = Finding.objects.filter(connection=connection, control=control)
    opened = own.filter(closed_at=None).aggregate(
        number=Count("pk"), overdue=Count("pk", filter=Q(due_at__lt=now)), first=Min("opened_at")
    )
    first = (
        AssessmentEntry.objects.filter(connection=connection, control=control)
        .order_by("judged_at")
        .values_list("judged_at", flat=True)
        .first()
    )
    since = max(now - period, first) if first else now
    fixed = own.filter(closed_how=Closed.FIXED.value, closed_at__gte=since, closed_at__lte=now)
    closed = list(fixed.values_list("opened_at", "closed_at", "due_at"))
    spans = [end - begin for begin, end, _ in closed if end is not None]
    return Figures(
        open=opened["number"],
        overdue=opened["overdue"],
        failing_since=opened["first"],
        fixed=len(closed),
        late=sum(end is not None and end > due for _, end, due in closed),
        regressed=own.filter(after=Closed.FIXED.value, opened_at__gte=since).count(),
        median=percentile(spans, 0.5),
        ninetieth=percentile(spans, 0.9),
        observed=observed(connection, control, since, now),
        since=since,
        until=now,
    )


def observed(connection: int, control: str, since: datetime, until: datetime) -> float:
    """The share (0 to 1) of a period for which the control had an answer that was fresh enough."""
    entries = AssessmentEntry.objects.filter(
        connection=connection, control=control, judged_at__lt=until
    ).filter(judged_at__gte=since - max(each.freshness for each in Cadence))
    judged = [
        Judged(
            judged_at,
            as_of if result != Result.ERROR.value else None,
            Cadence(cadence).freshness,
        )
        for judged_at, as_of, result, cadence in entries.values_list(
            "judged_at", "as_of", "result", "cadence"
        )
    ]
    return observable(judged, since, until)


def tally(connection: int, now: datetime) -> Mapping[str, int]:
    """How many findings are in each of STATES."""
    found = Finding.objects.filter(connection=connection)
    return {state: _in_state(found, state, now).count() for state in STATES}


def _chosen(found: QuerySet[Finding], wanted: Wanted, now: datetime) -> QuerySet[Finding]:
    exact: dict[str, Any] = {
        "control": wanted.control,
        "severity": wanted.severity,
        "closed_how": wanted.how,
    }
    found = found.filter(**{name: value for name, value in exact.items() if value})
    if wanted.search:
        found = found.filter(
            Q(name__icontains=wanted.search)
            | Q(subject__icontains=wanted.search)
            | Q(reason__icontains=wanted.search)
        )
    return _in_state(found, wanted.state, now)


def _in_state(found: QuerySet[Finding], state: str, now: datetime) -> QuerySet[Finding]:
    match state:
        case "open":
            return found.filter(closed_at=None)
        case "overdue":
            return found.filter(closed_at=None, due_at__lt=now)
        case "closed":
            return found.exclude(closed_at=None)
        case "late":
            return found.filter(closed_at__gt=F("due_at"))
        case "regressed":
            return found.filter(after=Closed.FIXED.value)
    return found


def _row(found: Finding, now: datetime) -> FindingRow:
    return FindingRow(
        id=found.pk,
        control=found.control,
        subject=found.subject,
        name=found.name,
        severity=found.severity,
        reason=found.reason,
        opened_at=found.opened_at,
        due_at=found.due_at,
        last_seen_at=found.last_seen_at,
        closed_at=found.closed_at,
        how=found.closed_how,
        closed_reason=found.closed_reason,
        times=found.times,
        after=found.after,
        now=now,
    )


def first_judged(connection: int) -> datetime | None:
    """When a connection was first judged by any control (UTC); None before."""
    entries = AssessmentEntry.objects.filter(connection=connection).order_by("judged_at")
    return entries.values_list("judged_at", flat=True).first()
