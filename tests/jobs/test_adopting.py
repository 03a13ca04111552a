"""A page of a control that is new or was changed is judged without waiting for data."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection as database

from tests.controls.pages import page
from tests.queries.sealing import seal_rows
from watchkeeper.assessment import assess
from watchkeeper.controls import catalogue, ids, tenant
from watchkeeper.jobs.adopting import judge_what_is_new
from watchkeeper.jobs.collecting import carry_out
from watchkeeper.ledger.index import index
from watchkeeper.ledger.installation import Installation
from watchkeeper.ledger.models import AssessmentEntry, Connection, Run
from watchkeeper.model.assessment import Result
from watchkeeper.queries.standing import standing, standings

from .conftest import go_on

pytestmark = pytest.mark.postgres


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of the tenant's controls."""
    ours = tmp_path / "controls"
    ours.mkdir()
    tenant.use(ours, ids())
    yield ours
    tenant.use(None, ids())


def write(folder: Path, text: str) -> None:
    (folder / "TST-01.md").write_text(text, encoding="utf-8")


def work(parts: Installation) -> Run | None:
    """Carries out the run that waits, if one does."""
    run = Run.objects.filter(state="waiting").first()
    if run is not None:
        with database.cursor() as cursor:  # as a worker does that takes it
            cursor.execute("DELETE FROM procrastinate_jobs")
        carry_out(run, parts, stopping=go_on)
        run.refresh_from_db()
    return run


def test_a_new_page_is_judged_and_a_changed_one_again(parts: Installation, folder: Path) -> None:
    locker = parts.locker()
    connection = Connection.objects.create(
        name="acme", console="https://acme.sentinelone.net", token_ciphertext="none", state="ok"
    )
    judge_what_is_new(connection)
    assert work(parts) is None  # nothing was judged yet: there is nothing to catch up with
    seal_rows(locker, "acme", "agents", [{"id": "1", "infected": True}])
    assess(locker, "acme", catalogue().values(), now=parts.clock.now())
    index(locker, connection)
    judge_what_is_new(connection)
    assert work(parts) is None

    write(folder, page())
    judge_what_is_new(connection)
    run = work(parts)
    assert run is not None
    assert (run.controls, run.state, run.trigger) == (["TST-01"], "done", "new pages of controls")
    found = standing(connection.pk, "TST-01", parts.clock.now())
    assert found is not None
    assert found.counts.failed == 1
    judge_what_is_new(connection)
    assert work(parts) is None

    write(folder, page(("version: 1.0.0", "version: 1.1.0")))
    judge_what_is_new(connection)
    judge_what_is_new(connection)  # it waits already
    assert work(parts) is not None
    versions = AssessmentEntry.objects.filter(control="TST-01").order_by("judged_at")
    assert [each.version for each in versions] == ["1.0.0", "1.1.0"]


def test_workers_with_other_folders_do_not_judge_against_each_other_for_ever(
    parts: Installation, folder: Path
) -> None:
    locker = parts.locker()
    connection = Connection.objects.create(
        name="acme", console="https://acme.sentinelone.net", token_ciphertext="none", state="ok"
    )
    write(folder, page(("version: 1.0.0", "version: 2.0.0")))
    seal_rows(locker, "acme", "agents", [{"id": "1", "infected": True}])
    assess(locker, "acme", catalogue().values(), now=parts.clock.now())
    theirs = replace(catalogue()["TST-01"], sha256="0" * 64)
    assess(locker, "acme", [theirs], now=parts.clock.now())  # by a worker with another page
    index(locker, connection)
    judge_what_is_new(connection)
    assert work(parts) is not None
    assess(locker, "acme", [theirs], now=parts.clock.now())
    index(locker, connection)
    judge_what_is_new(connection)
    assert work(parts) is None


def test_a_page_that_breaks_is_an_error_and_one_that_goes_is_gone(
    parts: Installation, folder: Path
) -> None:
    locker, now = parts.locker(), parts.clock.now()
    connection = Connection.objects.create(
        name="acme", console="https://acme.sentinelone.net", token_ciphertext="none", state="ok"
    )
    write(folder, page())
    seal_rows(locker, "acme", "agents", [{"id": "1", "infected": False}])
    seal_rows(locker, "acme", "roles", [])
    assess(locker, "acme", [catalogue()["TST-01"]], now=now)
    index(locker, connection)
    assert [each.result for each in standings(connection.pk, now)] == [Result.PASS]
    write(folder, page(("severity: high", "severity: huge")))
    (found,) = standings(connection.pk, now)
    assert found.result is Result.ERROR
    assert "'severity' is 'huge'" in found.reason
    (folder / "TST-01.md").unlink()
    assert standings(connection.pk, now) == ()
