"""Lists of users, sites, accounts, policies and activities, and their records."""

import re
from collections.abc import Callable
from http import HTTPStatus

import pytest
from django.test import Client

from tests.queries.sealing import seal_rows
from watchkeeper.access.roles import Role
from watchkeeper.ledger.index import index
from watchkeeper.ledger.models import Connection
from watchkeeper.model.collection import Verdict
from watchkeeper.queries import registers
from watchkeeper.queries.listing import Asked
from watchkeeper.queries.register import Register, listed
from watchkeeper.web.registers import KINDS

from .conftest import COMPANY, World
from .html import parse

pytestmark = pytest.mark.postgres
Browse = Callable[[Role | None], Client]


@pytest.mark.parametrize("kind", KINDS)
def test_every_listed_record_has_a_page(kind: str, world: World, browse: Browse) -> None:
    shown = KINDS[kind]
    found = listed(shown.register, world.locker, world.company.pk, Asked(size=100))
    assert found is not None
    assert found.page.rows
    client = browse(Role.AUDITOR)
    for row in found.page.rows[:3]:
        answer = client.get(f"/{kind}/{row['id']}/?connection={COMPANY}")
        assert answer.status_code == HTTPStatus.OK, answer.content[-2000:]
        text = " ".join(each.text for each in parse(answer.content).elements)
        assert str(row["id"]) in text or kind == "policies"


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_record_is_not_found(kind: str, world: World, browse: Browse) -> None:
    answer = browse(Role.AUDITOR).get(f"/{kind}/no-such/?connection={world.company.name}")
    assert answer.status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("kind", KINDS)
def test_every_sort_and_filter_of_a_list_can_be_asked(kind: str, world: World) -> None:
    register: Register = KINDS[kind].register
    for sort in register.sorts:
        for descending in (False, True):
            asked = Asked(sort=sort, descending=descending, number=10_000)
            found = listed(register, world.locker, world.company.pk, asked)
            assert found is not None
            assert found.page.rows  # a page beyond the last is the last
    for name in register.filters:
        asked = Asked(chosen={name: "no such value"})
        found = listed(register, world.locker, world.company.pk, asked)
        assert found is not None
        assert found.page.total == 0
    whole = listed(register, world.locker, world.company.pk, Asked())
    assert whole is not None
    for name, offered in whole.choices.items():
        for each in offered:
            asked = Asked(chosen={name: each.value})
            narrowed = listed(register, world.locker, world.company.pk, asked)
            assert narrowed is not None
            assert narrowed.page.total == each.count


def test_a_search_finds_a_site_by_its_name(world: World, browse: Browse) -> None:
    found = listed(registers.SITES, world.locker, world.company.pk, Asked())
    assert found is not None
    name = found.page.rows[0]["name"]
    client = browse(Role.AUDITOR)
    answer = client.get("/sites/", {"connection": COMPANY, "q": name})
    assert name in answer.content.decode()
    nothing = client.get("/sites/", {"connection": COMPANY, "q": "~none~"})
    assert "Nothing matches" in nothing.content.decode()


def test_a_policy_tells_what_changed_and_a_denied_list_names_the_permission(
    world: World, browse: Browse
) -> None:
    name = "pages-changing"
    before = {"id": "site:1", "scope": "site", "scope_name": "Lyon", "mitigation_mode": "protect"}
    seal_rows(world.locker, name, "policies", [before])
    seal_rows(world.locker, name, "policies", [before | {"mitigation_mode": "detect"}])
    seal_rows(world.locker, name, "policies", [], verdict=Verdict.DENIED, reason="no right")
    connection = Connection.objects.create(
        name=name, console="https://x.sentinelone.net", token_ciphertext="none", state="ok"
    )
    index(world.locker, connection)
    client = browse(Role.AUDITOR)
    page = client.get(f"/policies/site:1/?connection={name}").content.decode()
    assert "Mitigation mode" in page
    assert "protect" in page
    assert "detect" in page
    assert "Policy.view" in page
    assert "Policy.view" in client.get(f"/policies/?connection={name}").content.decode()
    empty = client.get(f"/users/?connection={name}").content.decode()
    assert "Nothing whole collected yet" in empty


def test_filters_speak_in_words(world: World, browse: Callable[[Role | None], Client]) -> None:
    client = browse(Role.VIEWER)

    devices = client.get(f"/devices/?connection={COMPANY}&serving=yes").content.decode()
    users = client.get(f"/users/?connection={COMPANY}").content.decode()
    findings = client.get(f"/findings/?connection={COMPANY}").content.decode()

    assert world.company.name == COMPANY
    assert ">in service, no uninstall pending (" in devices
    assert ">In service, uninstall pending too</label>" in devices
    assert 'value="mgmt">the console (mgmt) (' in users
    assert '<bdi class="console">the console (mgmt)</bdi>' in users
    assert "However" not in findings
    (someone,) = re.findall(r'<a href="(/users/\d+/[^"]*)">', users)[:1]
    record = client.get(someone.replace("&amp;", "&")).content.decode()
    assert "<dt>Two-factor enabled</dt>" in record
    assert "Two fa" not in record
