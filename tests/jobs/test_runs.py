"""Asking for collections, and carrying them out against a simulated console."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from watchkeeper.bootstrap import App
from watchkeeper.controls import catalogue as controls
from watchkeeper.errors import UsageError
from watchkeeper.jobs import runs
from watchkeeper.jobs.collecting import Interrupted, carry_out
from watchkeeper.jobs.tasks import ask_for_what_is_due
from watchkeeper.ledger.connections import Options, change, connect, note_state, remove
from watchkeeper.ledger.installation import Installation
from watchkeeper.ledger.models import (
    AssessmentEntry,
    CollectionEntry,
    Connection,
    ConnectionState,
    FailingItem,
    Run,
    RunState,
)
from watchkeeper.ledger.schedule import due_of
from watchkeeper.locker.locker import Locker
from watchkeeper.model.schedule import next_due, phase
from watchkeeper.resources import catalogue as resources
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.token import parse_token
from watchkeeper.simulator import Company, Running, running

pytestmark = pytest.mark.postgres
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


def test_a_run_collects_judges_and_indexes(parts: Installation, console: Running) -> None:
    connection = add(parts, console.url, console.token)
    run = runs.ask("acme", trigger="maria")

    carry_out(run, parts, stopping=go_on)

    run.refresh_from_db()
    assert (run.state, run.reason) == (RunState.DONE, "")
    assert run.ended is not None
    assert set(run.progress) == set(resources())
    assert {step["verdict"] for step in run.progress.values()} == {"complete"}
    assert run.progress["agents"]["rows"] == 60
    assert set(CollectionEntry.objects.values_list("resource", flat=True)) == set(resources())
    assert set(AssessmentEntry.objects.values_list("control", flat=True)) == set(controls())
    listed = AssessmentEntry.objects.filter(newest=True)
    assert FailingItem.objects.count() == sum(each.failed + each.unknown for each in listed)
    connection.refresh_from_db()
    assert connection.state == "ok"
    assert connection.token_user
    assert connection.scope
    assert due_of(connection, parts.clock.now()) == []


def test_a_run_of_some_resources_judges_only_what_reads_them(
    parts: Installation, console: Running
) -> None:
    add(parts, console.url, console.token)
    run = runs.ask("acme", ["agents"], trigger="maria")

    carry_out(run, parts, stopping=go_on)

    reading = {name for name, control in controls().items() if "agents" in control.reads}
    judged = set(AssessmentEntry.objects.values_list("control", flat=True))
    assert reading <= judged
    assert "threats" not in set(CollectionEntry.objects.values_list("resource", flat=True))


def test_one_agent_is_read_afresh_and_nothing_is_judged(
    parts: Installation, console: Running
) -> None:
    connection = add(parts, console.url, console.token)
    carry_out(runs.ask("acme", ["agents"], trigger="maria"), parts, stopping=go_on)
    judged = AssessmentEntry.objects.count()
    entry = CollectionEntry.objects.get(resource="agents")
    locker = parts.locker()
    sealed = next(found for found in locker.collections("acme") if found.path == entry.path)
    agent = str(locker.table(sealed, ["id"]).column("id")[0])

    run = runs.ask_agent("acme", agent, trigger="maria")
    carry_out(run, parts, stopping=go_on)

    run.refresh_from_db()
    assert run.state == RunState.DONE
    fresh = CollectionEntry.objects.exclude(subject="").get()
    assert agent in fresh.subject
    assert fresh.distinct == 1
    assert AssessmentEntry.objects.count() == judged
    connection.refresh_from_db()
    assert connection.state == "ok"


def test_a_dead_token_is_said_everywhere_and_shown_nowhere(
    parts: Installation, console: Running
) -> None:
    connection = add(parts, console.url, TOKEN)
    run = runs.ask("acme", trigger="maria")

    carry_out(run, parts, stopping=go_on)

    run.refresh_from_db()
    connection.refresh_from_db()
    assert (run.state, connection.state) == (RunState.FAILED, "token dead")
    assert "token" in run.reason
    assert run.reason == connection.state_reason
    results = set(AssessmentEntry.objects.values_list("result", flat=True))
    assert results
    assert results <= {"ERROR", "STALE"}
    written = f"{run.reason}{run.progress}{list(CollectionEntry.objects.values())}"
    assert TOKEN not in written


def test_a_token_that_dies_leaves_nothing_green_though_only_threats_were_due(
    parts: Installation, console: Running
) -> None:
    connection = add(parts, console.url, console.token)
    carry_out(runs.ask("acme", trigger="maria"), parts, stopping=go_on)
    assert AssessmentEntry.objects.filter(newest=True, result__in=["PASS", "FAIL"]).exists()
    Connection.objects.update(token_ciphertext=parts.vault.encrypt(parse_token(TOKEN)))
    connection.refresh_from_db()

    carry_out(runs.ask("acme", ["threats"], trigger="schedule"), parts, stopping=go_on)

    newest = AssessmentEntry.objects.filter(connection=connection, newest=True)
    assert set(newest.values_list("result", flat=True)) <= {"ERROR", "STALE"}
    assert newest.count() == len(controls())
    again = connection.collections.count()
    carry_out(runs.ask("acme", ["threats"], trigger="schedule"), parts, stopping=go_on)
    assert connection.collections.count() - again <= 2  # the version and the threats


def test_a_token_replaced_while_a_collection_runs_leaves_no_gap(parts: Installation) -> None:
    with running(Company(agents=2500, threats=3, activities=5)) as served:
        connection = add(parts, served.url, served.token)
        carry_out(runs.ask("acme", trigger="maria"), parts, stopping=go_on)
        steps = iter(range(1000))

        def replacing() -> bool:
            if next(steps) == 5:  # generating a token ends the one before
                served.token = "n" * 80
                held = Connection.objects.get()
                new = parse_token(served.token)
                now = parts.clock.now()
                change(held, Options(), token=new, vault=parts.vault, actor="maria", now=now)
                runs.ask("acme", trigger="new token")
            return False

        during = runs.ask("acme", ["agents", "sites"], trigger="schedule")
        carry_out(during, parts, stopping=replacing)
        during.refresh_from_db()
        connection.refresh_from_db()
        assert during.state == RunState.FAILED
        assert (connection.state, connection.token_expires_at) == ("new", None)

        carry_out(Run.objects.get(trigger="new token"), parts, stopping=go_on)

    connection.refresh_from_db()
    assert connection.state == "ok"
    assert not connection.notices.exists()
    for resource in ("agents", "sites"):
        assert connection.collections.filter(resource=resource).latest("id").complete
    results = AssessmentEntry.objects.filter(newest=True).values_list("result", flat=True)
    assert "ERROR" not in results


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


def test_how_late_a_turn_was_is_sealed_with_it(parts: Installation, console: Running) -> None:
    connection = add(parts, console.url, console.token)
    carry_out(runs.ask("acme", ["sites"], trigger="maria"), parts, stopping=go_on)
    first = connection.collections.get(resource="sites")
    days_later = replace(
        parts, clock=replace(parts.clock, now=lambda: first.started + timedelta(days=4))
    )

    carry_out(runs.ask("acme", ["sites"], trigger="schedule"), days_later, stopping=go_on)

    second = connection.collections.filter(resource="sites").latest("id")
    assert first.due is None
    assert second.due == next_due(first.started, timedelta(days=1), phase("acme"))
    manifest = json.loads(parts.locker().manifest(second.path)[0])
    assert datetime.fromisoformat(manifest["due"]) == second.due
    assert second.requests > 0


def test_a_token_no_key_fits_fails_the_run_in_words(parts: Installation, console: Running) -> None:
    add(parts, console.url, console.token)
    Connection.objects.update(token_ciphertext="nothing")
    run = runs.ask("acme", trigger="maria")

    carry_out(run, parts, stopping=go_on)

    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "cannot be decrypted" in run.reason
    assert Connection.objects.get().state == "token lost"


def test_a_run_that_is_interrupted_waits_again_and_goes_through(
    parts: Installation, console: Running
) -> None:
    add(parts, console.url, console.token)
    run = runs.ask("acme", ["agents", "threats"], trigger="maria")
    steps = iter([False] * 6)

    with pytest.raises(Interrupted):
        carry_out(run, parts, stopping=lambda: next(steps, True))
    run.refresh_from_db()
    assert run.state == RunState.WAITING

    carry_out(run, parts, stopping=go_on)
    run.refresh_from_db()
    assert run.state == RunState.DONE
