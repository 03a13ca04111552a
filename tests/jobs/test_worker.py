"""A real worker, and jobs whose worker died."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, connection
from procrastinate.contrib.django import app as jobs
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import ConnectorException, JobAborted
from procrastinate.jobs import Job
from procrastinate.utils import utcnow

from watchkeeper.bootstrap import App
from watchkeeper.jobs import runs, tasks
from watchkeeper.jobs.giving_back import GivenBack, is_away
from watchkeeper.ledger.connections import connect
from watchkeeper.ledger.models import Connection, Run, RunState
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.token import parse_token

pytestmark = pytest.mark.postgres
TOKEN = "invented-token-0123456789-abcdefghijklmnopqrstuvwxyz"


@pytest.fixture
def committed(app: App) -> Iterator[App]:
    """The installation, and one paused connection nobody answers for; removed afterwards."""
    console = parse_address("http://127.0.0.1:9")
    vault = app.installation.vault
    connect(
        "lost",
        console,
        parse_token(TOKEN),
        vault=vault,
        actor="maria",
        now=app.installation.clock.now(),
    )
    Connection.objects.filter(name="lost").update(paused=True)
    yield app
    Connection.objects.filter(name="lost").delete()
    execute("DELETE FROM procrastinate_jobs")
    execute("DELETE FROM procrastinate_workers")


def execute(statement: str, *values: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def kill_worker_of(run: Run, attempts: int = 0) -> None:
    """As if a worker had taken the run's job and died a minute ago."""
    execute(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 minute')"
    )
    execute(
        "UPDATE procrastinate_jobs SET status = 'doing', attempts = %s,"
        " worker_id = (SELECT max(id) FROM procrastinate_workers)"
        " WHERE (args->>'run')::int = %s",
        attempts,
        run.pk,
    )
    Run.objects.filter(pk=run.pk).update(state=RunState.RUNNING)


def tick() -> None:
    """One tick, run by a worker that stops when nothing waits."""

    async def work() -> None:
        connector = jobs.connector.get_worker_connector()  # type: ignore[attr-defined]
        with jobs.replace_connector(connector) as ready:
            async with ready.open_async():
                await tasks.tick.configure().defer_async(timestamp=0)
                await ready.run_worker_async(
                    queues=["tick"], wait=False, install_signal_handlers=False, listen_notify=False
                )

    asyncio.run(work())


def work_off(queue: str) -> None:
    """Whatever waits in a queue, done by a worker that stops when nothing waits."""

    async def work() -> None:
        connector = jobs.connector.get_worker_connector()  # type: ignore[attr-defined]
        with jobs.replace_connector(connector) as ready:
            async with ready.open_async():
                await ready.run_worker_async(
                    queues=[queue], wait=False, install_signal_handlers=False, listen_notify=False
                )

    asyncio.run(work())


def job_of(run: Run) -> ProcrastinateJob:
    job: ProcrastinateJob = ProcrastinateJob.objects.get(args__run=run.pk)
    return job


def test_the_job_of_a_dead_worker_waits_again(committed: App) -> None:  # noqa: ARG001
    run = runs.ask("lost", trigger="maria")
    kill_worker_of(run)

    tick()

    run.refresh_from_db()
    assert (run.state, job_of(run).status) == (RunState.WAITING, "todo")


def test_a_job_that_kills_its_workers_is_given_up(committed: App) -> None:  # noqa: ARG001
    run = runs.ask("lost", trigger="maria")
    kill_worker_of(run, attempts=5)

    tick()

    run.refresh_from_db()
    assert (run.state, run.reason) == (RunState.FAILED, "Its worker died, at try 6.")
    assert job_of(run).status == "failed"


def test_when_another_run_waits_the_dead_one_gives_way(committed: App) -> None:  # noqa: ARG001
    dead = runs.ask("lost", trigger="maria")
    kill_worker_of(dead)
    waiting = runs.ask("lost", trigger="jo")

    tick()

    dead.refresh_from_db()
    waiting.refresh_from_db()
    assert (dead.state, job_of(dead).status) == (RunState.FAILED, "failed")
    assert (waiting.state, job_of(waiting).status) == (RunState.WAITING, "todo")


def test_a_run_that_ended_is_not_done_again_when_its_job_is(committed: App) -> None:
    run = runs.ask("lost", trigger="maria")
    ended = committed.installation.clock.now()
    Run.objects.filter(pk=run.pk).update(state=RunState.DONE, ended=ended)

    work_off("collect")

    run.refresh_from_db()
    assert (run.state, run.ended, job_of(run).status) == (RunState.DONE, ended, "succeeded")


def test_a_job_is_done_again_when_its_worker_or_its_database_left() -> None:
    job = Job(id=1, queue="collect", lock=None, queueing_lock=None, task_name="collect")
    decide = GivenBack().get_retry_decision
    now = utcnow()

    for left in (JobAborted(), OperationalError("gone"), InterfaceError("closed")):
        assert decide(exception=left, job=job) is not None
    later = decide(exception=OperationalError("gone"), job=job)
    assert later is not None
    assert later.retry_at is not None
    assert later.retry_at > now
    assert decide(exception=ValueError("its own fault"), job=job) is None


def test_only_a_database_that_does_not_answer_is_away() -> None:
    refused = ConnectorException()
    refused.__cause__ = psycopg.OperationalError("connection refused")
    broken = ConnectorException()
    broken.__cause__ = psycopg.ProgrammingError("no such table")

    assert is_away(refused)
    assert not is_away(broken)
    assert not is_away(ConnectorException())
