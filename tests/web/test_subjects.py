"""Subjects lead to their pages wherever they are listed."""

from collections.abc import Callable
from http import HTTPStatus

import pytest
from django.test import Client

from watchkeeper.access.roles import Role
from watchkeeper.ledger.models import FailingItem, Finding
from watchkeeper.web.subjects import page_of

from .conftest import COMPANY, World
from .html import parse

KINDS = {
    "agent": "/devices/",
    "user": "/users/",
    "service_user": "/service-users/",
    "group": "/groups/",
    "policy": "/policies/",
    "site": "/sites/",
    "threat": "/threats/",
    "activity": "/activities/",
}


def links(page: bytes) -> set[str]:
    return {each.attributes["href"] for each in parse(page).all("a")}


@pytest.mark.postgres
@pytest.mark.parametrize("kind", KINDS)
def test_a_subject_leads_to_its_page(
    world: World, browse: Callable[[Role | None], Client], kind: str
) -> None:
    client = browse(Role.VIEWER)
    found = Finding.objects.filter(connection=world.company, subject__startswith=f"{kind}:")
    finding = found.order_by("subject").first()
    assert finding is not None
    identity = finding.subject.partition(":")[2]
    where = f"{KINDS[kind]}{identity}/"

    listed = client.get(f"/findings/?connection={COMPANY}&q={identity}").content
    control = f"/controls/{finding.control}/?connection={COMPANY}&q={identity}"

    assert any(each.startswith(where) for each in links(listed))
    assert any(each.startswith(where) for each in links(client.get(control).content))
    assert client.get(where, {"connection": COMPANY}).status_code == HTTPStatus.OK
    assert FailingItem.objects.filter(subject=finding.subject).exists()


@pytest.mark.parametrize(
    ("subject", "page"),
    [
        ("agent:1", ("device", "1")),
        ("agent:2", None),  # the newest devices do not have it: it has no page any more
        ("policy:site:7", ("policy", "site:7")),
        ("account:7", ("account", "7")),
        ("user:..", None),
        ("user:a//b", None),
        ("user:", None),
        ("os:windows", None),
        ("tenant", None),
    ],
)
def test_only_what_has_a_page_leads_to_one(subject: str, page: tuple[str, str] | None) -> None:
    assert page_of(subject, {"1"}) == page
