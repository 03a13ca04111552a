"""Who may ask the API: access keys, sessions, roles."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import pytest
from django.test import Client

from tests.web.conftest import World
from watchkeeper.access.keys import LONGEST_DAYS, issue, revoke
from watchkeeper.access.models import AccessKey, Person
from watchkeeper.access.roles import MAY, Action, Role
from watchkeeper.api.application import make
from watchkeeper.api.problems import MEDIA_TYPE
from watchkeeper.bootstrap import App
from watchkeeper.errors import UsageError
from watchkeeper.ledger.models import AuditEvent, Connection
from watchkeeper.resources import catalogue as resources

from .conftest import Program

pytestmark = pytest.mark.postgres
Make = Callable[[Role], Program]
ASKED: list[tuple[Action, str, str, Any]] = [
    (Action.SEE, "GET", "/me", None),
    (Action.SEE, "GET", "/connections", None),
    (Action.EXPORT, "GET", "/audit-events", None),
    (Action.COLLECT, "POST", "/connections/nobody/runs", {}),
    (Action.CONNECT, "POST", "/connections", {}),
    (Action.CONNECT, "POST", "/connections/test", {}),
    (Action.CONNECT, "PATCH", "/connections/nobody", {}),
    (Action.CONNECT, "DELETE", "/connections/nobody", None),
]


@pytest.mark.parametrize("role", Role)
def test_a_key_may_do_what_its_role_may(program: Make, role: Role) -> None:
    asking = program(role)

    for action, method, path, body in ASKED:
        answer = asking.ask(method, path, body)
        refused = answer.status_code == HTTPStatus.FORBIDDEN
        assert refused is (action not in MAY[role]), (method, path)


def test_a_key_may_not_do_more_than_its_person(program: Make) -> None:
    from django.contrib.auth.models import Group  # noqa: PLC0415

    asking = program(Role.ADMIN)
    person = Person.objects.get(username="maria")
    person.groups.set([Group.objects.get(name=Role.VIEWER)])

    assert asking.get("/me")["actions"] == ["see"]
    assert asking.ask("GET", "/audit-events").status_code == HTTPStatus.FORBIDDEN


@pytest.mark.parametrize("key", ["", "wk_", "wk_" + "a" * 43, "ApiToken x", "\x00", "é"])
def test_what_is_no_key_lets_nobody_in(viewer: Program, key: str) -> None:
    answer = replace(viewer, key=key).ask("GET", "/me")

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_ends_when_revoked_when_over_and_with_its_person(ledger: App, program: Make) -> None:
    revoked, over, gone = (program(role) for role in (Role.VIEWER, Role.AUDITOR, Role.ADMIN))
    now = ledger.installation.clock.now()
    revoke(AccessKey.objects.get(role=Role.VIEWER), actor="maria", now=now)
    AccessKey.objects.filter(role=Role.AUDITOR).update(expires_at=now - timedelta(seconds=1))

    assert revoked.ask("GET", "/me").status_code == HTTPStatus.UNAUTHORIZED
    assert over.ask("GET", "/me").status_code == HTTPStatus.UNAUTHORIZED
    assert gone.get("/me")["name"] == "maria (key for admin)"
    Person.objects.update(is_active=False)
    assert gone.ask("GET", "/me").status_code == HTTPStatus.UNAUTHORIZED


def test_the_database_does_not_hold_the_key(ledger: App, viewer: Program) -> None:  # noqa: ARG001
    held = AccessKey.objects.values().get()

    assert not any(viewer.key in str(value) for value in held.values())
    assert viewer.key.startswith(held["start"])
    assert not any(viewer.key in str(each) for each in AuditEvent.objects.values())


def test_a_key_notes_when_it_was_used(viewer: Program) -> None:
    assert AccessKey.objects.get().used_at is None

    viewer.get("/me")

    assert AccessKey.objects.get().used_at is not None


@pytest.mark.parametrize(
    ("name", "role", "days", "told"),
    [
        ("", Role.VIEWER, 30, "needs a name"),
        ("a\x1bb", Role.VIEWER, 30, "do not show"),
        ("ok", Role.ADMIN, 30, "may do less"),
        ("ok", Role.VIEWER, 0, "1 to 365 days"),
        ("ok", Role.VIEWER, LONGEST_DAYS + 1, "1 to 365 days"),
        ("taken", Role.VIEWER, 30, "already"),
    ],
)
def test_a_key_that_cannot_be_is_refused(
    ledger: App, name: str, role: Role, days: int, told: str
) -> None:
    from django.contrib.auth.models import Group  # noqa: PLC0415

    now = ledger.installation.clock.now()
    person = Person.objects.create_user("erik", password=None)
    person.groups.add(Group.objects.get(name=Role.OPERATOR))
    issue(person, "taken", Role.VIEWER, 1, actor="erik", now=now)

    with pytest.raises(UsageError, match=told):
        issue(person, name, role, days, actor="erik", now=now)

    assert AccessKey.objects.count() == 1


def test_somebody_signed_in_may_look_and_needs_the_page_to_change(
    browse: Callable[[Role | None], Client], world: World
) -> None:
    signed_in = browse(Role.ADMIN)
    strict = Client(SERVER_NAME="127.0.0.1", enforce_csrf_checks=True)
    strict.cookies = signed_in.cookies

    assert strict.get("/api/v1/me").json()["name"] == f"somebody-{Role.ADMIN}"
    path = f"/api/v1/connections/{world.company.name}"
    refused = strict.delete(path)
    assert refused.status_code == HTTPStatus.FORBIDDEN
    assert "X-CSRFToken" in refused.json()["hint"]
    assert Connection.objects.get(pk=world.company.pk).removed_at is None


def test_a_bad_key_is_not_made_good_by_a_session(
    browse: Callable[[Role | None], Client],
) -> None:
    answer = browse(Role.ADMIN).get("/api/v1/me", headers={"Authorization": "Bearer wk_x"})

    assert answer.status_code == HTTPStatus.UNAUTHORIZED


def test_nobody_is_let_in_and_the_document_is_public(ledger: App) -> None:  # noqa: ARG001
    nobody = Client(SERVER_NAME="127.0.0.1")

    assert nobody.get("/api/v1/connections").status_code == HTTPStatus.UNAUTHORIZED
    assert nobody.get("/api/v1/openapi.json").json()["openapi"].startswith("3.1")
    docs = nobody.get("/api/v1/docs")
    assert docs.status_code == HTTPStatus.FOUND
    assert docs.headers["Location"].startswith("/sign-in/")


def test_the_documentation_is_served_from_here(
    browse: Callable[[Role | None], Client],
) -> None:
    page = browse(Role.VIEWER).get("/api/v1/docs")

    assert page.status_code == HTTPStatus.OK
    assert b"https://" not in page.content
    assert "'unsafe-eval'" not in page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]


def test_every_operation_asks_who_calls(world: World) -> None:
    nobody = Client(SERVER_NAME="127.0.0.1")
    asked = 0
    for path, methods in make().get_openapi_schema(path_prefix="/api/v1/")["paths"].items():
        address = path.replace("{connection}", world.company.name).replace("{run}", "1")
        address = address.replace("{collection}", "0190a6c8-0000-7000-8000-000000000000")
        for method in methods:
            answer = nobody.generic(method.upper(), address, "{}", content_type="application/json")
            assert answer.status_code == HTTPStatus.UNAUTHORIZED, (method, path)
            asked += 1
    assert asked > 2 * len(resources())
