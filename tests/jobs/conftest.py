"""The installation these tests share (see server/installation.py), a console and connections."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.server.installation import app, ledger
from watchkeeper.bootstrap import App
from watchkeeper.ledger.connections import connect
from watchkeeper.ledger.installation import Installation
from watchkeeper.ledger.models import Connection
from watchkeeper.locker.locker import Locker
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.token import parse_token
from watchkeeper.simulator import Company, Running, running

__all__ = ["app", "ledger"]
NOBODY = "http://127.0.0.1:9"
TOKEN = "invented-token-0123456789-abcdefghijklmnopqrstuvwxyz"


@pytest.fixture(scope="module")
def console() -> Iterator[Running]:
    """A small company's console."""
    company = Company(agents=60, threats=8, activities=80, users=8, now=datetime.now(UTC))
    with running(company) as served:
        yield served


@pytest.fixture
def parts(ledger: App, tmp_path: Path) -> Installation:
    """The installation with a locker of the test's own."""
    Locker.open(tmp_path / "locker", create=True)
    return replace(ledger.installation, locker=lambda: Locker.open(tmp_path / "locker"))


def add(parts: Installation, url: str, token: str) -> Connection:
    return connect(
        "acme",
        parse_address(url),
        parse_token(token),
        vault=parts.vault,
        actor="maria",
        now=parts.clock.now(),
    )


def go_on() -> bool:
    """Nobody asks the worker to stop."""
    return False
