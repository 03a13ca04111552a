"""What controls said before: per day, and every assessment of one control."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import F, Max, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, TruncDate

from watchkeeper.ledger.models import AssessmentEntry
from watchkeeper.model.assessment import Counts, Result
from watchkeeper.queries.newest import collection_id
from watchkeeper.queries.paging import Page, clamp
from watchkeeper.queries.standing import counts

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Day:
    """How many controls ended a day with which result; all zero when nothing was judged."""

    day: date
    results: dict[Result, int]

    @property
    def total(self) -> int:
        """How many controls were judged that day."""
        return sum(self.results.values())


@dataclass(frozen=True, slots=True)
class Judged:
    """One assessment of a control, as sealed."""

    id: str
    path: str
    judged_at: datetime
    as_of: datetime | None
    version: str
    result: Result
    reason: str
    counts: Counts


def days(connection: int, until: date, count: int = 30) -> tuple[Day, ...]:
    """The last `count` days up to `until`, oldest first; days without an assessment are there."""
    start = until - timedelta(days=count - 1)
    newest = (
        AssessmentEntry.objects.filter(connection=connection, judged_at__date__gte=start)
        .annotate(day=TruncDate("judged_at"))
        .order_by("day", "control", F("judged_at").desc())
        .distinct("day", "control")
        .values_list("day", "result")
    )
    counted: dict[date, dict[Result, int]] = {}
    for day, result in newest:
        results = counted.setdefault(day, {})
        results[Result(result)] = results.get(Result(result), 0) + 1
    wanted = (start + timedelta(days=number) for number in range(count))
    return tuple(Day(day, counted.get(day, {})) for day in wanted)


def since(connection: int) -> dict[str, datetime]:
    """By control: since when its assessments say what the newest one says, without a break."""
    same = AssessmentEntry.objects.filter(
        connection=OuterRef("connection"), control=OuterRef("control")
    )
    other = same.exclude(result=OuterRef("result")).order_by("-judged_at")
    newest = AssessmentEntry.objects.filter(connection=connection, newest=True).annotate(
        changed=Coalesce(Subquery(other.values("judged_at")[:1]), Value(_EVER))
    )
    first = same.filter(judged_at__gt=OuterRef("changed")).order_by("judged_at")
    found = newest.annotate(since=Subquery(first.values("judged_at")[:1]))
    return dict(found.values_list("control", "since"))


def of_control(connection: int, control: str, most: int = 60) -> tuple[Judged, ...]:
    """The newest assessments of a control, oldest first."""
    entries = _entries(connection, control)[:most]
    return tuple(_judged(entry) for entry in reversed(entries))


def newest_assessment() -> int:
    """The number of the assessment that was indexed last: later ones have higher ones."""
    return AssessmentEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0


def path_of(connection: int, control: str, identity: str) -> str | None:
    """The folder of an assessment of a control by its id; None when there is no such one."""
    found = _entries(connection, control).filter(path__endswith=f"/id={identity}").first()
    return found.path if found else None


def page_of_control(
    connection: int, control: str, number: int, size: int, upto: int | None = None
) -> Page[Judged]:
    """A page of the assessments of a control, newest first; `upto` leaves out later ones."""
    entries = _entries(connection, control)
    if upto is not None:
        entries = entries.filter(pk__lte=upto)
    total = entries.count()
    number = clamp(number, size, total)
    shown = entries[(number - 1) * size : number * size]
    return Page(tuple(_judged(entry) for entry in shown), number, size, total)


def _entries(connection: int, control: str) -> QuerySet[AssessmentEntry]:
    return AssessmentEntry.objects.filter(connection=connection, control=control).order_by(
        "-judged_at", "-id"
    )


def _judged(entry: AssessmentEntry) -> Judged:
    return Judged(
        id=collection_id(entry.path),
        path=entry.path,
        judged_at=entry.judged_at,
        as_of=entry.as_of,
        version=entry.version,
        result=Result(entry.result),
        reason=entry.reason,
        counts=counts(entry),
    )
