"""Signing in and out, roles, headers: over the whole chain of middleware."""

from datetime import timedelta
from http import HTTPStatus

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.test import Client
from django.utils import timezone

from watchkeeper.access import throttle
from watchkeeper.access.models import Person, SignInAttempt
from watchkeeper.access.people import first_admin, new_password
from watchkeeper.access.roles import MAY, Action, Role, may
from watchkeeper.bootstrap import App
from watchkeeper.errors import UsageError
from watchkeeper.ledger.models import AuditEvent

pytestmark = pytest.mark.postgres
PASSWORD = "correct horse battery"


@pytest.fixture
def client(ledger: App) -> Client:  # noqa: ARG001 - it is signed in there
    return Client(SERVER_NAME="127.0.0.1")


@pytest.fixture
def maria(ledger: App) -> Person:  # noqa: ARG001 - she is made there
    return Person.objects.create_user("maria", password=PASSWORD)


def sign_in(client: Client, name: str, password: str, **more: str) -> int:
    return client.post(
        "/sign-in/", {"username": name, "password": password}, headers=more
    ).status_code


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_nothing_is_shown_to_who_is_not_signed_in(client: Client) -> None:
    for path in ("/", "/devices/", "/controls/COV-01/", "/nowhere/"):
        answer = client.get(path)
        assert answer.status_code in {HTTPStatus.FOUND, HTTPStatus.NOT_FOUND}
        if answer.status_code == HTTPStatus.FOUND:
            assert answer.headers["Location"].startswith("/sign-in/?next=")


def test_signing_in_and_out(client: Client, maria: Person) -> None:
    assert client.get("/sign-in/").status_code == HTTPStatus.OK
    assert sign_in(client, maria.username, PASSWORD) == HTTPStatus.FOUND
    assert signed_in(client)
    cookie = client.cookies["watchkeeper_session"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")

    assert client.get("/sign-out/").status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert signed_in(client)
    assert client.post("/sign-out/").status_code == HTTPStatus.FOUND
    assert not signed_in(client)


def test_a_person_changes_the_password_and_the_trail_says_so(client: Client, maria: Person) -> None:
    assert client.get("/password/").headers["Location"].startswith("/sign-in/")
    client.force_login(maria)
    assert client.get("/password/").status_code == HTTPStatus.OK
    form = {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"}
    assert client.post("/password/", form).status_code == HTTPStatus.OK

    fresh = "another horse altogether"
    form |= {"new_password1": fresh, "new_password2": fresh}
    assert client.post("/password/", form).status_code == HTTPStatus.FOUND

    maria.refresh_from_db()
    assert maria.check_password(fresh)
    assert AuditEvent.objects.get(action="person.password_changed").actor == "maria"


def test_who_may_not_sign_in_is_not_told_why(client: Client, maria: Person) -> None:
    answers = [
        client.post("/sign-in/", {"username": name, "password": "wrong password"})
        for name in ("maria", "nobody")
    ]

    said = [answer.content.decode().count("do not belong together") for answer in answers]
    assert said == [1, 1]
    maria.is_active = False
    maria.save()
    assert sign_in(client, "maria", PASSWORD) == HTTPStatus.OK
    assert not signed_in(client)


def test_nobody_is_led_elsewhere_after_signing_in(client: Client, maria: Person) -> None:
    answer = client.post(
        "/sign-in/?next=https://elsewhere.example/",
        {
            "username": maria.username,
            "password": PASSWORD,
            "next": "https://elsewhere.example/",
        },
    )

    assert answer.headers["Location"] == "/"


def test_guessing_is_slowed_for_this_account_and_address(
    client: Client, maria: Person, ledger: App
) -> None:
    for _ in range(throttle.TRIES):
        sign_in(client, maria.username, "wrong password")

    answer = client.post("/sign-in/", {"username": "MARIA", "password": PASSWORD})
    assert "Too many tries" in answer.content.decode()
    assert not signed_in(client)

    elsewhere = Client(SERVER_NAME="127.0.0.1", REMOTE_ADDR="192.0.2.7")
    assert sign_in(elsewhere, "maria", PASSWORD) == HTTPStatus.FOUND

    passed = ledger.installation.clock.now() - throttle.WINDOW - timedelta(seconds=1)
    SignInAttempt.objects.update(at=passed)
    assert sign_in(client, "maria", PASSWORD) == HTTPStatus.FOUND
    assert not SignInAttempt.objects.filter(account="maria", address="127.0.0.1").exists()


def test_a_form_from_elsewhere_is_refused(ledger: App, maria: Person) -> None:  # noqa: ARG001
    strict = Client(SERVER_NAME="127.0.0.1", enforce_csrf_checks=True)

    assert sign_in(strict, maria.username, PASSWORD) == HTTPStatus.FORBIDDEN


def test_a_request_for_another_host_is_refused(ledger: App) -> None:  # noqa: ARG001
    answer = Client(SERVER_NAME="elsewhere.example").get("/sign-in/")

    assert answer.status_code == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize("path", ["/sign-in/", "/", "/nowhere/", "/alive/"])
def test_every_answer_says_what_a_page_may_load(client: Client, path: str) -> None:
    headers = client.get(path).headers

    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; "
        "script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "no-store" in headers["Cache-Control"]


def test_roles_may_what_the_table_says_and_more_roles_more(maria: Person) -> None:
    assert not any(may(maria, action) for action in Action)
    assert not any(may(AnonymousUser(), action) for action in Action)
    for role in Role:
        person = Person.objects.create_user(role.value)
        person.groups.add(Group.objects.get(name=role))
        assert {action for action in Action if may(person, action)} == MAY[role]
    assert MAY[Role.VIEWER] < MAY[Role.AUDITOR] < MAY[Role.OPERATOR] < MAY[Role.ADMIN]
    with pytest.raises(ValueError, match="fly"):
        may(maria, "fly")


def test_the_first_admin_is_made_once_with_a_password_of_its_own(ledger: App) -> None:  # noqa: ARG001
    made = first_admin()

    assert made is not None
    assert len(made.password) >= 16
    assert made.password not in repr(made)
    person = Person.objects.get()
    assert person.check_password(made.password)
    assert may(person, Action.PEOPLE)
    assert first_admin() is None
    event = AuditEvent.objects.get(action="person.added")
    assert made.password not in str(event.detail)


def test_a_lost_password_is_set_again_and_ends_what_was_open(client: Client, maria: Person) -> None:
    client.force_login(maria)
    for _ in range(throttle.TRIES + 1):
        throttle.attempt("maria", "127.0.0.1", timezone.now())

    made = new_password("maria", actor="root (command line)")

    assert client.get("/").headers["Location"].startswith("/sign-in/")
    assert sign_in(client, "maria", PASSWORD) == HTTPStatus.OK
    assert sign_in(client, "maria", made.password) == HTTPStatus.FOUND
    event = AuditEvent.objects.get(action="person.password_reset")
    assert (event.actor, event.object) == ("root (command line)", "maria")
    assert made.password not in f"{event.detail} {made!r}"
    Person.objects.update(is_active=False)
    for name in ("maria", "nobody"):
        with pytest.raises(UsageError, match=name):
            new_password(name, actor="root")
