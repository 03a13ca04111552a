"""Two workers, one of them killed in the middle: the other finishes what it had begun."""

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.server.commands import Started, data, gone, run
from tests.server.own_postgres import OwnPostgres, own
from tests.server.test_worker_alone import connect
from tests.waiting import until
from watchkeeper.locker.locker import Locker
from watchkeeper.sentinelone.limits import Limits
from watchkeeper.simulator import Company, Running, running
from watchkeeper.simulator.seen import repeated

__all__ = ["data", "own"]

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
AGENTS = 50_000


@pytest.fixture
def console() -> Iterator[Running]:
    company = Company(agents=AGENTS, threats=4, activities=20, users=4)
    with running(company, latency=0.25) as served:
        yield served


def asks(worker: Started, console: Running) -> bool:
    """Whether the worker has a connection to the console."""
    port = int(console.url.rsplit(":", 1)[1])
    process = psutil.Process(worker.process.pid)
    return any(each.raddr and each.raddr.port == port for each in process.net_connections())


def test_what_a_killed_worker_had_begun_is_finished_by_the_other(
    own: OwnPostgres, console: Running, data: Path, tmp_path: Path
) -> None:
    where = {"WATCHKEEPER_DATABASE_URL": own.url}
    assert run("migrate", "--data", data, **where).returncode == 0
    workers = [Started("worker", "--data", data, **where) for _ in range(2)]
    connect(console, data, tmp_path, **where)
    progress = "SELECT FROM ledger_run WHERE (progress->'agents'->>'pages')::int BETWEEN 5 AND 45"
    until(lambda: own.ask(progress))

    busy = [worker for worker in workers if asks(worker, console)]
    assert len(busy) == 1
    busy[0].process.send_signal(signal.SIGKILL)
    busy[0].wait()
    until(lambda: own.ask("SELECT FROM ledger_run WHERE state IN ('done', 'failed')"), 150)

    assert own.ask("SELECT state, reason FROM ledger_run") == [("done", "")]
    locker = Locker.open(data / "locker")
    agents = list(locker.newest_first("acme", "agents"))
    assert len(agents) == 1
    table = locker.table(agents[0], ["id"])
    assert agents[0].complete
    assert len(set(table.column("id").to_pylist())) == table.num_rows == AGENTS
    assert len(agents[0].manifest["time"]["resumed"]) == 1
    again = repeated(console.requests)
    assert sum(times - 1 for times in again.values()) <= Limits().walks, again
    other = next(worker for worker in workers if worker is not busy[0])
    assert other.end() == 0
    assert gone(data)
