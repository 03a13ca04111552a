"""Every address wants somebody who is signed in and may do what it does."""

import re
import uuid
from collections.abc import Callable, Iterator
from http import HTTPStatus

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from watchkeeper.access.roles import Role
from watchkeeper.bootstrap import App
from watchkeeper.ledger.models import AuditEvent, Run

from .conftest import HOSTILE, World

pytestmark = pytest.mark.postgres
OPEN = {"access:sign_in", "access:sign_out", "access:alive"}
POSTED = {
    "web:refresh",
    "web:collect",
    "web:connection_test",
    "web:connection_collect",
    "web:connection_pause",
}
ARGUMENTS = {
    "slug": "soc-2",
    "identity": "HLT-01",
    "agent": "h1",
    "name": HOSTILE,
    "key": "1",
    "run": "1",
    "source": "1",
}


def addresses(resolver: URLResolver, prefix: str = "/") -> Iterator[tuple[str, str]]:
    """The name and an address of every view there is."""
    for pattern in resolver.url_patterns:
        route = str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern, prefix + route)
        elif isinstance(pattern, URLPattern):
            for name, converter in pattern.pattern.converters.items():
                value = str(uuid.uuid4()) if "UUID" in type(converter).__name__ else ARGUMENTS[name]
                route = re.sub(rf"<\w+:{name}>", value, route)
            yield f"{resolver.namespace}:{pattern.name}", prefix + route


def test_nobody_sees_anything_without_signing_in(world: World) -> None:  # noqa: ARG001
    client = Client(SERVER_NAME="127.0.0.1")
    found = list(addresses(get_resolver("watchkeeper.web.urls")))
    assert {"web:overview", "web:control", "web:device"} | POSTED <= dict(found).keys()

    for name, address in found:
        if name in OPEN:
            continue
        for answer in (client.get(address), client.post(address)):
            if answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
                continue
            assert answer.status_code == HTTPStatus.FOUND, address
            assert answer.headers["Location"].startswith("/sign-in/?next="), address
    assert not Run.objects.exists()


def test_a_person_without_a_role_sees_a_refusal(
    world: World,  # noqa: ARG001
    browse: Callable[[Role | None], Client],
) -> None:
    client = browse(None)

    for name, address in addresses(get_resolver("watchkeeper.web.urls")):
        if name.startswith("web:") and name not in POSTED:
            answer = client.get(address)
            assert answer.status_code == HTTPStatus.FORBIDDEN, address
            assert b"You may not do this" in answer.content


@pytest.mark.parametrize("role", list(Role))
def test_only_operators_and_admins_ask_for_collections(
    role: Role,
    world: World,
    browse: Callable[[Role | None], Client],
) -> None:
    client = browse(role)
    may = role in {Role.OPERATOR, Role.ADMIN}

    page = client.get(f"/devices/h1/?connection={HOSTILE}")
    asked = [
        client.post("/devices/h1/refresh/", {"connection": HOSTILE}),
        client.post("/collect/", {"connection": HOSTILE}),
    ]

    assert (b"Read this device afresh" in page.content) == may
    wanted = HTTPStatus.FOUND if may else HTTPStatus.FORBIDDEN
    assert [answer.status_code for answer in asked] == [wanted, wanted]
    assert Run.objects.filter(connection=world.hostile).count() == (2 if may else 0)
    assert AuditEvent.objects.filter(actor=f"somebody-{role}").count() == (2 if may else 0)
    if may:
        after = client.get(asked[0].headers["Location"])
        assert b"waits for a worker" in after.content


def test_asking_with_a_link_changes_nothing(
    world: World,  # noqa: ARG001
    browse: Callable[[Role | None], Client],
) -> None:
    client = browse(Role.ADMIN)

    assert client.get("/devices/h1/refresh/").status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert client.get("/collect/").status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert not Run.objects.exists()


def test_a_form_without_its_token_is_refused(
    world: World,  # noqa: ARG001
    ledger: App,  # noqa: ARG001
    browse: Callable[[Role | None], Client],
) -> None:
    client = browse(Role.ADMIN)
    client.handler.enforce_csrf_checks = True

    answer = client.post("/devices/h1/refresh/", {"connection": HOSTILE})

    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert not Run.objects.exists()


def test_what_does_not_exist_is_not_found(
    world: World,  # noqa: ARG001
    browse: Callable[[Role | None], Client],
) -> None:
    client = browse(Role.ADMIN)

    for address in (
        "/controls/NO-99/",
        "/devices/unknown/",
        "/threats/unknown/",
        "/connections/unknown/",
        f"/collections/{uuid.uuid4()}/",
        "/?connection=unknown",
        "/nowhere/",
        "/devices/%00/",
        "/controls/a%00b/",
    ):
        answer = client.get(address)
        assert answer.status_code == HTTPStatus.NOT_FOUND, address
        assert b"There is nothing here" in answer.content
