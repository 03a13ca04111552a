"""A simulated company, a console over HTTP, and a client that does not wait long."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from watchkeeper.clock import SYSTEM_CLOCK, Clock
from watchkeeper.collection.engine import Report, collect
from watchkeeper.locker.locker import Locker
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.limits import Limits
from watchkeeper.sentinelone.token import parse_token
from watchkeeper.simulator import Company

QUICK = Limits(silence=1.0, total=2.0, pause=0.01, recovery=0.5)


@pytest.fixture(scope="session")
def company() -> Company:
    """Small, and with more agents than two pages hold."""
    return Company(agents=2100, threats=25, activities=1200, users=25, now=datetime.now(UTC))


@pytest.fixture
def locker(tmp_path: Path) -> Locker:
    """An empty locker."""
    return Locker.open(tmp_path / "locker", create=True)


def client(sim: Any, limits: Limits = QUICK, clock: Clock = SYSTEM_CLOCK) -> Console:
    """A client of a running simulator."""
    return Console(parse_address(sim.url), parse_token(sim.token), limits=limits, clock=clock)


Collecting = Callable[..., Report]


@pytest.fixture
def collecting(locker: Locker) -> Collecting:
    """Collects from a running simulator into the test's locker."""

    def run(sim: Any, **options: Any) -> Report:
        console = client(sim)
        try:
            return collect(console, locker, "acme", **options)
        finally:
            console.close()

    return run
