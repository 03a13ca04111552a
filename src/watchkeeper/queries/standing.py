"""What every control says now: its newest assessment, read at this moment."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from watchkeeper.assessment.verdict import as_read
from watchkeeper.controls import catalogue, tenant
from watchkeeper.ledger.models import AssessmentEntry
from watchkeeper.model.assessment import Assessment, Counts, Result
from watchkeeper.model.control import Control, Severity

_SEVERITIES = [severity.value for severity in Severity]


@dataclass(frozen=True, slots=True)
class Standing:
    """A control's newest assessment as it reads now: it may have become STALE since, or FAIL.

    `sealed_result` is what was sealed; `holds_until` when the first exception or declaration that
    it rests on expires, None when it rests on none.
    """

    control: str
    title: str
    version: str
    severity: str
    cadence: str
    path: str
    result: Result
    reason: str
    sealed_result: Result
    counts: Counts
    judged_at: datetime
    as_of: datetime | None
    control_sha256: str
    holds_until: datetime | None = None

    @property
    def weight(self) -> tuple[int, int, int, str]:
        """The worst first: by result, severity, failing items, id."""
        severity = _SEVERITIES.index(self.severity) if self.severity in _SEVERITIES else 99
        return (self.result.rank, severity, -self.counts.failed, self.control)


def standings(connection: int, now: datetime) -> tuple[Standing, ...]:
    """Every control judged over the connection, worst first.

    One whose page is no longer there is left out; one whose page is faulty is an ERROR.
    """
    entries = AssessmentEntry.objects.filter(connection=connection, newest=True)
    known = catalogue().keys() | _faulty().keys()
    found = (standing_of(entry, now) for entry in entries if entry.control in known)
    return tuple(sorted(found, key=lambda each: each.weight))


def _faulty() -> dict[str, str]:
    """The first fault of each of the tenant's pages that is no control, by the id it would have."""
    return {each.file.removesuffix(".md"): each.faults[0] for each in tenant.in_use().faulty}


def not_judged(judged: Iterable[Standing]) -> tuple[Control, ...]:
    """The controls that were never judged over a connection, given those that were."""
    known = {each.control for each in judged}
    return tuple(each for each in catalogue().values() if each.id not in known)


def standing(connection: int, control: str, now: datetime) -> Standing | None:
    """One control's standing; None when it was never judged over the connection."""
    entry = AssessmentEntry.objects.filter(
        connection=connection, control=control, newest=True
    ).first()
    return standing_of(entry, now) if entry else None


def standing_of(entry: AssessmentEntry, now: datetime) -> Standing:
    """An index entry as it reads at `now` (UTC)."""
    sealed = sealed_assessment(entry)
    read = as_read(sealed, now)
    if fault := _faulty().get(read.control):
        reason = f"Its page cannot be read: {fault} Sealed before that: {sealed.reason}"
        read = replace(read, result=Result.ERROR, reason=reason)
    return Standing(
        control=read.control,
        title=read.title,
        version=read.version,
        severity=read.severity,
        cadence=read.cadence,
        path=read.path,
        result=read.result,
        reason=read.reason,
        sealed_result=sealed.result,
        counts=read.counts,
        judged_at=read.judged_at,
        as_of=read.as_of,
        control_sha256=read.control_sha256,
        holds_until=read.holds_until,
    )


def sealed_assessment(entry: AssessmentEntry) -> Assessment:
    """An index entry as the assessment it indexes, without what only the manifest holds."""
    return Assessment(
        id=entry.path.rsplit("/id=", 1)[-1],
        path=entry.path,
        connection="",
        control=entry.control,
        version=entry.version,
        title=entry.title,
        severity=entry.severity,
        cadence=entry.cadence,
        judged_at=entry.judged_at,
        as_of=entry.as_of,
        result=Result(entry.result),
        reason=entry.reason,
        counts=counts(entry),
        parameters={},
        control_sha256=entry.control_sha256,
        collections=(),
        holds_until=entry.holds_until,
    )


def counts(entry: AssessmentEntry) -> Counts:
    """The counts of an index entry."""
    return Counts(entry.passed, entry.failed, entry.not_applicable, entry.unknown, entry.excepted)
