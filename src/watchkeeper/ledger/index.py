"""Brings the ledger up to what the locker holds. The locker is the truth; this can be repeated.

The locker's log names every seal in order, so an index needs to read only what came since the
entry it ended with. `rebuild` forgets everything it knows from the locker and reads it again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection as database
from django.db import transaction

from watchkeeper.errors import Tampered
from watchkeeper.ledger import copying, findings
from watchkeeper.ledger.models import AssessmentEntry, CollectionEntry, Connection
from watchkeeper.locker import items, layout, records
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.log import Entry
from watchkeeper.locker.log import parse as parse_entry
from watchkeeper.model.assessment import Assessment, Outcome
from watchkeeper.model.collection import Collection

_NOT_PASSING = (Outcome.FAIL.value, Outcome.UNKNOWN.value)
_INDEX_LOCK = 7_265_012  # any number, as long as every Watchkeeper takes the same
_ITEM_COLUMNS = ("subject", "name", "outcome", "reason", "exception")
_COPY_ITEMS = f"COPY ledger_failingitem (assessment_id, {', '.join(_ITEM_COLUMNS)}) FROM STDIN"


@dataclass(frozen=True, slots=True)
class Indexed:
    """What an index added."""

    collections: int
    assessments: int


def index(locker: Locker, connection: Connection) -> Indexed:
    """Adds what was sealed since the last index; raises Tampered when a manifest was altered.

    All or nothing, and one at a time per connection: a second caller waits and finds it done.
    """
    with transaction.atomic():
        held = _held(connection)
        entries = list(_following(locker, held.indexed_entry))
        if not entries:  # the end, a gap, or another locker than the one that was indexed
            numbers = _numbers(locker)
            if held.indexed_entry > (numbers[-1] if numbers else 0):
                _forget(held)
            entries = [_entry(locker, each) for each in numbers if each > held.indexed_entry]
        collections: list[CollectionEntry] = []
        assessments: list[AssessmentEntry] = []
        judged: list[Assessment] = []
        for entry in entries:
            folder = entry.path.removesuffix(f"/{layout.MANIFEST}")
            if f"/connection={held.name}/" not in f"{folder}/":
                continue
            data, digest = locker.manifest(folder)
            if digest != entry.manifest_sha256:
                raise Tampered(
                    f"{entry.path} is not what was sealed as log entry {entry.number}.",
                    hint="`watchkeeper verify` says what else differs.",
                )
            if entry.kind == "collection":
                collections.append(_collection(held, records.collection(folder, data, digest)))
            else:
                judged.append(records.assessment(folder, data))
                assessments.append(_assessment(held, judged[-1]))
        CollectionEntry.objects.bulk_create(collections, ignore_conflicts=True, batch_size=500)
        AssessmentEntry.objects.bulk_create(assessments, ignore_conflicts=True, batch_size=500)
        _follow(locker, held, judged)
        if assessments:
            _renew(locker, held, {each.control for each in assessments})
        if entries:
            held.indexed_entry = entries[-1].number
            held.save(update_fields=["indexed_entry"])
    connection.indexed_entry = held.indexed_entry
    return Indexed(len(collections), len(assessments))


def rebuild(locker: Locker, connection: Connection) -> Indexed:
    """Forgets what is known from the locker and indexes it from its first entry."""
    with transaction.atomic():
        _forget(_held(connection))
        return index(locker, connection)


def _held(connection: Connection) -> Connection:
    """The connection as it is now, for this transaction alone to index.

    An advisory lock, not the row's: whoever asks for a run need not wait for an index.
    """
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_INDEX_LOCK, connection.pk])
    return Connection.objects.get(pk=connection.pk)


def _following(locker: Locker, number: int) -> Iterator[Entry]:
    """The log's entries after that number, up to the first that is not there."""
    while locker.store.exists(layout.log_entry(number + 1)):
        number += 1
        yield _entry(locker, number)


