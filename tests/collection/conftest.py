"""A simulated company, a console over HTTP, and a client that does not wait long."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.collection.life import PACED, QUICK, Life, client
from watchkeeper.collection.engine import Report, collect
from watchkeeper.locker.locker import Locker
from watchkeeper.sentinelone.limits import Limits
from watchkeeper.simulator import Company, running

__all__ = ["PACED", "QUICK", "client"]


@pytest.fixture(scope="session")
def company() -> Company:
    """Small, and with more agents than two pages hold."""
    return Company(agents=2100, threats=25, activities=1200, users=25, now=datetime.now(UTC))


@pytest.fixture
def locker(tmp_path: Path) -> Locker:
    """An empty locker."""
    return Locker.open(tmp_path / "locker", create=True)


Collecting = Callable[..., Report]


@pytest.fixture
def collecting(locker: Locker) -> Collecting:
    """Collects from a running simulator into the test's locker."""

    def run(sim: Any, limits: Limits = QUICK, **options: Any) -> Report:
        console = client(sim, limits)
        try:
            return collect(console, locker, "acme", **options)
        finally:
            console.close()

    return run


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    """A small company's console over days that go by, and an empty locker."""
    now = datetime.now(UTC)
    small = Company(agents=60, threats=60, activities=300, users=5, now=now)
    with running(small) as sim:
        yield Life(sim, tmp_path / "locker", now, small)
