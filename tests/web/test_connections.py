"""Integrations: connecting a console, testing it first, and all there is to know of it."""

import html
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from http import HTTPStatus

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext

from watchkeeper.access.roles import Role
from watchkeeper.bootstrap import App
from watchkeeper.ledger.connections import connect, note_state
from watchkeeper.ledger.models import AuditEvent, Connection, ConnectionState, Notice, Run
from watchkeeper.locker.locker import Locker
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.token import parse_token
from watchkeeper.simulator import Company, Running, running

from .conftest import COMPANY, World

pytestmark = pytest.mark.postgres
Browse = Callable[[Role | None], Client]


@pytest.fixture(scope="module")
def console() -> Iterator[Running]:
    with running(Company(agents=20, threats=3, activities=10)) as served:
        yield served


@pytest.fixture(autouse=True)
def locker(app: App) -> None:
    """There is a locker, as `watchkeeper up` makes one before it serves pages."""
    Locker.open(app.settings.locker, create=True)


@pytest.fixture
def admin(ledger: App, browse: Browse) -> Client:  # noqa: ARG001
    return browse(Role.ADMIN)


def said(content: bytes) -> str:
    """What a page says, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", content.decode())).split())


def form(console: Running, **more: str) -> dict[str, str]:
    return {"console": console.url, "token": console.token, **more}


def added(console: Running, app: App, name: str = "acme") -> Connection:
    parts = app.installation
    return connect(
        name,
        parse_address(console.url),
        parse_token(console.token),
        vault=parts.vault,
        actor="maria",
        now=parts.clock.now(),
    )


def test_two_fields_connect_a_console_and_begin_its_first_collection(
    admin: Client, console: Running
) -> None:
    answer = admin.post("/connections/new/", form(console))

    connection = Connection.objects.get()
    assert answer.headers["Location"] == f"/connections/{connection.name}/"
    assert connection.console == console.url
    assert connection.intervals == {}
    assert Run.objects.get().trigger == "first"
    assert AuditEvent.objects.latest("id").action == "connection.added"
    assert console.token.encode() not in admin.get(answer.headers["Location"]).content


def test_everything_that_can_be_set_is_kept(admin: Client, console: Running) -> None:
    admin.post(
        "/connections/new/",
        form(
            console,
            name="Acme Europe",
            tags="prod, emea,, prod",
            every_threats="1800",
            every_agents="86400",
        ),
    )

    connection = Connection.objects.get()
    assert connection.name == "acme-europe"
    assert connection.tags == ["prod", "emea"]
    assert connection.intervals == {"threats": 1800}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"token": "x" * 80}, "The console does not accept the token"),
        ({"token": ""}, "This field is required"),
        ({"console": "http://127.0.0.1:9"}, "The console cannot be reached"),
        ({"console": "https://example.net"}, "is not a SentinelOne host"),
        ({"name": "new"}, "cannot be a connection's name"),
        ({"proxy": "socks5://127.0.0.1:9"}, "That is no HTTP proxy"),
        ({"certificates": "not a certificate"}, "cannot be read, or none at all"),
        ({"every_threats": "1"}, "is not one of the available choices"),
        ({"tags": "x" * 50}, "one is too long"),
    ],
)
def test_what_cannot_be_used_is_told_and_nothing_is_saved(
    changes: dict[str, str], told: str, admin: Client, console: Running
) -> None:
    answer = admin.post("/connections/new/", form(console) | changes)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert told in said(answer.content)
    assert console.token.encode() not in answer.content
    assert not Connection.objects.exists()


def test_a_console_is_not_connected_twice_under_one_name(
    admin: Client, console: Running, ledger: App
) -> None:
    added(console, ledger)

    answer = admin.post("/connections/new/", form(console, name="acme"))

    assert "acme is connected already" in said(answer.content)


def test_a_test_tells_line_by_line_and_saves_nothing(admin: Client, console: Running) -> None:
    answer = admin.post(
        "/connections/new/test/", form(console), headers={"Accept": "text/fragment"}
    )

    lines = [said(each) for each in answer.streaming_content]  # type: ignore[attr-defined]
    assert len(lines) > 15
    assert any("The token is accepted" in line for line in lines)
    assert any("Agents: readable, 20 records" in line for line in lines)
    assert all(console.token not in line for line in lines)
    assert not Connection.objects.exists()
    assert not Run.objects.exists()


@pytest.mark.parametrize("accept", ["text/fragment", "text/html"])
def test_a_test_of_nothing_names_the_fields_that_are_empty(admin: Client, accept: str) -> None:
    answer = admin.post(
        "/connections/new/test/", {"console": "", "token": ""}, headers={"Accept": accept}
    )

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    told = said(answer.content)
    assert "Console URL: This field is required." in told
    assert "API token: This field is required." in told
    assert (b"<title>" in answer.content) == (accept == "text/html")


def test_a_test_without_scripts_is_a_page_of_its_own(admin: Client, console: Running) -> None:
    answer = admin.post("/connections/new/test/", form(console, token="y" * 80))

    whole = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert whole.startswith(b"<!doctype html>")
    assert whole.rstrip().endswith(b"</html>")
    assert "does not accept the token" in said(whole)


def test_a_token_is_replaced_once_the_new_one_works(
    admin: Client, console: Running, ledger: App
) -> None:
    connection = added(console, ledger)
    before = connection.token_ciphertext
    note_state(connection, ConnectionState.TOKEN_DEAD, "dead", ledger.installation.clock.now())

    refused = admin.post("/connections/acme/edit/", {"token": "z" * 80})
    connection.refresh_from_db()
    assert refused.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert (connection.token_ciphertext, connection.state) == (before, "token dead")

    admin.post("/connections/acme/edit/", {"token": console.token, "tags": "prod"})
    connection.refresh_from_db()
    assert connection.token_ciphertext != before
    assert (connection.state, connection.tags) == ("new", ["prod"])
    assert not Notice.objects.filter(over_at=None).exists()
    assert Run.objects.get().trigger == "new token"


def test_editing_without_a_token_keeps_the_one_there_is(
    admin: Client, console: Running, ledger: App
) -> None:
    connection = added(console, ledger)

    shown = admin.get("/connections/acme/edit/")
    admin.post("/connections/acme/edit/", {"tags": "prod", "proxy": "http://me:secret@127.0.0.1:9"})

    kept = Connection.objects.get()
    assert kept.token_ciphertext == connection.token_ciphertext
    assert kept.tags == ["prod"]
    assert "secret" not in kept.proxy_ciphertext
    assert console.token.encode() not in shown.content
    assert "secret" not in str(AuditEvent.objects.latest("id").detail)
    assert not Run.objects.exists()


def test_after_a_lost_key_token_and_proxy_are_given_again(
    admin: Client, console: Running, ledger: App
) -> None:
    connection = added(console, ledger)
    Connection.objects.update(token_ciphertext="lost", proxy_ciphertext="lost", state="token lost")

    shown = admin.get("/connections/acme/edit/")
    kept = admin.post("/connections/acme/edit/", {"tags": "prod"})
    given = admin.post("/connections/acme/edit/", {"token": console.token})

    assert shown.status_code == HTTPStatus.OK
    assert "Enter the token again" in said(kept.content)
    assert given.status_code == HTTPStatus.FOUND
    connection.refresh_from_db()
    assert (connection.state, connection.proxy_ciphertext) == ("new", "")
    assert ledger.installation.vault.decrypt(connection.token_ciphertext).secret == console.token


def test_pausing_resuming_and_removing_are_told_in_the_audit_trail(
    admin: Client, console: Running, ledger: App
) -> None:
    added(console, ledger)

    admin.post("/connections/acme/pause/", {"paused": "yes"})
    assert Connection.objects.get().paused
    admin.post("/connections/acme/pause/", {"paused": "no"})
    assert "Its console is no longer asked" in said(admin.get("/connections/acme/remove/").content)
    assert Connection.objects.get().removed_at is None
    admin.post("/connections/acme/remove/")

    gone = Connection.objects.get()
    assert gone.removed_at is not None
    assert gone.token_ciphertext == ""
    told = AuditEvent.objects.filter(object="acme").order_by("id")
    assert list(told.values_list("action", flat=True))[1:] == [
        "connection.paused",
        "connection.resumed",
        "connection.removed",
    ]
    assert b"/connections/acme/" not in admin.get("/connections/").content
    assert b"/connections/acme/" in admin.get("/connections/?state=removed").content
    assert admin.get("/connections/acme/").status_code == HTTPStatus.OK
    assert admin.post("/connections/acme/collect/").status_code == HTTPStatus.NOT_FOUND


def test_one_resource_is_collected_when_asked(admin: Client, world: World) -> None:
    admin.post(f"/connections/{COMPANY}/collect/", {"resource": "threats"})
    nothing = admin.post(f"/connections/{COMPANY}/collect/", {"resource": "secrets"})

    assert nothing.status_code == HTTPStatus.NOT_FOUND
    assert world.company.runs.get().only == ["threats"]


def test_the_page_shows_every_resource_and_what_is_wrong(admin: Client, world: World) -> None:
    text = said(admin.get(f"/connections/{COMPANY}/").content)

    for title in ("Agents", "Threats", "Policies", "Activities"):
        assert title in text
    assert "runs in Detect" in text
    assert "Next:" in text
    assert world.company.name in text


def test_without_an_accepted_token_no_turn_is_promised(
    admin: Client, world: World, console: Running, ledger: App
) -> None:
    page = f"/connections/{COMPANY}/"
    assert "once the token is accepted" not in said(admin.get(page).content)
    note_state(world.company, ConnectionState.TOKEN_DEAD, "401", ledger.installation.clock.now())
    assert "once the token is accepted" in said(admin.get(page).content)

    fresh = said(admin.get(f"/connections/{added(console, ledger).name}/").content)
    assert "nothing to have gaps" in fresh


def test_nothing_is_green_that_does_not_work(admin: Client, console: Running, ledger: App) -> None:
    connection = added(console, ledger)
    now = ledger.installation.clock.now()
    for state in ConnectionState:
        note_state(connection, state, "because", now)
        listed = admin.get("/connections/").content
        green = b'class="state is-pass"' in listed
        assert green == (state == ConnectionState.OK), state
    Connection.objects.update(state="ok", paused=True)
    assert b'class="state is-pass"' not in admin.get("/connections/").content


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR, Role.OPERATOR])
def test_only_admins_connect(role: Role, browse: Browse, console: Running, ledger: App) -> None:
    added(console, ledger)
    client = browse(role)

    for address in ("new/", "new/test/", "acme/edit/", "acme/edit/test/", "acme/remove/"):
        assert client.post(f"/connections/{address}", form(console)).status_code == 403, address
    assert client.post("/connections/acme/pause/", {"paused": "yes"}).status_code == 403
    assert b"Connect a console" not in client.get("/connections/").content
    assert b"Edit Connection" not in client.get("/connections/acme/").content
    assert not Connection.objects.get().paused


def test_connections_are_found_by_name_state_and_tag(
    admin: Client, console: Running, ledger: App
) -> None:
    for name in ("acme", "bolt", "cedar"):
        added(console, ledger, name)
    Connection.objects.filter(name="bolt").update(tags=["prod"], state="unreachable")

    def found(query: str) -> set[str]:
        page = admin.get(f"/connections/?{query}").content.decode()
        return set(re.findall(r'href="/connections/(acme|bolt|cedar)/"', page))

    assert found("q=ACM") == {"acme"}
    assert found("tag=prod") == {"bolt"}
    assert found("state=unreachable") == {"bolt"}
    assert found("state=new") == {"acme", "cedar"}
    assert found("q=%00&page=99&size=200&sort=-expires") == {"acme", "bolt", "cedar"}


def test_a_token_that_expires_is_shown_with_its_days(
    admin: Client,
    console: Running,
    ledger: App,
) -> None:
    added(console, ledger)
    soon = ledger.installation.clock.now() + timedelta(days=6, hours=1)
    Connection.objects.update(token_expires_at=soon, state="ok")

    text = said(admin.get("/connections/acme/").content)

    assert "The API token expires in 6 days" in text
    assert "expires in 6 days" in said(admin.get("/connections/?q=acme").content)


@pytest.mark.parametrize("path", ["/devices/", "/connections/?size=200", "/api/v1/connections"])
def test_hundreds_of_connections_cost_no_more_questions_than_two(admin: Client, path: str) -> None:
    asked = []
    for count in (2, 100):
        already = Connection.objects.count()
        Connection.objects.bulk_create(
            Connection(name=f"c{number:03}", console="https://c.sentinelone.net", state="ok")
            for number in range(already, count)
        )
        admin.get(path)
        with CaptureQueriesContext(database) as queries:
            assert admin.get(path).status_code == HTTPStatus.OK
        asked.append(len(queries))

    assert asked[0] == asked[1]
