"""A form that is sent under another sign-in than it was opened under: shown again, not done."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from django import forms
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import get_resolver

from tests.statements.conftest import WHY
from watchkeeper.access.models import Person
from watchkeeper.access.roles import Role
from watchkeeper.bootstrap import App
from watchkeeper.ledger.models import Connection
from watchkeeper.lists.sources import catalogue as sources
from watchkeeper.queries.decisions import decisions
from watchkeeper.web.forms import ConnectionForm
from watchkeeper.web.outdated import WITHHELD

from .desk import Desk
from .html import Document, parse

pytestmark = pytest.mark.postgres
PASSWORD = "correct horse battery"
OURS = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin"}
WHERE = "/decisions/exceptions/new/?control=HLT-02"
TYPED = {
    "control": "HLT-02",
    "subject": "agent:1",
    "reason": f"{WHY}\nSecond line <b>.",
    "risk": "A risk.",
    "measure": "A measure.",
    "starts": "",
}


@pytest.fixture
def tab(ledger: App) -> Client:  # noqa: ARG001 - people are made there
    """A browser that wants every form's token; the operator maria is signed in."""
    maria = Person.objects.create_user("maria", password=PASSWORD)
    maria.groups.add(Group.objects.get(name=Role.ADMIN))
    client = Client(SERVER_NAME="127.0.0.1", enforce_csrf_checks=True, headers=OURS)
    sign_in(client)
    return client


def sign_in(client: Client) -> None:
    form = {"username": "maria", "password": PASSWORD}
    answer = client.post("/sign-in/", form | token(client.get("/sign-in/").content))
    assert answer.status_code == HTTPStatus.FOUND


def sign_out(client: Client) -> None:
    client.post("/sign-out/", token(client.get("/").content))


def token(page: bytes) -> dict[str, str]:
    """The token of the page's forms."""
    return {"csrfmiddlewaretoken": held(parse(page))["csrfmiddlewaretoken"]}


def held(page: Document) -> dict[str, str]:
    """What the last form of a page would send; text areas as a browser reads them."""
    found = {each.attributes["name"]: each for each in page.all("input") + page.all("textarea")}
    return {
        name: each.text.removeprefix("\n")
        if each.tag == "textarea"
        else each.attributes.get("value", "")
        for name, each in found.items()
    }


def test_what_was_typed_before_a_new_sign_in_is_one_press_away(desk: Desk, tab: Client) -> None:
    opened = TYPED | token(tab.get(WHERE).content)
    sign_out(tab)
    sign_in(tab)

    shown = tab.post(WHERE, opened)

    assert shown.status_code == HTTPStatus.FORBIDDEN
    assert b"The sign-in changed since this form was opened" in shown.content
    assert b"signed in as maria" in shown.content
    assert not decisions(desk.locker, desk.connection.pk)
    again = held(parse(shown.content))
    assert {name: again[name] for name in TYPED} == TYPED
    assert again["csrfmiddlewaretoken"] != opened["csrfmiddlewaretoken"]
    action = [each.attributes.get("action") for each in parse(shown.content).all("form")]
    assert action[-1] == WHERE
    assert tab.post(WHERE, again).status_code == HTTPStatus.FOUND
    assert WHY in tab.get(f"/decisions/{desk.only()}/").content.decode().replace("&#x27;", "'")


def test_what_was_typed_before_the_sign_in_ended_is_kept(desk: Desk, tab: Client) -> None:
    opened = TYPED | token(tab.get(WHERE).content)
    sign_out(tab)

    shown = tab.post(WHERE, opened)

    assert b"You are no longer signed in" in shown.content
    assert held(parse(shown.content))["reason"] == TYPED["reason"]
    assert tab.get(WHERE).headers["Location"].startswith("/sign-in/")
    sign_in(tab)
    again = tab.post(WHERE, held(parse(shown.content)))
    assert tab.post(WHERE, held(parse(again.content))).status_code == HTTPStatus.FOUND
    assert desk.only()


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-site"},
        {},
    ],
)
def test_what_another_site_sends_is_never_offered(
    desk: Desk, tab: Client, headers: dict[str, str]
) -> None:
    tab.defaults = {name: tab.defaults[name] for name in ("SERVER_NAME",)}

    shown = tab.post(WHERE, TYPED, headers=headers)

    assert shown.status_code == HTTPStatus.FORBIDDEN
    assert b"Nothing was done" in shown.content
    assert b"A measure." not in shown.content
    assert b"Send it again" not in shown.content
    assert not decisions(desk.locker, desk.connection.pk)


def test_a_secret_is_not_written_into_a_page(tab: Client) -> None:
    secrets = {"token": "eyJ-not-shown", "proxy": "http://me:not-shown@proxy.example:3128"}
    typed = {"console": "https://acme.sentinelone.net", "tags": "europe, lab", **secrets}

    shown = tab.post("/connections/new/", typed)
    password = tab.post("/password/", {"old_password": "not-shown", "new_password1": "not-shown"})
    tested = tab.post("/connections/new/test/", typed, headers={**OURS, "Accept": "text/fragment"})

    listed = tab.post(
        "/lists/sources/new/?source=url",
        {"name": "hardware", "option_url": "https://h/?key=not-shown", "every": "3600"},
    )

    pages = (shown, password, tested, listed)
    assert {each.status_code for each in pages} == {HTTPStatus.FORBIDDEN}
    assert all(b"not-shown" not in each.content for each in pages)
    assert held(parse(listed.content))["name"] == "hardware"
    again = held(parse(shown.content))
    assert (again["tags"], again["token"], again["proxy"]) == ("europe, lab", "", "")
    kinds = {
        each.attributes["name"]: each.attributes["type"]
        for each in parse(shown.content).all("input")
    }
    assert kinds["token"] == kinds["proxy"] == "password"
    assert tested.content.startswith(b"<li")
    assert not Connection.objects.exists()


def test_every_form_that_is_shown_again_has_its_secrets_named(ledger: App) -> None:
    form = ConnectionForm(parts=ledger.installation)
    secret = {
        name for name, each in form.fields.items() if isinstance(each.widget, forms.PasswordInput)
    }
    assert secret <= WITHHELD["web:connection_new"] == WITHHELD["web:connection_edit"]
    source = {
        f"option_{option.name}"
        for each in sources().values()
        for option in each.options
        if option.secret or option.shown is not None
    }
    assert source == WITHHELD["web:list_source_new"] == WITHHELD["web:list_source_edit"] != set()
    assert set(WITHHELD) <= set(names(get_resolver()))


def names(resolver: Any, prefix: str = "") -> Iterator[str]:
    """The names of all addresses, as views are asked by them."""
    for each in resolver.url_patterns:
        if hasattr(each, "url_patterns"):
            yield from names(each, f"{each.namespace}:" if each.namespace else prefix)
        elif each.name:
            yield prefix + each.name
