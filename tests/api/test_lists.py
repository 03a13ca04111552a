"""Lists through the API: loaded from a file, read, removed."""

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.web.test_lists import Office, office
from watchkeeper.access.roles import Role
from watchkeeper.ledger.models import AuditEvent, Run

from .conftest import Program

__all__ = ["office"]
pytestmark = pytest.mark.postgres


def send(program: Program, office: Office, data: str, name: str = "hardware", **form: str) -> Any:
    """Sends a file as a list of assets; the answer."""
    return program.client.post(
        f"/api/v1/connections/{office.name}/lists/assets/{name}",
        {"file": SimpleUploadedFile("hw.csv", data.encode()), **form},
        headers={"Authorization": f"Bearer {program.key}"},
    )


def test_a_list_is_loaded_read_and_removed(
    office: Office, program: Callable[[Role], Program]
) -> None:
    operator, viewer = program(Role.OPERATOR), program(Role.VIEWER)
    mapping = json.dumps({"Raum": "location"})
    tried = send(operator, office, "Serial;Raum\nS1;4\n;\n;5\n", mapping=mapping, dry_run="true")
    assert tried.status_code == HTTPStatus.OK, tried.content
    assert (tried.json()["rows"], tried.json()["left_out"]) == (1, 1)
    assert tried.json()["collection"] is None
    assert office.lists() == {}

    done = send(operator, office, "Serial;Raum\nS1;4\n", mapping=mapping)
    assert done.status_code == HTTPStatus.CREATED, done.content
    assert Run.objects.get(pk=done.json()["run"]).controls == ["COV-01"]
    assert AuditEvent.objects.get(action="list.loaded").actor == "maria (key for operator)"

    found = {each["kind"]: each for each in viewer.get(f"/connections/{office.name}/lists")}
    assert found["assets"]["read_by"] == ["COV-01"]
    (standing,) = found["assets"]["lists"]
    assert (standing["rows"], standing["came_from"]) == (1, "hw.csv")
    assert standing["mapping"] == {"Serial": "serial_number", "Raum": "location"}
    assert standing["collection"] == done.json()["collection"]
    assert found["people"]["lists"] == found["people"]["watched"] == []

    where = f"/connections/{office.name}/lists/assets/hardware"
    assert viewer.ask("DELETE", where).status_code == HTTPStatus.FORBIDDEN
    assert operator.ask("DELETE", where).status_code == HTTPStatus.NO_CONTENT
    assert operator.ask("DELETE", where).status_code == HTTPStatus.NOT_FOUND
    assert office.lists() == {}


@pytest.mark.parametrize(
    ("data", "name", "form", "said"),
    [
        ("", "hardware", {}, "empty"),
        ("a;b\n1;2\n", "hardware", {}, "Nothing tells the rows"),
        ("Serial\nS1\n", "hardware", {"mapping": "[1]"}, "no JSON object"),
        ("Serial\nS1\n", "hardware", {"mapping": '{"Serial": "nothing"}'}, "have no column"),
        ("Serial\nS1\n", "hardware", {"sheet": "Two"}, "has no sheet"),
        ("Serial\nS1\n", "$", {}, "cannot be called"),
    ],
)
def test_what_cannot_be_loaded_is_told(
    office: Office, admin: Program, data: str, name: str, form: dict[str, str], said: str
) -> None:
    answer = send(admin, office, data, name, **form)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert said in answer.content.decode()
    assert "--" not in answer.content.decode()
    assert office.lists() == {}


def test_who_may_only_look_sends_nothing_to_the_disk(office: Office, viewer: Program) -> None:
    before = set(office.uploads.iterdir())

    assert send(viewer, office, "Serial\nS1\n").status_code == HTTPStatus.FORBIDDEN

    assert set(office.uploads.iterdir()) == before
