"""Workers and pages as processes of their own, beside `up` and without it, database or not."""

import http.client
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest

from tests.server.commands import Started, data, free_port, gone, run, status
from watchkeeper.ledger import postgres
from watchkeeper.ledger.cluster import OWNER, PORT, Place, passwords_of
from watchkeeper.ledger.folder import DataFolder
from watchkeeper.simulator import Company, Running, running

__all__ = ["data"]

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
PATIENCE = 60.0


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


@pytest.fixture
def own() -> Iterator[OwnPostgres]:
    with TemporaryDirectory(prefix="wk-own-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        server = OwnPostgres(DataFolder(Path(name) / "data"))
        yield server
        server.stop()


@pytest.fixture(scope="module")
def console() -> Iterator[Running]:
    with running(
        Company(agents=2000, threats=8, activities=80, users=8), faults=["slow:20"]
    ) as sim:
        yield sim


def until(said: Callable[[], object], patience: float = PATIENCE) -> None:
    """Returns once it is so."""
    deadline = time.monotonic() + patience
    while not said():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.1)


def connect(console: Running, data: Path, tmp_path: Path, **more: str) -> None:
    token = tmp_path / "token"
    token.write_text(console.token)
    options = ("--console", console.url, "--token-file", token, "--name", "acme", "--data", data)
    done = run("connect", *options, **more)
    assert done.returncode == 0, done.stderr


def test_a_worker_and_the_pages_outlive_the_database_and_no_job_is_lost_or_done_twice(
    own: OwnPostgres, console: Running, data: Path, tmp_path: Path
) -> None:
    port = free_port()
    where = {"WATCHKEEPER_DATABASE_URL": own.url}
    assert run("migrate", "--data", data, **where).returncode == 0
    worker = Started("worker", "--data", data, **where)
    pages = Started("web", "--data", data, "--port", port, **where)
    connect(console, data, tmp_path, **where)
    until(lambda: own.ask("SELECT FROM ledger_run WHERE progress->'agents'->>'pages' > '1'"))

    own.stop()
    worker.until("the database went away")
    worker.until("waiting for the database")
    assert status(port, "/alive/") >= http.client.INTERNAL_SERVER_ERROR
    own.start()
    worker.until("the database is back")

    until(lambda: own.ask("SELECT FROM ledger_run WHERE state IN ('done', 'failed')"))
    assert own.ask("SELECT state, reason FROM ledger_run") == [("done", "")]
    collected = "SELECT resource, verdict FROM ledger_collectionentry"
    found = own.ask(collected)
    assert len({name for name, _ in found}) == len(found), "nothing was collected twice"
    assert {verdict for _, verdict in found} == {"complete"}
    until(lambda: own.ask("SELECT FROM procrastinate_jobs WHERE task_name = 'watchkeeper.collect'"
                          " AND status = 'succeeded'"))  # fmt: skip
    assert status(port, "/alive/") == http.client.OK
    assert status(port, "/sign-in/") == http.client.OK
    assert worker.end() == 0
    assert pages.end() == 0
    said = "".join(worker.said)
    assert "Traceback" not in said, said
    assert gone(data)


def test_a_second_worker_joins_up_and_takes_over_when_the_first_is_killed(
    data: Path, console: Running, tmp_path: Path
) -> None:
    port = free_port()
    alone = Started("worker", "--data", data)
    alone.until("waiting for the database")
    up = Started("up", "--data", data, "--port", port)
    up.until("runs at")
    alone.until("the database is back")
    connect(console, data, tmp_path)

    listed = run("jobs", "--data", data, "--json")

    assert listed.returncode == 0, listed.stderr
    assert alone.end(signal.SIGTERM) == 0
    assert up.end() == 0
    assert gone(data)
