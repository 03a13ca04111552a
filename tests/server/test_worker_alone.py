"""Workers and pages as processes of their own, beside `up` and without it, database or not."""

import http.client
import signal
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer

from tests.server.commands import Started, data, free_port, gone, run, status
from tests.server.own_postgres import OwnPostgres, own
from tests.waiting import until
from watchkeeper.ledger.keys import new_key
from watchkeeper.simulator import Company, Running, running

__all__ = ["data", "own"]

pytestmark = [pytest.mark.postgres, pytest.mark.slow]


@pytest.fixture(scope="module")
def console() -> Iterator[Running]:
    with running(
        Company(agents=2000, threats=8, activities=80, users=8), faults=["slow:20"]
    ) as sim:
        yield sim


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
    assert status(port, "/alive/") == http.client.SERVICE_UNAVAILABLE
    own.start()
    worker.until("the database is back")

    until(lambda: own.ask("SELECT FROM ledger_run WHERE state IN ('done', 'failed')"))
    assert own.ask("SELECT state, reason FROM ledger_run") == [("done", "")]
    collected = "SELECT resource, verdict FROM ledger_collectionentry"
    found = own.ask(collected)
    # The console's version was asked for again, to see whether the console is there.
    names = [name for name, _ in found if name != "system"]
    assert len(set(names)) == len(names), "nothing was collected twice"
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


@pytest.fixture
def bucket() -> Iterator[dict[str, str]]:
    """An empty bucket as a locker, and what the environment says of it."""
    port = free_port()
    serving = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    serving.start()
    address = f"http://127.0.0.1:{port}"
    urlopen(Request(f"{address}/evidence", method="PUT")).close()  # noqa: S310 - this machine's own
    yield {
        "AWS_ACCESS_KEY_ID": token_hex(8),
        "AWS_SECRET_ACCESS_KEY": token_hex(16),
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
        "WATCHKEEPER_LOCKER": "s3://evidence/acme",
    }
    serving.stop()


def test_workers_of_other_machines_share_database_bucket_and_keys(
    own: OwnPostgres, console: Running, bucket: dict[str, str], data: Path, tmp_path: Path
) -> None:
    where = bucket | {"WATCHKEEPER_DATABASE_URL": own.url, "WATCHKEEPER_KEY": new_key()}
    machines = [data.parent / name for name in ("one", "two")]
    assert run("migrate", "--data", machines[0], **where).returncode == 0
    connect(console, machines[0], tmp_path, **where)
    first = Started("worker", "--data", machines[0], **where)
    until(lambda: own.ask("SELECT FROM ledger_run WHERE state = 'running'"))

    second = Started("worker", "--data", machines[1], **where)
    until(lambda: len(own.ask("SELECT FROM procrastinate_workers")) == 2)
    assert first.end() == 0
    until(lambda: own.ask("SELECT FROM ledger_run WHERE state IN ('done', 'failed')"))

    assert own.ask("SELECT state, reason FROM ledger_run") == [("done", "")]
    asked = run("collect", "acme", "--only", "users", "--wait", "--data", data, **where)
    assert asked.returncode == 0, asked.stdout + asked.stderr
    saved = run("backup", tmp_path / "all.tar", "--locker", "--data", data, **where)
    assert "sealed records in" in saved.stdout, saved.stderr
    assert second.end() == 0