def _numbers(locker: Locker) -> list[int]:
    """The numbers of all entries of the log, in order: the whole log is listed."""
    found = (layout.log_number(path) for path, _ in locker.store.files(layout.LOG))
    return sorted(number for number in found if number is not None)


def _entry(locker: Locker, number: int) -> Entry:
    return parse_entry(number, locker.store.get(layout.log_entry(number)))


def _forget(connection: Connection) -> None:
    connection.collections.all().delete()
    connection.assessments.all().delete()
    connection.findings.all().delete()
    connection.indexed_entry = 0
    connection.save(update_fields=["indexed_entry"])


def _collection(connection: Connection, sealed: Collection) -> CollectionEntry:
    found = sealed.completeness
    asked = sealed.manifest.get("requests", [])
    return CollectionEntry(
        connection=connection,
        resource=sealed.resource,
        path=sealed.path,
        started=sealed.started,
        ended=sealed.ended,
        verdict=found.verdict.value,
        reason=copying.text(found.reason),
        rows=found.rows,
        distinct=found.distinct,
        count_before=found.count_before,
        count_after=found.count_after,
        route=copying.text(sealed.route),
        derived=sealed.derived,
        subject=copying.text(sealed.subject),
        manifest_sha256=sealed.manifest_sha256,
        due=_moment(sealed.manifest.get("due")),
        requests=len(asked),
        retries=sum(len(each.get("failures", ())) for each in asked),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _assessment(connection: Connection, sealed: Assessment) -> AssessmentEntry:
    return AssessmentEntry(
        connection=connection,
        control=sealed.control,
        version=sealed.version,
        title=copying.text(sealed.title),
        severity=sealed.severity,
        cadence=sealed.cadence,
        path=sealed.path,
        judged_at=sealed.judged_at,
        as_of=sealed.as_of,
        result=sealed.result.value,
        reason=copying.text(sealed.reason),
        passed=sealed.counts.passed,
        failed=sealed.counts.failed,
        not_applicable=sealed.counts.not_applicable,
        unknown=sealed.counts.unknown,
        excepted=sealed.counts.excepted,
        holds_until=sealed.holds_until,
        control_sha256=sealed.control_sha256,
    )


def _follow(locker: Locker, connection: Connection, judged: list[Assessment]) -> None:
    """Brings findings up to these assessments, each after those of its control before it."""
    before: dict[str, datetime | None] = {}
    for each in judged:
        if each.control not in before:
            earlier = connection.assessments.filter(control=each.control).exclude(
                path__in=[other.path for other in judged]
            )
            listed = earlier.exclude(passed=0, failed=0, not_applicable=0, unknown=0)
            before[each.control] = (
                listed.order_by("-judged_at").values_list("judged_at", flat=True).first()
            )
        findings.bring_up(connection.pk, locker.store, each, findings.Before(before[each.control]))
        if each.counts.total:
            before[each.control] = each.judged_at


def _renew(locker: Locker, connection: Connection, controls: set[str]) -> None:
    """Marks the newest assessment of each control and loads its items, and only its items."""
    newest = (
        AssessmentEntry.objects.filter(connection=connection, control__in=controls)
        .order_by("control", "-judged_at", "-path")
        .distinct("control")
    )
    for entry in list(newest):
        if entry.newest:
            continue
        for older in connection.assessments.filter(control=entry.control, newest=True):
            _remove_items(older.pk)
            older.newest = False
            older.save(update_fields=["newest"])
        entry.newest = True
        entry.save(update_fields=["newest"])
        if entry.failed or entry.unknown:
            _load_items(locker, entry)


def _remove_items(assessment: int) -> None:
    with database.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_failingitem WHERE assessment_id = %s", [assessment])


def _load_items(locker: Locker, entry: AssessmentEntry) -> None:
    found = items.with_outcome(locker.store, entry.path, _NOT_PASSING)
    with database.cursor() as cursor, cursor.copy(_COPY_ITEMS) as copy:
        for batch in found:
            copy.write(copying.lines([str(entry.pk), *map(batch.column, _ITEM_COLUMNS)]))
