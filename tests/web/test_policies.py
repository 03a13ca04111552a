"""The pages of policies: the tree, one policy with who changed it, the groups of a site."""

from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin

import pytest
from django.test import Client

from tests.queries.sealing import NAMES, NOW, at, seal_rows
from watchkeeper.access.roles import Role
from watchkeeper.clock import rfc3339
from watchkeeper.ledger.index import index
from watchkeeper.ledger.models import Connection
from watchkeeper.locker.locker import Locker
from watchkeeper.web.registers import KINDS

from .conftest import COMPANY, World
from .html import Document, parse

pytestmark = pytest.mark.postgres
Browse = Callable[[Role | None], Client]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ODD_IDS = ("a/b", "/a", "a/", "a//b", "..", "../a", ".", "a\nb", "a?b#c", "%2f", "tree", " ")


def connected(locker: Locker, name: str) -> Connection:
    """A connection with what is sealed under that name."""
    connection = Connection.objects.create(
        name=name, console="https://x.sentinelone.net", token_ciphertext="none", state="ok"
    )
    index(locker, connection)
    return connection


def shown(client: Client, address: str) -> Document:
    """The page at an address, which must be there."""
    answer = client.get(address)
    assert answer.status_code == HTTPStatus.OK, (address, answer.content[-2000:])
    return parse(answer.content)


def words(document: Document) -> str:
    """The text of a page's main part, its white space made one."""
    return " ".join(document.all("main")[0].text.split())


def links(document: Document, begin: str) -> list[str]:
    """Where links lead whose address begins so."""
    found = [each.attributes.get("href", "") for each in document.all("a")]
    return [each for each in found if each.startswith(begin)]


def table(world: World, resource: str) -> list[dict[str, Any]]:
    """The rows of the company's newest collection of a resource."""
    newest = next(world.locker.newest_first(COMPANY, resource))
    rows: list[dict[str, Any]] = world.locker.table(newest).to_pylist()
    return rows


def test_tree_and_list_lead_to_each_other_and_to_every_site(world: World, browse: Browse) -> None:
    client = browse(Role.VIEWER)
    tree = shown(client, f"/policies/tree/?connection={COMPANY}&size=200")
    policies = table(world, "policies")

    assert links(tree, "/policies/?")
    assert links(shown(client, f"/policies/?connection={COMPANY}"), "/policies/tree/")
    for row in policies:
        if row["scope"] != "group" or row["source"] == "group":
            assert links(tree, f"/policies/{row['id']}/"), row
    own = sum(row["scope"] == row["source"] == "group" for row in policies)
    groups = sum(row["scope"] == "group" for row in policies)
    assert f"{own} of {groups} groups have a policy of their own" in words(tree)


def test_what_unfolds_needs_no_script(world: World, browse: Browse) -> None:
    tree = shown(browse(Role.VIEWER), f"/policies/tree/?connection={world.company.name}")

    assert tree.all("details")
    assert len(tree.all("summary")) == len(tree.all("details"))
    assert not [each for each in tree.all("script") if "htmx" in each.attributes.get("src", "")]


def test_an_inherited_policy_names_and_links_where_each_setting_comes_from(
    world: World, browse: Browse
) -> None:
    policies = {row["id"]: row for row in table(world, "policies")}
    heir = next(row for row in policies.values() if row["scope"] == "site" != row["source"])
    above = next(
        row
        for row in policies.values()
        if (row["scope"], row["scope_id"] or "") == (heir["source"], heir["source_id"] or "")
    )

    page = shown(browse(Role.VIEWER), f"/policies/{heir['id']}/?connection={COMPANY}")

    assert len(links(page, f"/policies/{above['id']}/")) > len(policies[heir["id"]]) // 2
    assert f"{above['scope']} {above['scope_name']}" in words(page)
    assert "this site" not in words(page)


