"""Carrying collections out against a simulated console."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.waiting import until
from watchkeeper.controls import catalogue as controls
from watchkeeper.jobs import runs
from watchkeeper.jobs.collecting import Interrupted, carry_out
from watchkeeper.ledger.connections import Options, change, remove
from watchkeeper.ledger.installation import Installation
from watchkeeper.ledger.models import (
    AssessmentEntry,
    CollectionEntry,
    Connection,
    FailingItem,
    Run,
    RunState,
)
from watchkeeper.ledger.schedule import due_of
from watchkeeper.model.schedule import next_due, phase
from watchkeeper.resources import catalogue as resources
from watchkeeper.resources import everything
from watchkeeper.sentinelone.token import parse_token
from watchkeeper.simulator import Company, Running, running

from .conftest import TOKEN, add, go_on

pytestmark = pytest.mark.postgres


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


def test_a_console_that_is_allowed_no_longer_is_told_with_what_allows_it(
    parts: Installation,
) -> None:
    connection = add(parts, "https://acme.sentinelone.net", TOKEN)
    Connection.objects.filter(pk=connection.pk).update(console="https://console.example.org")
    run = runs.ask("acme", trigger="maria")

    carry_out(run, parts, stopping=go_on)

    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "name its host in WATCHKEEPER_ALLOWED_CONSOLES" in run.reason


def test_controls_are_judged_as_soon_as_what_they_read_is_sealed(
    parts: Installation, console: Running
) -> None:
    """The console stumbles over activities: they are asked for again once others were judged."""
    wanted = 4
    waited = 0

    def sleep(seconds: float) -> None:
        nonlocal waited
        parts.clock.sleep(seconds)
        if seconds > 0.2:  # a pause before the console is asked again, not one between requests
            until(lambda: len(parts.locker().assessments("acme")) >= wanted)
            waited += 1

    console.set_faults("500:activities:always")
    connection = add(parts, console.url, console.token)
    patient = replace(parts, clock=replace(parts.clock, sleep=sleep))
    try:
        carry_out(runs.ask("acme", trigger="maria"), patient, stopping=go_on)
    finally:
        console.set_faults()

    assert waited
    collected = {each.resource: each for each in CollectionEntry.objects.filter(subject="")}
    early = 0
    for control in controls().values():
        judged = AssessmentEntry.objects.get(connection=connection, control=control.id)
        needed = [collected[name].ended for name in control.reads if name in collected]
        if any(not everything()[name].of_console for name in control.reads):
            # What is stated is there before; what tells of ourselves waits for all of a run.
            assert judged.judged_at >= max(needed, default=judged.judged_at)
            continue
        ready = max(needed)
        assert judged.judged_at >= ready
        early += judged.judged_at < collected["activities"].ended
    assert early >= wanted


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
    judged = AssessmentEntry.objects.filter(newest=True)
    # No list was ever loaded, and these three judge by one.
    listed = judged.exclude(control__in=("ACC-04", "COV-01", "VER-02"))
    assert "ERROR" not in listed.values_list("result", flat=True)


def test_what_waits_for_a_connection_that_was_removed_ends(
    parts: Installation, console: Running
) -> None:
    connection = add(parts, console.url, console.token)
    run = runs.ask("acme", trigger="maria")
    remove(connection, actor="maria", now=parts.clock.now())

    carry_out(run, parts, stopping=go_on)

    run.refresh_from_db()
    connection.refresh_from_db()
    assert (run.state, run.reason) == (RunState.FAILED, "The connection was removed.")
    assert connection.state == "new"
    assert not connection.notices.exists()


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
