"""The installation these tests share, and a locker with sealed things in it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.rows import put_page, put_rows
from tests.server.installation import (
    app,
    ledger,
)
from watchkeeper.controls import catalogue as controls
from watchkeeper.ledger.models import Connection
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Assessment, Counts, Outcome, Result
from watchkeeper.model.collection import Collection, completeness
from watchkeeper.resources import catalogue as resources

__all__ = ["app", "ledger"]

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
CONNECTION = "acme"


@pytest.fixture
def locker(tmp_path: Path) -> Locker:
    """An empty locker."""
    return Locker.open(tmp_path / "locker", create=True)


@pytest.fixture
def connection(ledger: Any) -> Connection:  # noqa: ARG001 - it is written into that
    """A connection without a usable token."""
    return Connection.objects.create(
        name=CONNECTION, console="https://acme.sentinelone.net", token_ciphertext="none"
    )


def seal_collection(
    locker: Locker, connection: str = CONNECTION, rows: int = 3, ahead_ms: int | None = None
) -> Collection:
    """A sealed collection of the roles, with so many rows; `ahead_ms`: of the console's clock."""
    resource = resources()["roles"]
    writer = locker.begin(connection, resource)
    put_page(writer, {"data": []})
    put_rows(writer, [{resource.key: str(number)} for number in range(rows)])
    outcome = completeness(
        ended=True, rows=rows, distinct=rows, count_before=rows, count_after=rows
    )
    record = {
        "source": {"console": "https://acme.sentinelone.net"},
        "time": {"clock_offset_ms": ahead_ms},
    }
    return writer.seal(record, outcome)


def seal_assessment(
    locker: Locker,
    outcomes: dict[str, Outcome],
    *,
    judged_at: datetime = NOW,
    reason: str = "because",
    control: str | None = None,
) -> Assessment:
    """A sealed assessment of a real control with one item per subject."""
    judged = controls()[control] if control else next(iter(controls().values()))
    found = list(outcomes.values())
    items = pa.table(
        {
            "subject": list(outcomes),
            "name": [f"name of {subject}" for subject in outcomes],
            "outcome": [outcome.value for outcome in found],
            "reason": [reason for _ in found],
            "observed": ["{}" for _ in found],
        }
    )
    counts = Counts(
        passed=found.count(Outcome.PASS),
        failed=found.count(Outcome.FAIL),
        not_applicable=found.count(Outcome.NOT_APPLICABLE),
        unknown=found.count(Outcome.UNKNOWN),
    )
    return locker.seal_assessment(
        connection=CONNECTION,
        control=judged,
        result=Result.FAIL if counts.failed else Result.PASS,
        reason=reason,
        counts=counts,
        parameters={},
        judged_at=judged_at,
        as_of=judged_at,
        collections=[],
        notes=[],
        items=items,
    )


Sealing = Callable[..., Assessment]
