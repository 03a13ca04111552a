"""What goes wrong is told as a problem, and says which value of the request it is about."""

from http import HTTPStatus

import pytest

from tests.web.conftest import World
from watchkeeper.api.problems import MEDIA_TYPE

from .conftest import Program

pytestmark = pytest.mark.postgres


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/nothing", 404, "nothing at this address"),
        ("/connections/", 404, "nothing at this address"),
        ("/connections/a%00b", 404, "NUL"),
        ("/connections?size=0", 422, "query size"),
        ("/connections?size=many", 422, "query size"),
        ("/connections?page=1000001", 422, "query page"),
        ("/connections?stat=ok", 422, "There are: page, q, size, sort, state, tag."),
        ("/connections?q=%00", 422, "query q"),
        ("/connections/{}/agents?sort=colour", 422, "query sort"),
        ("/connections/{}/agents?collection=x", 422, "query collection"),
        ("/connections/{}/agents/none", 404, "no such record of agents"),
        ("/connections/{}/runs/99999999999999999999999999", 404, "no such run"),
        ("/audit-events?since=yesterday", 422, "query since"),
        ("/audit-events?since=2026-01-01T00:00:00", 422, "query since"),
        ("/audit-events?until=0001-01-01T00:00:00%2B23:00", 422, "out of range"),
        ("/controls/NOT-01", 404, "no such control"),
    ],
)
def test_a_request_that_makes_no_sense(
    admin: Program, world: World, path: str, status: int, told: str
) -> None:
    answer = admin.ask("GET", path.format(world.company.name))

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == MEDIA_TYPE
    assert answer.json()["status"] == status
    assert answer.json()["title"] == HTTPStatus(status).phrase
    assert told in answer.content.decode()


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "POST"])
def test_a_method_that_is_not_there(admin: Program, method: str) -> None:
    answer = admin.ask(method, "/me")

    assert answer.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    assert answer.headers["Allow"] == "GET"
    assert answer.headers["Content-Type"] == MEDIA_TYPE


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"\xff", b"null", b'{"console": "\\ud800"}', b"[" * 100_000]
)
def test_a_body_that_is_not_what_is_wanted(admin: Program, body: bytes) -> None:
    answer = admin.client.generic(
        "POST",
        "/api/v1/connections",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {admin.key}"},
    )

    assert answer.status_code in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
    assert answer.headers["Content-Type"] == MEDIA_TYPE


def test_a_body_that_is_too_large(admin: Program) -> None:
    answer = admin.ask("POST", "/connections", {"console": "x" * 2_000_000})

    assert answer.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    assert answer.headers["Content-Type"] == MEDIA_TYPE
