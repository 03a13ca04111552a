"""Asking for collections: by people, and by the schedule when they are due."""

from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from watchkeeper.bootstrap import App
from watchkeeper.errors import UsageError
from watchkeeper.jobs import runs
from watchkeeper.jobs.tasks import ask_for_what_is_due
from watchkeeper.ledger.connections import note_state, remove
from watchkeeper.ledger.installation import Installation
from watchkeeper.ledger.models import (
    Connection,
    ConnectionState,
    Run,
    RunState,
)
from watchkeeper.resources import catalogue as resources

from .conftest import NOBODY, TOKEN, add

pytestmark = pytest.mark.postgres


def jobs() -> list[dict[str, object]]:
    """The arguments of the jobs that wait."""
    return list(ProcrastinateJob.objects.filter(status="todo").values_list("args", flat=True))


# ---------------------------------------------------------------------- asking


def test_asking_makes_a_run_and_its_job_in_the_same_moment(parts: Installation) -> None:
    add(parts, NOBODY, TOKEN)

    run = runs.ask("acme", ["threats"], trigger="maria")

    assert (run.state, run.trigger, run.only) == (RunState.WAITING, "maria", ["threats"])
    assert jobs() == [{"run": run.pk, "connection_name": "acme"}]


def test_asking_again_widens_the_run_that_waits(parts: Installation) -> None:
    add(parts, NOBODY, TOKEN)
    first = runs.ask("acme", ["threats"], trigger="schedule")

    second = runs.ask("acme", ["agents"], trigger="maria")
    assert (second.pk, second.only) == (first.pk, ["agents", "threats"])
    third = runs.ask("acme", trigger="maria")
    assert (third.pk, third.only) == (first.pk, [])
    fourth = runs.ask("acme", ["agents"], trigger="maria")
    assert (fourth.pk, fourth.only) == (first.pk, [])

    assert len(jobs()) == 1


def test_while_one_runs_the_next_can_wait(parts: Installation) -> None:
    connection = add(parts, NOBODY, TOKEN)
    first = runs.ask("acme", trigger="maria")
    Run.objects.filter(pk=first.pk).update(state=RunState.RUNNING)
    start_job(first.pk)

    second = runs.ask("acme", trigger="maria")

    assert second.pk != first.pk
    assert second.state == RunState.WAITING
    assert runs.busy(connection)


def start_job(run: int) -> None:
    """As a worker does that takes the job of a run."""
    from django.db import connection  # noqa: PLC0415 - the raw one

    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing' WHERE (args->>'run')::int = %s", [run]
        )


def test_one_agent_is_asked_for_once(parts: Installation) -> None:
    add(parts, NOBODY, TOKEN)

    first = runs.ask_agent("acme", "225", trigger="maria")

    assert runs.ask_agent("acme", "225", trigger="jo").pk == first.pk
    assert runs.ask_agent("acme", "226", trigger="jo").pk != first.pk
    assert len(jobs()) == 2


def test_what_is_not_connected_cannot_be_asked_for(ledger: App) -> None:  # noqa: ARG001
    with pytest.raises(UsageError, match="no connection 'nowhere'"):
        runs.ask("nowhere", trigger="maria")


def test_the_schedule_asks_for_what_is_due_and_only_once(parts: Installation) -> None:
    connection = add(parts, NOBODY, TOKEN)

    ask_for_what_is_due()
    ask_for_what_is_due()

    run = Run.objects.get()
    assert (run.trigger, run.only) == ("schedule", sorted(resources()))
    assert runs.busy(connection)


def test_the_schedule_leaves_a_paused_connection_and_a_failed_hour_alone(
    parts: Installation,
) -> None:
    connection = add(parts, NOBODY, TOKEN)
    Connection.objects.update(paused=True)
    ask_for_what_is_due()
    assert not Run.objects.exists()

    Connection.objects.update(paused=False)
    ended = parts.clock.now() - timedelta(minutes=59)
    Run.objects.create(
        connection=connection, trigger="schedule", state=RunState.FAILED, started=ended, ended=ended
    )
    ask_for_what_is_due()
    assert Run.objects.count() == 1


def test_a_run_whose_job_is_gone_is_ended(parts: Installation) -> None:
    connection = add(parts, NOBODY, TOKEN)
    lost = Run.objects.create(
        connection=connection, trigger="maria", started=parts.clock.now() - timedelta(hours=1)
    )

    runs.end_orphans()

    lost.refresh_from_db()
    assert (lost.state, lost.reason) == (RunState.FAILED, "Its job is gone.")


# ---------------------------------------------------------------------- carrying out


def test_a_console_that_refused_the_token_is_asked_once_a_day(parts: Installation) -> None:
    connection = add(parts, NOBODY, TOKEN)
    now = parts.clock.now()
    note_state(connection, ConnectionState.TOKEN_DEAD, "dead", now)
    for hours, asked in ((23, False), (25, True)):
        Run.objects.all().delete()
        ended = now - timedelta(hours=hours)
        Run.objects.create(
            connection=connection, trigger="schedule", state=RunState.FAILED, ended=ended
        )
        ask_for_what_is_due()
        assert runs.busy(connection) == asked, hours


def test_the_schedule_leaves_alone_what_was_removed_or_has_no_token(parts: Installation) -> None:
    connection = add(parts, NOBODY, TOKEN)
    note_state(connection, ConnectionState.TOKEN_LOST, "lost", parts.clock.now())
    ask_for_what_is_due()
    note_state(connection, ConnectionState.OK, "", parts.clock.now())
    remove(connection, actor="maria", now=parts.clock.now())
    ask_for_what_is_due()

    assert not Run.objects.exists()
