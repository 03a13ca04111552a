"""Findings brought up to an assessment: opened, kept, closed. In the order they were judged.

What stays open is not written again: it was last seen in the newest assessment that listed items.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection as database

from watchkeeper.assessment.inputs import BASELINE
from watchkeeper.ledger import copying
from watchkeeper.locker import items
from watchkeeper.locker.store import Store
from watchkeeper.model.assessment import Assessment, Outcome, Result
from watchkeeper.model.finding import DUE_DAYS, Closed, due, ending

_FAILING = """CREATE TEMP TABLE IF NOT EXISTS failing_now
    (subject text PRIMARY KEY, name text, reason text, excepted boolean) ON COMMIT DROP"""
_ENDED = """CREATE TEMP TABLE IF NOT EXISTS ended_now
    (subject text PRIMARY KEY, how text, reason text) ON COMMIT DROP"""
# Subjects with an open finding that do not fail as they are, or are excepted now.
_NO_LONGER = """SELECT f.subject FROM ledger_finding f
    LEFT JOIN failing_now n ON n.subject = f.subject AND NOT n.excepted
    WHERE f.connection_id = %(connection)s AND f.control = %(control)s AND f.closed_at IS NULL
    AND n.subject IS NULL"""
_CLOSE = """UPDATE ledger_finding f
    SET closed_at = %(judged_at)s, closed_how = e.how, closed_reason = e.reason,
        closed_path = %(path)s, last_seen_at = %(seen)s
    FROM ended_now e
    WHERE f.connection_id = %(connection)s AND f.control = %(control)s AND f.closed_at IS NULL
    AND f.subject = e.subject"""
_OPEN = """INSERT INTO ledger_finding
    (connection_id, control, subject, name, severity, opened_at, opened_path, reason, due_at,
     closed_how, closed_reason, closed_path, times, after)
    SELECT %(connection)s, %(control)s, n.subject, n.name, %(severity)s, %(judged_at)s, %(path)s,
        n.reason, %(due)s, '', '', '', coalesce(b.times, 0) + 1, coalesce(b.closed_how, '')
    FROM failing_now n
    LEFT JOIN ledger_finding o ON o.connection_id = %(connection)s AND o.control = %(control)s
        AND o.subject = n.subject AND o.closed_at IS NULL
    LEFT JOIN LATERAL (
        SELECT times, closed_how FROM ledger_finding f
        WHERE f.connection_id = %(connection)s AND f.control = %(control)s AND f.subject = n.subject
        ORDER BY times DESC LIMIT 1
    ) b ON true
    WHERE NOT n.excepted AND o.id IS NULL"""


@dataclass(frozen=True, slots=True)
class Before:
    """When the control was judged last before, with items; None the first time (UTC)."""

    judged_at: datetime | None


def bring_up(connection: int, store: Store, judged: Assessment, before: Before) -> None:
    """Opens and closes findings by one assessment; inside the index's transaction.

    What could not be judged changes nothing.
    """
    if not judged.counts.total and (judged.result is Result.ERROR or judged.reason == BASELINE):
        return
    terms = _terms(connection, judged, before)
    with database.cursor() as cursor:
        cursor.execute(_FAILING)
        cursor.execute(_ENDED)
        cursor.execute("TRUNCATE failing_now, ended_now")
        if judged.counts.failed:
            failing = items.with_outcome(store, judged.path, [Outcome.FAIL.value])
            with cursor.copy("COPY failing_now FROM STDIN") as copy:
                for batch in failing:
                    words = [batch.column(name) for name in ("subject", "name", "reason")]
                    excepted = batch.column("exception").is_valid()
                    copy.write(copying.lines([*words, excepted]))
            cursor.execute("ANALYZE failing_now")
        cursor.execute(_NO_LONGER, terms)
        open_before = [row[0] for row in cursor.fetchall()]
        if open_before:
            with cursor.copy("COPY ended_now FROM STDIN") as copy:
                for subject, how, reason in _ended(store, judged, open_before):
                    copy.write_row((subject, how.value, copying.text(reason)))
            cursor.execute(_CLOSE, terms)
        if judged.counts.failed:
            cursor.execute(_OPEN, terms)


def _terms(connection: int, judged: Assessment, before: Before) -> dict[str, Any]:
    given = judged.parameters
    days = int(given.get("due_days", DUE_DAYS.get(judged.severity, DUE_DAYS["low"])))
    working = bool(given.get("due_working_days", False))
    return {
        "connection": connection,
        "control": judged.control,
        "severity": judged.severity,
        "judged_at": judged.judged_at,
        "path": judged.path,
        "seen": before.judged_at,
        "due": due(judged.judged_at, days, working_days=working),
    }


def _ended(
    store: Store, judged: Assessment, subjects: list[str]
) -> Iterator[tuple[str, Closed, str]]:
    if judged.result is Result.NOT_APPLICABLE and not judged.counts.total:
        # Either declared so, or nothing is left of what it asks about.
        how = Closed.SCOPE if judged.holds_until is not None else Closed.GONE
        yield from ((subject, how, judged.reason) for subject in subjects)
        return
    listed = {
        copying.text(row.subject): row for row in items.of_subjects(store, judged.path, subjects)
    }
    for subject in subjects:
        row = listed.get(subject)
        if row is None:
            yield subject, Closed.GONE, "no longer listed"
        elif (ended := ending(row.outcome, row.reason, row.exception)) is not None:
            yield subject, ended, row.reason
