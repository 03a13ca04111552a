"""Connecting, changing, collecting and removing a console, asked for by a program."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest

from watchkeeper.bootstrap import App
from watchkeeper.ledger.models import AuditEvent, Connection, Run
from watchkeeper.locker.locker import Locker
from watchkeeper.simulator import Company, Running, running

from .conftest import Program

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def console() -> Iterator[Running]:
    with running(Company(agents=20, threats=3, activities=10)) as served:
        yield served


@pytest.fixture(autouse=True)
def locker(app: App) -> None:
    """There is a locker, as `watchkeeper up` makes one before it serves."""
    Locker.open(app.settings.locker, create=True)


def body(served: Running, **more: Any) -> dict[str, Any]:
    return {"console": served.url, "token": served.token, "name": "acme", **more}


def test_a_program_connects_changes_collects_and_removes(
    admin: Program, console: Running, ledger: App
) -> None:
    added = admin.ask(
        "POST", "/connections", body(console, tags=["prod"], intervals={"threats": 1800})
    )

    assert added.status_code == HTTPStatus.CREATED, added.content
    assert added.headers["Location"] == "/api/v1/connections/acme"
    assert added.json()["newest_run"]["trigger"] == "first"
    assert console.token.encode() not in added.content
    held = Connection.objects.get()
    assert ledger.installation.vault.decrypt(held.token_ciphertext).secret == console.token

    changed = admin.ask("PATCH", "/connections/acme", {"tags": ["prod", "eu"], "paused": True})
    assert changed.json()["tags"] == ["prod", "eu"]
    assert changed.json()["own_intervals"] == {"threats": 1800}
    assert changed.json()["paused"] is True
    renewed = admin.ask("PATCH", "/connections/acme", {"token": console.token, "paused": False})
    assert renewed.status_code == HTTPStatus.OK, renewed.content
    assert renewed.json()["tags"] == ["prod", "eu"]

    run = admin.ask("POST", "/connections/acme/runs", {"resources": ["threats"]})
    assert run.status_code == HTTPStatus.ACCEPTED
    assert admin.get(f"/connections/acme/runs/{run.json()['id']}")["state"] == "waiting"
    assert run.json() in admin.get("/connections/acme/runs")
    one = admin.ask("POST", "/connections/acme/runs", {"agent": "123"})
    assert Run.objects.get(pk=one.json()["id"]).subject == "123"

    assert admin.ask("DELETE", "/connections/acme").status_code == HTTPStatus.NO_CONTENT
    assert admin.ask("DELETE", "/connections/acme").status_code == HTTPStatus.NOT_FOUND
    assert admin.get("/connections/acme")["removed_at"]
    assert admin.get("/connections?state=removed")["total"] == 1
    told = [each["action"] for each in admin.get("/audit-events?object=acme")["items"]]
    assert told == [
        "connection.removed",
        "collection.asked",
        "connection.resumed",
        "connection.changed",
        "connection.paused",
        "connection.changed",
        "connection.added",
    ]
    assert {each["actor"] for each in admin.get("/audit-events?object=acme")["items"]} == {
        "maria (key for admin)"
    }


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"console": "ftp://x"}, "body console"),
        ({"console": "https://evil.example.org"}, "body console"),
        ({"token": "short"}, "body token"),
        ({"token": "invented-token-0123456789-abcdefghijklmnopqrstuvwxyz"}, "body token"),
        ({"accounts": ["1"], "sites": ["2"]}, "body sites"),
        ({"sites": ["x"]}, "body sites"),
        ({"intervals": {"colours": 3600}}, "body intervals"),
        ({"intervals": {"agents": 60}}, "body intervals"),
        ({"proxy": "socks5://x"}, "body proxy"),
        ({"certificates": "none"}, "body certificates"),
        ({"tags": ["x" * 41]}, "body tags"),
        ({"colour": "red"}, "body"),
        ({"name": "a\u0000b"}, "body"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_saved(
    admin: Program, console: Running, wrong: dict[str, Any], where: str
) -> None:
    answer = admin.ask("POST", "/connections", body(console, **wrong))

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert answer.json()["faults"][0]["where"].startswith(where)
    assert wrong.get("token", "nothing secret") not in answer.content.decode()
    assert not Connection.objects.exists()
    assert not AuditEvent.objects.filter(object="acme").exists()


def test_a_console_elsewhere_is_refused_with_the_setting_that_allows_it(
    admin: Program, console: Running
) -> None:
    answer = admin.ask("POST", "/connections", body(console, console="https://c.example.org"))

    assert "WATCHKEEPER_ALLOWED_CONSOLES" in answer.content.decode()
    assert "--allow-host" not in answer.content.decode()


def test_a_name_that_is_taken_is_refused(admin: Program, console: Running) -> None:
    admin.ask("POST", "/connections", body(console))

    answer = admin.ask("POST", "/connections", body(console, tags=["other"]))

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "connected already" in answer.json()["detail"]
    assert Connection.objects.get().tags == []


def test_a_token_that_does_not_work_replaces_nothing(
    admin: Program, console: Running, ledger: App
) -> None:
    admin.ask("POST", "/connections", body(console))
    wrong = "invented-token-0123456789-abcdefghijklmnopqrstuvwxyz"

    answer = admin.ask("PATCH", "/connections/acme", {"token": wrong, "tags": ["new"]})

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    held = Connection.objects.get()
    assert held.tags == []
    assert ledger.installation.vault.decrypt(held.token_ciphertext).secret == console.token


def test_a_test_tells_all_there_is_to_know_and_saves_nothing(
    admin: Program, console: Running
) -> None:
    answer = admin.ask("POST", "/connections/test", body(console))

    found = {each["topic"]: each for each in answer.json()}
    assert found["token"]["state"] == "ok"
    assert found["agents"]["records"] == 20
    assert not Connection.objects.exists()


def test_an_empty_change_changes_nothing(admin: Program, console: Running) -> None:
    admin.ask("POST", "/connections", body(console, tags=["prod"]))
    before = Connection.objects.values().get()

    answer = admin.ask("PATCH", "/connections/acme", {})

    assert answer.status_code == HTTPStatus.OK
    assert Connection.objects.values().get() == before


def test_resources_that_do_not_exist_are_not_collected(admin: Program, console: Running) -> None:
    admin.ask("POST", "/connections", body(console))

    answer = admin.ask("POST", "/connections/acme/runs", {"resources": ["threats", "colours"]})

    assert answer.json()["faults"][0]["where"] == "body resources colours"
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    ("wanted", "where"),
    [
        ({"agent": "../../x"}, "body agent"),
        ({"agent": "1", "resources": ["threats"]}, "body resources"),
    ],
)
def test_what_is_no_agent_or_more_than_one_is_not_read(
    admin: Program, console: Running, wanted: dict[str, Any], where: str
) -> None:
    admin.ask("POST", "/connections", body(console))

    answer = admin.ask("POST", "/connections/acme/runs", wanted)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert [each["where"] for each in answer.json()["faults"]] == [where]
    assert Run.objects.count() == 1
