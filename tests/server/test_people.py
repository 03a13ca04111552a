"""Who can sign in, and as what: added, changed, switched off."""

import pytest
from django.contrib.auth import authenticate
from django.test import Client

from watchkeeper.access import people
from watchkeeper.access.models import Person
from watchkeeper.access.people import first_admin
from watchkeeper.access.roles import Action, Role, may
from watchkeeper.bootstrap import App
from watchkeeper.errors import UsageError
from watchkeeper.ledger.models import AuditEvent

pytestmark = pytest.mark.postgres
BY = "root (command line)"


@pytest.fixture(autouse=True)
def admin(ledger: App) -> str:  # noqa: ARG001 - they are made there
    made = first_admin()
    assert made is not None
    return made.name


def told(action: str) -> tuple[str, str, object]:
    event = AuditEvent.objects.get(action=action)
    return event.actor, event.object, event.detail.get("roles")


def test_somebody_more_can_sign_in_and_do_what_their_roles_say() -> None:
    made = people.add("maria", [Role.OPERATOR, Role.AUDITOR], actor=BY)

    maria = authenticate(username="maria", password=made.password)
    assert isinstance(maria, Person)
    assert may(maria, Action.DECIDE)
    assert not may(maria, Action.SET)
    (_, account) = people.accounts()
    assert (account.name, account.roles) == ("maria", (Role.AUDITOR, Role.OPERATOR))
    assert (account.active, account.signed_in) == (True, None)
    event = AuditEvent.objects.get(action="person.added", object="maria")
    assert (event.actor, event.detail) == (BY, {"roles": ["auditor", "operator"]})
    assert made.password not in f"{event.detail} {made!r}"


@pytest.mark.parametrize("name", ["admin", "ADMIN", "two words", "", "a" * 151, "a\u202eb"])
def test_a_name_that_somebody_has_or_nobody_can_have_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        people.add(name, [Role.VIEWER], actor=BY)
    assert [each.name for each in people.accounts()] == ["admin"]


def test_without_a_role_nobody_is_made_and_nobody_is_left() -> None:
    for change in (people.add, people.give_roles):
        with pytest.raises(UsageError, match="No role"):
            change("admin", [], actor=BY)


def test_roles_are_those_that_were_given_last() -> None:
    people.add("maria", [Role.OPERATOR], actor=BY)
    people.give_roles("maria", [Role.VIEWER], actor=BY)
    maria = Person.objects.get(username="maria")
    assert may(maria, Action.SEE)
    assert not may(maria, Action.DECIDE)
    assert told("person.roles_given") == (BY, "maria", ["viewer"])
    with pytest.raises(UsageError, match="admin, maria") as caught:
        people.give_roles("mario", [Role.VIEWER], actor=BY)
    assert "mario" in caught.value.message


def test_who_is_switched_off_is_signed_out_until_switched_on() -> None:
    made = people.add("maria", [Role.VIEWER], actor=BY)
    client = Client(SERVER_NAME="127.0.0.1")
    assert client.login(username="maria", password=made.password)

    people.switch("maria", on=False, actor=BY)

    assert client.get("/").headers["Location"].startswith("/sign-in/")
    assert not client.login(username="maria", password=made.password)
    assert told("person.switched_off")[:2] == (BY, "maria")
    people.switch("maria", on=True, actor=BY)
    assert client.login(username="maria", password=made.password)


def test_one_admin_stays() -> None:
    with pytest.raises(UsageError, match="only admin"):
        people.switch("admin", on=False, actor=BY)
    with pytest.raises(UsageError, match="only admin"):
        people.give_roles("admin", [Role.OPERATOR], actor=BY)
    people.add("maria", [Role.ADMIN], actor=BY)
    people.switch("admin", on=False, actor=BY)
    # One that is switched off is none.
    with pytest.raises(UsageError, match="only admin"):
        people.switch("maria", on=False, actor=BY)
