"""Deciding in an installation: audited, judged again, and told once when a date comes."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection as database

from tests.queries.sealing import at
from tests.statements.conftest import DAY, NOW, WHY, Estate
from watchkeeper.errors import UsageError
from watchkeeper.jobs import runs
from watchkeeper.jobs.collecting import Interrupted, carry_out
from watchkeeper.jobs.lapsing import tell_of_times
from watchkeeper.jobs.stating import Actor, decide, request, set_parameter
from watchkeeper.ledger.index import index
from watchkeeper.ledger.installation import Installation
from watchkeeper.ledger.models import AssessmentEntry, AuditEvent, Connection, FailingItem, Run
from watchkeeper.model.assessment import Result
from watchkeeper.queries.decisions import covered, decisions
from watchkeeper.queries.standing import standing
from watchkeeper.statements import asking
from watchkeeper.statements.asking import Asked, ExceptionAsked

from .conftest import go_on

pytestmark = pytest.mark.postgres
ANNA, BEN = Actor("anna", "anna"), Actor("ben", "ben (key ticketing)")


class Desk(Estate):
    """A fleet with one failing agent, indexed, whose people decide."""

    def __init__(self, folder: Path, parts: Installation) -> None:
        super().__init__(folder)
        self.parts = replace(parts, locker=lambda: self.locker)
        self.connection = Connection.objects.create(
            name="acme", console="https://acme.sentinelone.net", token_ciphertext="none", state="ok"
        )
        self.collect(self.agent(1, "fully_disabled"), self.agent(2))
        self.judge()
        index(self.locker, self.connection)

    def ask(self, **terms: object) -> str:
        """An exception for the failing agent; its id."""
        wanted = ExceptionAsked(self.control(), WHY, "A risk.", "A measure.", subject="agent:1")
        asked = Asked(by="anna", **terms)  # type: ignore[arg-type]
        found = request(
            self.locker,
            "acme",
            ANNA,
            lambda: asking.exception(self.locker, "acme", wanted, asked),
        )
        return found.decided.id

    def work(self) -> Run:
        """Carries out the run that waits."""
        run = Run.objects.get(state="waiting")
        with database.cursor() as cursor:  # as a worker does that takes it
            cursor.execute("DELETE FROM procrastinate_jobs")
        self.at += timedelta(seconds=1)
        carry_out(run, replace(self.parts, clock=at(self.at)), stopping=go_on)
        run.refresh_from_db()
        return run

    def result(self) -> Result:
        """What pages say of the control now."""
        found = standing(self.connection.pk, "HLT-02", self.at)
        assert found is not None
        return found.result


@pytest.fixture
def desk(tmp_path: Path, parts: Installation) -> Desk:
    return Desk(tmp_path / "desk", parts)


def test_an_approval_is_audited_and_judged_again_without_collecting(desk: Desk) -> None:
    name = desk.ask()
    assert not Run.objects.exists()
    with pytest.raises(UsageError, match="cannot approve it as well"):
        decide(desk.locker, "acme", Actor("Anna", "anna (key other)"), "approve", name, "")
    decide(desk.locker, "acme", BEN, "approve", name, "Seen.")

    run = desk.work()

    assert (run.state, run.trigger, "HLT-02" in run.controls) == ("done", BEN.name, True)
    assert run.progress["HLT-02"]["verdict"] == "PASS_WITH_EXCEPTIONS"
    assert not runs.busy(desk.connection)
    entry = AssessmentEntry.objects.get(newest=True, control="HLT-02")
    assert (entry.failed, entry.excepted) == (1, 1)
    assert entry.holds_until == decisions(desk.locker, desk.connection.pk)[name].decided.expires_at
    assert FailingItem.objects.get().exception == name
    assert covered(desk.connection.pk) == {name: 1}
    told = AuditEvent.objects.filter(object=name).order_by("id")
    assert list(told.values_list("action", "actor")) == [
        ("exception.requested", "anna"),
        ("exception.approved", "ben (key ticketing)"),
    ]
    versions = decisions(desk.locker, desk.connection.pk)[name].versions
    assert [each.by for each in versions] == ["anna", "ben"]


def test_what_waits_is_widened_and_what_is_stopped_is_done_again(desk: Desk) -> None:
    decide(desk.locker, "acme", BEN, "approve", desk.ask(), "")
    laptops = desk.control("HLT-01")
    desk.judge("HLT-01")
    set_parameter(desk.locker, "acme", BEN, laptops, "laptop_days", 2, "They report daily.")

    run = Run.objects.get()
    assert {"HLT-01", "HLT-02"} <= set(run.controls)
    with pytest.raises(Interrupted):
        carry_out(run, replace(desk.parts, clock=at(desk.at)), stopping=lambda: True)
    assert desk.work().state == "done"
    event = AuditEvent.objects.get(action="parameter.set")
    assert (event.object, event.detail["value"]) == ("HLT-01/laptop_days", 2)


def test_an_expiry_is_told_once_and_judged_again(desk: Desk) -> None:
    name = desk.ask(expires_at=NOW + DAY)
    decide(desk.locker, "acme", BEN, "approve", name, "")
    desk.work()
    tell_of_times(lambda: desk.locker, desk.at)
    assert not AuditEvent.objects.filter(action="exception.expired").exists()

    desk.at = NOW + DAY
    assert desk.result() is Result.FAIL  # at once, before anything was judged again
    for _ in range(2):
        tell_of_times(lambda: desk.locker, desk.at)

    assert AuditEvent.objects.get(action="exception.expired").object == name
    assert desk.work().progress["HLT-02"]["verdict"] == "FAIL"
    tell_of_times(lambda: desk.locker, desk.at)
    assert not Run.objects.filter(state="waiting").exists()


def test_what_begins_later_is_judged_when_it_does(desk: Desk) -> None:
    name = desk.ask(valid_from=NOW + DAY)
    decide(desk.locker, "acme", BEN, "approve", name, "")
    assert desk.work().progress["HLT-02"]["verdict"] == "FAIL"

    desk.at = NOW + DAY
    tell_of_times(lambda: desk.locker, desk.at)

    assert AuditEvent.objects.get(action="exception.began").object == name
    assert desk.work().progress["HLT-02"]["verdict"] == "PASS_WITH_EXCEPTIONS"
