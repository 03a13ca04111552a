"""Decisions: asked for by one, approved by another, shown beside what was observed."""

import html
import re
from collections.abc import Callable
from http import HTTPStatus

import pytest
from django.test import Client

from tests.queries.sealing import seal_rows
from tests.statements.conftest import WHY
from watchkeeper.access.roles import Role
from watchkeeper.ledger.models import AuditEvent, Run
from watchkeeper.model.statement import KINDS
from watchkeeper.queries.decisions import decisions

from .desk import Desk

pytestmark = pytest.mark.postgres
Browse = Callable[[Role | None], Client]
REASONS = {"reason": WHY, "risk": "A risk.", "measure": "A measure."}


def said(content: bytes) -> str:
    """What a page says, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", content.decode())).split())


def test_an_exception_is_asked_for_beside_a_failing_item_and_approved_by_another(
    desk: Desk, browse: Browse
) -> None:
    anna, ben = browse(Role.OPERATOR), browse(Role.ADMIN)
    assert b"Ask for an exception" in anna.get("/controls/HLT-02/").content
    where = "/decisions/exceptions/new/?control=HLT-02&subject=agent:1"
    assert b'value="agent:1"' in anna.get(where).content
    asked = anna.post(where, {"control": "HLT-02", "subject": "agent:1", **REASONS})
    name = desk.only()
    assert asked.headers["Location"] == f"/decisions/{name}/"

    own = said(anna.get(f"/decisions/{name}/").content)
    assert "You asked for this: somebody else has to approve it" in own
    refused = anna.post(f"/decisions/{name}/", {"act": "approve"})
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "who cannot approve it as well" in said(refused.content)
    ben.post(f"/decisions/{name}/", {"act": "approve", "remark": "Seen."})
    assert "HLT-02" in Run.objects.get().controls
    desk.judge("HLT-02")

    page = anna.get("/controls/HLT-02/").content
    text = said(page)
    assert "excepted until" in text
    assert "1 of 2 failing" in text
    assert page.count(b'class="state  is-fail"') >= 2  # both still fail
    told = said(ben.get(f"/decisions/{name}/").content)
    assert "1 failing item" in told
    assert told.count("Approved") >= 1
    assert "somebody-operator" in told
    assert [each.action for each in AuditEvent.objects.filter(object=name).order_by("id")] == [
        "exception.requested",
        "exception.approved",
    ]
    listed = said(anna.get("/decisions/?standing=in+force").content)
    assert "1 of 1 matches" in listed
    assert said(anna.get("/decisions/?q=nothing-like-it").content).count("0 of 1") == 1
    refused = ben.post(f"/decisions/{name}/", {"act": "revoke"})
    assert "This needs a reason" in said(refused.content)
    ben.post(f"/decisions/{name}/", {"act": "revoke", "remark": "The laboratory is closed."})
    assert "Revoked" in said(ben.get(f"/decisions/{name}/").content)


def test_a_scope_rule_shows_whom_it_names_before_it_is_asked_for(
    desk: Desk, browse: Browse
) -> None:
    client = browse(Role.OPERATOR)
    form = {"name": "Laboratory", "sites": ["s2"], "controls": ["HLT-02"], "reason": WHY}

    shown = client.post("/decisions/scope-rules/new/", {**form, "preview": "yes"})
    assert shown.status_code == HTTPStatus.OK
    assert "Names now 2 subjects" in said(shown.content)
    assert "HLT-02 1" in said(shown.content)
    assert not decisions(desk.locker, desk.connection.pk)

    client.post("/decisions/scope-rules/new/", form)
    name = desk.only()
    assert "site Site s2" in said(client.get(f"/decisions/{name}/").content)
    assert said(client.get("/decisions/?of=scope_rules").content).count("Laboratory") == 1
    again = said(client.get(f"/decisions/scope-rules/new/?replaces={name}").content)
    assert "Next version of Laboratory" in again


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"subject": ""}, "covers one subject or the subjects of a selector"),
        ({"reason": "short"}, "The reason has 5 characters, the least is 20"),
        ({"ends": "2999-01-01"}, "the longest is 365 days"),
        ({"ends": "soon"}, "'soon' is no day"),
        ({"risk": ""}, "This field is required"),
        ({"sites": ["nowhere"]}, "is not one of the available choices"),
        ({"subject": "agent:999"}, "agent:999 is no subject of HLT-02: it is none of the 3"),
    ],
)
def test_what_cannot_be_asked_for_is_told(
    desk: Desk, browse: Browse, given: dict[str, str], told: str
) -> None:
    form = {"control": "HLT-02", "subject": "agent:1", **REASONS} | given

    answer = browse(Role.OPERATOR).post("/decisions/exceptions/new/", form)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert told in said(answer.content)
    assert not decisions(desk.locker, desk.connection.pk)


def test_all_that_is_wrong_is_told_at_once_each_at_its_field(desk: Desk, browse: Browse) -> None:
    form = {"control": "HLT-02", "subject": "agent:999", "reason": "short", "measure": "Kept <b>."}
    form |= {"ends": "2999-01-01", "starts": "soon", "risk": ""}

    answer = browse(Role.OPERATOR).post("/decisions/exceptions/new/", form)

    told = {
        name: said(each.encode())
        for name, each in re.findall(
            r'has-error"><label for="id_(\w+)">(.*?)</div>', answer.content.decode(), re.DOTALL
        )
    }
    assert told.keys() == {"subject", "reason", "risk", "starts", "ends"}
    assert "agent:999 is no subject of HLT-02" in told["subject"]
    assert "The reason has 5 characters" in told["reason"]
    assert "the longest is 365 days" in told["ends"]
    assert b"Kept &lt;b&gt;." in answer.content
    assert not decisions(desk.locker, desk.connection.pk)


def test_an_exception_for_one_subject_says_whom_it_names(desk: Desk, browse: Browse) -> None:
    client, where = browse(Role.OPERATOR), "/decisions/exceptions/new/"
    form = {"control": "HLT-02", "subject": "agent:1", "preview": "yes"}

    assert "Names now 1 subject 1 agent" in said(client.post(where, form).content)
    nobody = client.post(where, form | {"subject": "agent:999"})
    assert "Names now 0 subjects it names nobody" in said(nobody.content)
    assert not decisions(desk.locker, desk.connection.pk)


def test_an_attestation_about_nobody_is_refused_with_what_was_typed(
    desk: Desk, browse: Browse
) -> None:
    seal_rows(desk.locker, desk.name, "users", [{"id": "7", "email": "a@acme.example"}])
    client, where = browse(Role.OPERATOR), "/decisions/attestations/new/?kind=privileged_access"

    answer = client.post(where, {"subject": "user:8", "statement": "Typed."})

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "There is no user:8 in what was collected" in said(answer.content)
    assert "The statement has 6 characters" in said(answer.content)
    assert b"Typed.</textarea>" in answer.content
    assert not decisions(desk.locker, desk.connection.pk)
    client.post(where, {"subject": "user:7", "statement": WHY})
    assert desk.only()


def test_each_kind_of_attestation_has_a_form_of_its_own(desk: Desk, browse: Browse) -> None:
    client = browse(Role.OPERATOR)
    assert client.get("/decisions/attestations/new/").status_code == HTTPStatus.OK
    for kind in KINDS.values():
        shown = client.get(f"/decisions/attestations/new/?kind={kind.name}").content
        assert kind.title in said(shown)
        assert all(f'name="data_{each}"'.encode() in shown for each in kind.data)
    where = "/decisions/attestations/new/?kind=detection_test"
    missing = client.post(where, {"subject": "windows", "statement": WHY})
    assert missing.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    client.post(where, {"subject": "windows", "statement": WHY, "data_threat_id": "7"})
    assert "windows" in said(client.get(f"/decisions/{desk.only()}/").content)


def test_a_parameter_that_breaks_a_requirement_is_set_only_when_it_is_meant(
    desk: Desk, browse: Browse
) -> None:
    seal_rows(desk.locker, desk.name, "users", [{"id": "1", "email": "a@acme.example"}])
    desk.judge("ACC-02")
    admin, operator = browse(Role.ADMIN), browse(Role.OPERATOR)
    where = "/controls/ACC-02/parameters/other_days/"
    assert operator.post(where, {"value": "100"}).status_code == HTTPStatus.FORBIDDEN
    assert "An admin can change it" in said(operator.get(where).content)
    assert "the most is" in said(admin.post(where, {"value": "9999", "reason": "No."}).content)

    asked = admin.post(where, {"value": "100", "reason": "They travel."})
    assert "no longer gives evidence for" in said(asked.content)
    assert not AuditEvent.objects.filter(action="parameter.set").exists()
    done = admin.post(where, {"value": "100", "reason": "They travel.", "anyway": "on"})
    assert done.status_code == HTTPStatus.FOUND
    text = said(admin.get("/controls/ACC-02/").content)
    assert "They travel." in text
    assert "Too loose for" in text
    admin.post(where, {"default": "yes", "reason": "They are back.", "value": ""})
    assert "the default" in said(admin.get(where).content)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR])
def test_who_only_looks_decides_nothing(desk: Desk, browse: Browse, role: Role) -> None:
    client = browse(role)

    assert b"Ask for an exception" not in client.get("/decisions/").content
    assert b"Ask for an exception" not in client.get("/controls/HLT-02/").content
    for where in ("exceptions", "attestations", "scope-rules"):
        assert client.get(f"/decisions/{where}/new/").status_code == HTTPStatus.FORBIDDEN
    answer = client.post("/decisions/EX-0/", {"act": "approve"})
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert client.get("/decisions/EX-0/").status_code == HTTPStatus.NOT_FOUND
    assert desk.connection.pk


def test_a_run_that_judged_again_has_a_page(desk: Desk, browse: Browse) -> None:
    steps = {"HLT-02": {"title": "HLT-02 Health", "rows": 2, "verdict": "PASS"}}
    run = Run.objects.create(
        connection=desk.connection, trigger="ben", controls=["HLT-02"], progress=steps, state="done"
    )

    text = said(browse(Role.VIEWER).get(f"/connections/{desk.name}/runs/{run.pk}/").content)

    assert "1 control judged again" in text
    assert "Nothing was collected" in text
    assert "HLT-02 Health Pass" in text
