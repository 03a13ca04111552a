"""Collections in a real locker, written as a collector would."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.rows import put_rows
from watchkeeper.assessment.sandbox import Sandbox
from watchkeeper.clock import Clock, rfc3339
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection, Completeness, Verdict
from watchkeeper.resources import everything

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)

Collecting = Callable[..., Collection]


class Moving:
    """A clock that stands where it was put."""

    def __init__(self) -> None:
        """Begins a minute before the moment of judging."""
        self.at = NOW - timedelta(minutes=1)

    def now(self) -> datetime:
        """Where it stands."""
        return self.at


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One for many controls, as a run of the product's own has it."""
    with Sandbox() as shared:
        yield shared


@pytest.fixture
def moving() -> Moving:
    """The locker's clock."""
    return Moving()


@pytest.fixture
def locker(tmp_path: Path, moving: Moving) -> Locker:
    """An empty locker."""
    return Locker.open(tmp_path / "locker", create=True, clock=Clock(now=moving.now))


@pytest.fixture
def collecting(locker: Locker, moving: Moving) -> Collecting:
    """Seals a collection of rows given as dictionaries, some time before the judging."""

    def collect(
        resource: str,
        rows: Sequence[Mapping[str, Any]],
        *,
        ago: timedelta = timedelta(minutes=1),
        verdict: Verdict = Verdict.COMPLETE,
        reason: str = "",
        subject: str = "",
        told: Mapping[str, Any] | None = None,
    ) -> Collection:
        moving.at = NOW - ago
        declared = everything()[resource]
        writer = locker.begin("acme", declared)
        unreadable = put_rows(writer, rows)
        number = len(rows)
        return writer.seal(
            {"source": {"console": "https://acme.example"}, "subject": subject, **(told or {})},
            Completeness(verdict, reason, number, number, number, number),
            unreadable,
        )

    return collect


def _written(value: Any) -> Any:
    """A value as the decoder hands it to the table: moments as text."""
    return rfc3339(value) if isinstance(value, datetime) else value
