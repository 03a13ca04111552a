"""Statements that begin to hold or expire by themselves: an event once, and controls judged again.

However many workers look, each is told once: they look one after the other, and the audit trail
says what was told.
"""

from collections.abc import Callable, Iterator
from datetime import datetime

import structlog
from django.db import connection as database
from django.db import transaction
from django.db.models import Exists, OuterRef

from watchkeeper.controls import catalogue
from watchkeeper.errors import NotALocker, WatchkeeperError
from watchkeeper.jobs import runs
from watchkeeper.ledger.audit import record
from watchkeeper.ledger.models import AuditEvent, CollectionEntry, Connection
from watchkeeper.locker.locker import Locker
from watchkeeper.model.statement import Decided, State
from watchkeeper.queries.decisions import decisions
from watchkeeper.statements.concerned import concerned
from watchkeeper.statements.reading import SORTS
from watchkeeper.statements.versions import Decision

_log = structlog.get_logger("watchkeeper.jobs")
_LAPSE_LOCK = 7_265_014  # any number, as long as every Watchkeeper takes the same
_BEGAN, _EXPIRED = "began", "expired"
_told: set[tuple[str, str]] = set()  # what this process knows to be in the audit trail


def tell_of_times(locker: Callable[[], Locker], now: datetime) -> None:
    """Tells of every statement that began or expired by itself and was not told of yet."""
    stated = CollectionEntry.objects.filter(connection=OuterRef("pk"), resource__in=list(SORTS))
    for connection in Connection.objects.filter(Exists(stated), removed_at=None):
        try:
            _tell(locker(), connection, now)
        except NotALocker:
            return
        except WatchkeeperError as error:
            _log.warning("statements cannot be read", connection=connection.name, reason=str(error))


def _tell(locker: Locker, connection: Connection, now: datetime) -> None:
    found = [
        (each, what)
        for each in decisions(locker, connection.pk).values()
        for what in _happened(each.decided, now)
        if (each.id, what) not in _told
    ]
    if not found:
        return
    with transaction.atomic():
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LAPSE_LOCK, connection.pk])
        known = set(
            AuditEvent.objects.filter(object__in=[each.id for each, _ in found]).values_list(
                "object", "action"
            )
        )
        new = [(each, what) for each, what in found if (each.id, _action(each, what)) not in known]
        controls: set[str] = set()
        for each, what in new:
            record(
                "watchkeeper",
                _action(each, what),
                each.id,
                connection=connection.name,
                requested_by=each.decided.requested_by,
                approved_by=each.decided.decided_by,
            )
            controls.update(concerned(each.statement, catalogue()))
        if controls:
            runs.ask_judging(connection.name, controls, trigger="a date that came")
    _told.update((each.id, what) for each, what in found)


def _happened(decided: Decided, now: datetime) -> Iterator[str]:
    """What came by itself: the beginning of what was approved before it, and the end."""
    if decided.state is not State.APPROVED:
        return
    begins, approved = decided.valid_from, decided.decided_at
    if begins is not None and approved is not None and approved < begins <= now:
        yield _BEGAN
    if decided.expired(now):
        yield _EXPIRED


def _action(decision: Decision, what: str) -> str:
    return f"{decision.sort.word.replace(' ', '_')}.{what}"
