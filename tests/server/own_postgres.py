"""A PostgreSQL of an operator's own, for installations that are given its address."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest

from watchkeeper.ledger import postgres
from watchkeeper.ledger.cluster import OWNER, PORT, Place, passwords_of
from watchkeeper.ledger.folder import DataFolder


class OwnPostgres:
    """An operator's PostgreSQL, which no Watchkeeper starts or stops."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._place = Place(folder)
        self._server: postgres.Server | None = None
        self.start()

    @property
    def url(self) -> str:
        password = passwords_of(self._place)[OWNER]
        return f"postgresql://{OWNER}:{password}@/{OWNER}?host={self._place.sockets}&port={PORT}"

    def start(self) -> None:
        self._server = postgres.start(self._folder)

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with closing(psycopg.connect(self.url)) as found:
            return found.execute(query).fetchall()

    def drop_everything(self) -> None:
        """As a database that was just made."""
        with psycopg.connect(self.url, autocommit=True) as found:
            found.execute("DROP SCHEMA public CASCADE")
            found.execute("CREATE SCHEMA public")


@pytest.fixture
def own() -> Iterator[OwnPostgres]:
    with TemporaryDirectory(prefix="wk-own-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        server = OwnPostgres(DataFolder(Path(name) / "data"))
        yield server
        server.stop()