def test_a_site_lists_its_groups_with_their_devices_and_policies(
    world: World, browse: Browse
) -> None:
    groups = table(world, "groups")
    site = groups[0]["site_id"]
    serving = [
        row["group_id"]
        for row in table(world, "agents")
        if not (row["is_decommissioned"] or row["is_uninstalled"])
    ]

    page = shown(browse(Role.VIEWER), f"/sites/{site}/?connection={COMPANY}")

    rows = [" ".join(each.text.split()) for each in page.all("tr")]
    for group in groups:
        if group["site_id"] == site:
            policy = "follows the site" if group["inherits"] else "its own"
            count = serving.count(group["id"])
            assert f"{group['name']}devices {count} {policy}" in rows
            assert links(page, f"/groups/{group['id']}/")
            assert links(page, f"/policies/group:{group['id']}/")
        else:
            assert not links(page, f"/groups/{group['id']}/")


def changing(world: World, name: str, done: list[dict[str, Any]] | None) -> None:
    """A site that went from Protect to Detect; `done` are activities, None where none were read."""
    before = {
        "id": "site:1",
        "scope": "site",
        "scope_id": "1",
        "scope_name": "Lyon",
        "source": "site",
        "source_id": "1",
        "mitigation_mode": "protect",
    }
    clock = world.locker.clock
    try:
        for number, mode in enumerate(("protect", "detect")):
            world.locker.clock = at(NOW + number * DAY)
            seal_rows(world.locker, name, "policies", [before | {"mitigation_mode": mode}])
        if done is not None:
            window = {"from": rfc3339(NOW - DAY), "to": rfc3339(NOW + 2 * DAY)}
            seal_rows(world.locker, name, "activities", done, told={"window": window})
            user = {"id": "u1", "full_name": NAMES[0], "email": "u1@example.invalid"}
            seal_rows(world.locker, name, "users", [user])
    finally:
        world.locker.clock = clock
    connected(world.locker, name)


def doing(number: int, user: str) -> dict[str, Any]:
    """An activity that may be why."""
    return {
        "id": f"{number}",
        "activity_type": 69,
        "created_at": NOW + number * HOUR,
        "updated_at": NOW + number * HOUR,
        "primary_description": NAMES[1],
        "user_id": user,
        "site_id": "1",
    }


def test_who_may_have_changed_a_policy_is_named_and_none_of_several_chosen(
    world: World, browse: Browse
) -> None:
    client = browse(Role.AUDITOR)
    changing(world, "pages-one-cause", [doing(1, "u1")])
    changing(world, "pages-two-causes", [doing(1, "u1"), doing(2, "u2")])

    one = shown(client, "/policies/site:1/?connection=pages-one-cause")
    assert "The console's activity at that time:" in words(one)
    assert (len(links(one, "/activities/1/")), len(links(one, "/users/u1/"))) == (1, 1)
    assert NAMES[0] in words(one)
    assert one.all("img") == []

    two = shown(client, "/policies/site:1/?connection=pages-two-causes")
    assert "which of them it was, they do not say" in words(two)
    assert [len(links(two, f"/activities/{number}/")) for number in (1, 2)] == [1, 1]


def test_that_nobody_is_known_is_said_with_how_much_was_looked_at(
    world: World, browse: Browse
) -> None:
    client = browse(Role.AUDITOR)
    changing(world, "pages-no-cause", [])
    changing(world, "pages-not-covered", None)

    silent = words(shown(client, "/policies/site:1/?connection=pages-no-cause"))
    assert "though all of that time was collected" in silent
    unknown = words(shown(client, "/policies/site:1/?connection=pages-not-covered"))
    assert "do not cover all of the time" in unknown
    assert "though all of that time was collected" not in unknown


@pytest.mark.parametrize("kind", [each for each in KINDS if each != "activities"])
def test_whatever_id_a_console_sends_every_link_of_a_list_leads_somewhere(
    kind: str, world: World, browse: Browse
) -> None:
    name = f"pages-odd-{kind}"
    rows = [{"id": each, "site_id": each, "account_id": each} for each in ODD_IDS]
    register = KINDS[kind].register
    known = {column.name for column in register.declared.columns}
    kept = [{key: value for key, value in row.items() if key in known} for row in rows]
    seal_rows(world.locker, name, register.resource, kept)
    connected(world.locker, name)
    client = browse(Role.AUDITOR)

    page = shown(client, f"/{kind}/?connection={name}")

    assert f"{len(ODD_IDS)} found" in words(page)
    own = links(page, f"/{kind}/")
    assert any("a/b" in each for each in own)
    for address in own:
        assert urljoin("http://here/", address) == f"http://here{address}"  # as a browser goes
        shown(client, address)
