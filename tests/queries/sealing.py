"""Sealed things to ask about, made with the locker's own writer."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from tests.rows import put_page, put_rows
from watchkeeper.clock import Clock
from watchkeeper.controls import catalogue as controls
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Assessment, Counts, Outcome, Result
from watchkeeper.model.collection import Collection, Completeness, Verdict
from watchkeeper.resources import catalogue as resources

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
NAMES = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "\u202egnp.exe",
    '=HYPERLINK("http://example.invalid")',
    "bell\x07 tab\t newline\n escape\x1b[31m",
    "zero\u200bwidth \u2066isolate\u2069 \ufeffmark",
    "{{ 7|add:7 }}{% debug %}",
    "x" * 200,
    "' OR 1=1; DROP TABLE agents; --",
    "../../etc/passwd",
    "100 % _ wildcard",
    "Zürich-Łódź-東京",
)
"""Names somebody could give a device to see what happens."""


def at(moment: datetime) -> Clock:
    """A clock that stands still."""
    return Clock(now=lambda: moment)


def seal_rows(  # noqa: PLR0913 - what is sealed, by name
    locker: Locker,
    connection: str,
    resource: str,
    rows: Sequence[Mapping[str, Any]],
    *,
    verdict: Verdict = Verdict.COMPLETE,
    reason: str = "",
    subject: str = "",
    pages: int = 1,
    told: Mapping[str, Any] | None = None,
) -> Collection:
    """A sealed collection of these rows; columns that a row leaves out are null.

    `told` is what its manifest says besides.
    """
    declared = resources()[resource]
    writer = locker.begin(connection, declared)
    for number in range(1, pages + 1):
        put_page(writer, {"data": number}, len(rows))
    put_rows(writer, rows)
    outcome = Completeness(verdict, reason, len(rows), len(rows), len(rows), len(rows))
    record = {
        "source": {"console": f"https://{connection}"},
        "subject": subject,
        "route": declared.path,
        "permission": declared.permission,
        "collector": {"name": "watchkeeper", "version": "1", "host": "here", "trigger": "test"},
        "requests": [
            {"method": "GET", "path": declared.path, "params": {"limit": "1000"}, "status": 200}
            for _ in range(pages)
        ],
        **(told or {}),
    }
    return writer.seal(record, outcome)


def seal_items(
    locker: Locker,
    connection: str,
    items: Sequence[tuple[str, str, Outcome]],
    *,
    control: str = "HLT-01",
    judged_at: datetime = NOW,
    as_of: datetime | None = NOW,
    result: Result | None = None,
    collections: Sequence[Collection] = (),
) -> Assessment:
    """A sealed assessment of a real control; `items` are subject, name, outcome."""
    outcomes = [outcome for _, _, outcome in items]
    counts = Counts(
        passed=outcomes.count(Outcome.PASS),
        failed=outcomes.count(Outcome.FAIL),
        not_applicable=outcomes.count(Outcome.NOT_APPLICABLE),
        unknown=outcomes.count(Outcome.UNKNOWN),
    )
    judged = controls()[control]
    table = pa.table(
        {
            "subject": pa.array([subject for subject, _, _ in items], pa.string()),
            "name": pa.array([name for _, name, _ in items], pa.string()),
            "outcome": pa.array([outcome.value for outcome in outcomes], pa.string()),
            "reason": pa.array([f"because: {name}" for _, name, _ in items], pa.string()),
            "observed": pa.array(
                [json.dumps({"computer_name": name}) for _, name, _ in items], pa.string()
            ),
        }
    )
    return locker.seal_assessment(
        connection=connection,
        control=judged,
        result=result or (Result.FAIL if counts.failed else Result.PASS),
        reason="because",
        counts=counts,
        parameters=judged.defaults,
        judged_at=judged_at,
        as_of=as_of,
        collections=collections,
        notes=[],
        items=table,
    )
