"""The installation these tests share (see server/installation.py), and an empty locker."""

from pathlib import Path

import pytest

from tests.server.installation import app, ledger
from watchkeeper.bootstrap import App
from watchkeeper.ledger.models import Connection
from watchkeeper.locker.locker import Locker

from .sealing import NOW, at

__all__ = ["app", "ledger"]

CONNECTION = "acme"


@pytest.fixture
def locker(tmp_path: Path) -> Locker:
    """An empty locker whose time stands still."""
    return Locker.open(tmp_path / "locker", create=True, clock=at(NOW))


@pytest.fixture
def connection(ledger: App) -> Connection:  # noqa: ARG001 - it is written into that
    """A connection without a usable token."""
    return Connection.objects.create(
        name=CONNECTION, console="https://acme.sentinelone.net", token_ciphertext="none", state="ok"
    )
