"""The page of access keys: made, shown once, used, ended."""

import re
from collections.abc import Callable
from http import HTTPStatus

import pytest
from django.test import Client

from watchkeeper.access.keys import bearer
from watchkeeper.access.models import AccessKey, Person
from watchkeeper.access.roles import Role
from watchkeeper.bootstrap import App
from watchkeeper.ledger.models import AuditEvent

pytestmark = pytest.mark.postgres
Browse = Callable[[Role | None], Client]
WANTED = {"name": "ticketing", "role": "viewer", "days": "30"}


def made(client: Client) -> str:
    """The key that the page shows."""
    answer = client.post("/access-keys/", WANTED)
    assert answer.status_code == HTTPStatus.OK
    found = re.search(r"wk_[A-Za-z0-9_-]{43}", answer.content.decode())
    assert found is not None
    return found[0]


def test_a_key_is_shown_once_and_works_until_it_is_revoked(ledger: App, browse: Browse) -> None:
    client = browse(Role.OPERATOR)
    text = made(client)
    now = ledger.installation.clock.now()

    assert text not in client.get("/access-keys/").content.decode()
    found = bearer(text, now)
    assert found is not None
    assert found.name == f"somebody-{Role.OPERATOR} (key ticketing)"
    client.post(f"/access-keys/{found.key.pk}/revoke/")
    assert bearer(text, now) is None
    assert "revoked" in client.get("/access-keys/").content.decode()
    told = AuditEvent.objects.filter(actor=f"somebody-{Role.OPERATOR}").order_by("id")
    assert [each.action for each in told] == ["access_key.issued", "access_key.revoked"]


@pytest.mark.parametrize("role", Role)
def test_no_role_is_offered_that_may_do_more(browse: Browse, role: Role) -> None:
    content = browse(role).get("/access-keys/").content.decode()

    offered = re.findall(
        r'<option value="(\w+)"', content.split('name="role"')[1].split("</select")[0]
    )
    assert offered == [each.value for each in list(Role)[: list(Role).index(role) + 1]]


def test_a_role_that_was_not_offered_is_refused(browse: Browse) -> None:
    answer = browse(Role.VIEWER).post("/access-keys/", WANTED | {"role": "admin"})

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert not AccessKey.objects.exists()


def test_a_name_twice_is_refused_in_words(browse: Browse) -> None:
    client = browse(Role.VIEWER)
    made(client)

    answer = client.post("/access-keys/", WANTED)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert "already" in answer.content.decode()
    assert AccessKey.objects.count() == 1


def test_nobody_ends_the_keys_of_others(browse: Browse) -> None:
    made(browse(Role.VIEWER))
    key = AccessKey.objects.get()

    answer = browse(Role.ADMIN).post(f"/access-keys/{key.pk}/revoke/")

    assert answer.status_code == HTTPStatus.NOT_FOUND
    key.refresh_from_db()
    assert key.revoked_at is None
    assert Person.objects.filter(access_keys__isnull=False).count() == 1
