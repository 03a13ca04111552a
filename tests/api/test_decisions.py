"""Exceptions, attestations, scope rules and parameters, asked for and decided by programs."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from tests.statements.conftest import WHY
from tests.web.conftest import COMPANY, World
from watchkeeper.access.keys import issue
from watchkeeper.access.models import Person
from watchkeeper.access.roles import Role
from watchkeeper.bootstrap import App
from watchkeeper.ledger.models import AuditEvent, FailingItem, Run

from .conftest import Program

pytestmark = pytest.mark.postgres
HERE = f"/connections/{COMPANY}"


@pytest.fixture
def ben(ledger: App) -> Program:
    """A program of another person."""
    person = Person.objects.create(username="ben")
    person.groups.add(Group.objects.get(name=Role.OPERATOR))
    now = ledger.installation.clock.now()
    key = issue(person, "ticketing", Role.OPERATOR, 30, actor="ben", now=now)
    return Program(key.text, Client(SERVER_NAME="127.0.0.1"))


def body(**more: Any) -> dict[str, Any]:
    """An exception for a machine that fails HLT-02."""
    failing = FailingItem.objects.filter(
        assessment__control="HLT-02", assessment__connection__name=COMPANY, outcome="fail"
    )
    subject = failing.values_list("subject", flat=True)[0]
    told = {"control": "HLT-02", "subject": subject, "reason": WHY, "risk": "R.", "measure": "M."}
    return told | more


def test_what_one_program_asks_for_another_person_approves(
    admin: Program, ben: Program, program: Callable[[Role], Program], world: World
) -> None:
    asked = admin.ask("POST", f"{HERE}/decisions/exceptions", body(ticket="SEC-1"))
    assert asked.status_code == HTTPStatus.CREATED, asked.content
    name = asked.json()["id"]
    one = f"{HERE}/decisions/{name}"

    same = program(Role.OPERATOR).ask("POST", f"{one}/approve", {})
    assert same.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "cannot approve it as well" in same.json()["detail"]
    done = ben.ask("POST", f"{one}/approve", {"remark": "Seen."})
    assert done.json()["standing"] == "in force", done.content
    assert [each["by"] for each in done.json()["versions"]] == ["ben", "maria"]
    run = Run.objects.get(connection=world.company)
    assert admin.get(f"{HERE}/runs/{run.pk}")["controls"] == run.controls
    assert "HLT-02" in run.controls
    assert AuditEvent.objects.get(action="exception.approved").actor == "ben (key ticketing)"

    listed = admin.get(f"{HERE}/decisions?sort=exception&standing=in%20force&control=HLT-02")
    assert [each["id"] for each in listed["items"]] == [name]
    assert ben.ask("POST", f"{one}/reject", {"remark": "No."}).status_code == (
        HTTPStatus.UNPROCESSABLE_ENTITY
    )
    assert "This needs a reason" in ben.ask("POST", f"{one}/revoke", {}).json()["detail"]
    assert ben.ask("POST", f"{one}/revoke", {"remark": "Over."}).json()["standing"] == "revoked"
    admin.get(f"{HERE}/decisions/EX-0000000000", HTTPStatus.NOT_FOUND)


def test_attestations_and_scope_rules_are_asked_for(
    admin: Program, ben: Program, world: World
) -> None:
    told = {"kind": "idp_mfa", "statement": WHY}
    vouched = admin.ask("POST", f"{HERE}/decisions/attestations", told).json()
    assert vouched["about"]["kind"] == "idp_mfa"
    rule = {"name": "Lab", "selector": {"tags": ["lab"]}, "reason": WHY, "controls": ["HLT-02"]}
    first = admin.ask("POST", f"{HERE}/decisions/scope_rules", rule).json()
    ben.ask("POST", f"{HERE}/decisions/{first['id']}/approve", {})
    second = admin.ask(
        "POST", f"{HERE}/decisions/scope_rules", {**rule, "replaces": first["id"]}
    ).json()
    assert second["about"]["version"] == 2
    ben.ask("POST", f"{HERE}/decisions/{second['id']}/approve", {})
    assert admin.get(f"{HERE}/decisions/{first['id']}")["standing"] == "revoked"
    assert world.company.pk


def test_all_that_is_wrong_with_an_exception_is_told_at_once(admin: Program, world: World) -> None:
    sent = body(subject="agent:999", reason="short")

    answer = admin.ask("POST", f"{HERE}/decisions/exceptions", sent)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    faults = {each["where"]: each["message"] for each in answer.json()["faults"]}
    assert faults.keys() == {"body subject", "body reason"}
    assert "agent:999 is no subject of HLT-02" in faults["body subject"]
    assert world.company.pk


@pytest.mark.parametrize(
    ("sort", "wrong", "told"),
    [
        ("exceptions", {"control": "NO-99"}, "no such control"),
        ("exceptions", {"subject": ""}, "covers one subject"),
        ("exceptions", {"expires_at": "2999-01-01T00:00:00Z"}, "the longest is 365 days"),
        ("exceptions", {"colour": "red"}, "Extra inputs"),
        ("attestations", {"kind": "moon", "statement": WHY}, "Input should be"),
        ("scope_rules", {"name": "x", "selector": {}, "reason": WHY}, "would exclude nothing"),
    ],
)
def test_what_cannot_be_asked_for_is_a_problem(
    admin: Program, world: World, sort: str, wrong: dict[str, Any], told: str
) -> None:
    sent = body(**wrong) if sort == "exceptions" else wrong

    answer = admin.ask("POST", f"{HERE}/decisions/{sort}", sent)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert told in answer.content.decode()
    assert not AuditEvent.objects.filter(action__endswith=".requested").exists()
    assert world.company.pk


def test_a_parameter_is_set_when_what_it_breaks_is_meant(
    admin: Program, ben: Program, world: World
) -> None:
    where = f"{HERE}/controls/ACC-02/parameters"
    before = {each["name"]: each for each in admin.get(where)}["other_days"]
    assert before["value"] == before["default"]
    wanted = {"value": 100, "reason": "They travel."}

    assert ben.ask("POST", f"{where}/other_days", wanted).status_code == HTTPStatus.FORBIDDEN
    refused = admin.ask("POST", f"{where}/other_days", wanted)
    assert refused.status_code == HTTPStatus.CONFLICT
    assert "8.2.6" in refused.json()["detail"]
    beyond = admin.ask("POST", f"{where}/other_days", {**wanted, "value": 9999})
    assert beyond.json()["faults"][0]["where"] == "body value"
    done = admin.ask("POST", f"{where}/other_days", {**wanted, "anyway": True}).json()
    assert (done["value"], done["set_by"], done["reason"]) == (100, "maria", "They travel.")
    back = admin.ask("POST", f"{where}/other_days", {"value": None, "reason": "Back."}).json()
    assert (back["value"], back["set_by"]) == (before["default"], "")
    assert world.company.pk


def test_who_only_looks_asks_for_nothing(viewer: Program, world: World) -> None:
    assert viewer.get(f"{HERE}/decisions")["items"] is not None
    answer = viewer.ask("POST", f"{HERE}/decisions/exceptions", body())
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert world.company.pk
