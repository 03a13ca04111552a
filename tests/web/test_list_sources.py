"""Lists that are watched, on the pages: tried out before anything is saved, by admins alone."""

import re
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import pytest
from django.test import Client

from tests.lists.served import Answer, serving
from watchkeeper.access.roles import Role
from watchkeeper.ledger import list_sources
from watchkeeper.ledger.installation import installation
from watchkeeper.ledger.models import AuditEvent, ListSource

from .test_lists import Office, filled, office, said

__all__ = ["office"]
pytestmark = pytest.mark.postgres
Browse = Callable[[Role | None], Client]
SECRET = "a-secret-nobody-may-read"


def tried(client: Client, url: str, **form: str) -> tuple[str, bytes]:
    """Tries out an address that serves a list: which page that leads to, and what it says."""
    told = {"kind": "assets", "name": "hardware", "every": "3600", "option_url": url, **form}
    answer = client.post("/lists/sources/new/?source=url", told, follow=True)
    where = answer.redirect_chain[-1][0] if answer.redirect_chain else ""
    return where, answer.content


def test_a_source_is_tried_out_then_saved_and_its_secret_is_never_shown_again(
    office: Office, browse: Browse
) -> None:
    client = browse(Role.ADMIN)
    assert "Microsoft Intune" in said(client.get("/lists/sources/new/").content)
    with serving() as served:
        served.on("/hw.csv", Answer(b"Serial;Nr\nS1;1\nS2;2\n"))
        secret = {"option_header_value": SECRET}
        where, shown = tried(client, f"{served.url}/hw.csv?sig={SECRET}", **secret)
        assert "An address, every 1 hour" in said(shown)
        assert not ListSource.objects.exists()
        kept = [each for each in office.uploads.rglob("*") if each.is_file()]
        assert kept
        assert not any(SECRET.encode() in each.read_bytes() for each in kept)

        client.post(where, filled(shown) | {"act": "load"})
        (held,) = ListSource.objects.select_related("connection")
        assert office.lists() == {"hardware": 2}
        assert [each.action for each in AuditEvent.objects.order_by("id")] == [
            "list.loaded",
            "list_source.added",
        ]
        told = list_sources.options_of(held, installation().vault)
        assert told["header_value"] == SECRET

        pages = (f"/lists/sources/{held.pk}/", f"/lists/sources/{held.pk}/edit/", "/lists/")
        for page in pages:
            content = client.get(page).content
            assert f"{served.url}/hw.csv" in said(content)
            assert SECRET.encode() not in content


def test_a_secret_is_given_again_where_it_would_go_elsewhere(
    office: Office, browse: Browse
) -> None:
    client = browse(Role.ADMIN)
    with serving() as served, serving() as other:
        for each in (served, other):
            each.on("/hw.csv", Answer(b"Serial\nS1\n"))
        where, shown = tried(client, served.url + "/hw.csv", option_header_value=SECRET)
        client.post(where, filled(shown) | {"act": "load"})
        held = ListSource.objects.get()
        edit = f"/lists/sources/{held.pk}/edit/"
        form = {"every": "3600", "option_header": "Authorization"}

        refused = client.post(edit, form | {"option_url": other.url + "/hw.csv"})
        assert "Give it again" in said(refused.content)
        assert other.asked == []

        same = client.post(edit, {"every": "3600"}, follow=True)
        assert "every 1 hour" in said(same.content)
        assert served.asked[-1].headers["Authorization"] == SECRET
        where = same.redirect_chain[-1][0]
        client.post(where, filled(same.content) | {"act": "load"})
    assert ListSource.objects.count() == 1
    assert AuditEvent.objects.filter(action="list_source.changed").exists()
    assert office.lists() == {"hardware": 1}


def test_a_secret_that_may_be_left_out_is_forgotten(office: Office, browse: Browse) -> None:
    client = browse(Role.ADMIN)
    with serving() as served:
        served.on("/hw.csv", Answer(b"Serial\nS1\n"))
        assert b"forget" not in client.get("/lists/sources/new/?source=url").content
        where, shown = tried(client, served.url + "/hw.csv", option_header_value=SECRET)
        client.post(where, filled(shown) | {"act": "load"})
        held = ListSource.objects.get()
        edit = f"/lists/sources/{held.pk}/edit/"
        page = client.get(edit).content
        assert b'name="forget_header_value"' in page
        assert b'name="forget_url"' not in page  # it cannot be left out

        forget = {"every": "3600", "forget_header_value": "on"}
        both = client.post(edit, forget | {"option_header_value": "another"})
        assert "not both" in said(both.content)
        tried_so = client.post(edit, forget, follow=True)
        assert "Authorization" not in served.asked[-1].headers
        where = tried_so.redirect_chain[-1][0]
        client.post(where, filled(tried_so.content) | {"act": "load"})

    held.refresh_from_db()
    told = list_sources.options_of(held, installation().vault)
    assert "header_value" not in told
    assert told["url"] == served.url + "/hw.csv"
    assert b"forget_header_value" not in client.get(edit).content
    assert office.lists() == {"hardware": 1}


def test_a_source_is_paused_asked_and_ended(office: Office, browse: Browse) -> None:
    client = browse(Role.ADMIN)
    wanted = list_sources.watch(
        office.name,
        "assets",
        "hardware",
        "folder",
        {"path": "/srv/exports"},
        list_sources.SHORTEST,
        installation().vault,
    )
    now = installation().clock.now()
    held = list_sources.save(office.connection, wanted, actor="maria", now=now)
    list_sources.note_failure(held, "No file in /srv/exports is called *.", now)
    where = f"/lists/sources/{held.pk}/"
    text = said(client.get("/lists/").content)
    assert "Not loaded" in text
    assert "/srv/exports" in text
    assert "No file in /srv/exports" in said(client.get(f"/connections/{office.name}/").content)

    client.post(where, {"act": "pause"})
    assert b'value="resume"' in client.get(where).content
    client.post(where, {"act": "every", "every": "7200"})
    client.post(where, {"act": "every", "every": "1"})
    client.post(where, {"act": "now"})
    held.refresh_from_db()
    assert (held.interval, held.wanted_by) == (7200, "somebody-admin")
    assert "asked for a load" in said(client.get(where).content)
    assert "No longer watch hardware" in said(client.get(f"{where}remove/").content)
    client.post(f"{where}remove/")
    assert not ListSource.objects.exists()
    assert [each.action for each in AuditEvent.objects.order_by("id")] == [
        f"list_source.{each}" for each in ("added", "paused", "changed", "asked", "removed")
    ]


@pytest.mark.parametrize(
    ("source", "form", "told"),
    [
        ("url", {"option_url": "http://lists.example/hw.csv"}, "url must be https"),
        ("folder", {"option_path": "/nowhere/at/all"}, "cannot be read"),
        ("file", {"option_path": "{data}/keys/django.key"}, "own files"),
        ("intune", {}, "This field is required"),
        ("folder", {"option_path": "/srv", "name": "../x"}, "A list cannot be called"),
    ],
)
def test_what_cannot_be_watched_is_told_beside_the_form(
    office: Office, browse: Browse, source: str, form: dict[str, str], told: str
) -> None:
    data = str(office.uploads.parent)
    given = {each: text.replace("{data}", data) for each, text in form.items()}
    sent = {"kind": "assets", "name": "hardware", "every": "3600"} | given

    answer = browse(Role.ADMIN).post(f"/lists/sources/new/?source={source}", sent)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert told in said(answer.content)
    assert not ListSource.objects.exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR, Role.OPERATOR])
def test_only_admins_say_where_lists_are_read(
    office: Office, browse: Browse, tmp_path: Path, role: Role
) -> None:
    client = browse(role)
    wanted = list_sources.watch(
        office.name,
        "assets",
        "hardware",
        "folder",
        {"path": str(tmp_path)},
        list_sources.SHORTEST,
        installation().vault,
    )
    held = list_sources.save(
        office.connection, wanted, actor="maria", now=installation().clock.now()
    )
    where = f"/lists/sources/{held.pk}/"

    assert re.search(rb"Watch a source", client.get("/lists/").content) is None
    page = client.get(where)
    assert page.status_code == HTTPStatus.OK
    assert b"Load now" not in page.content
    assert client.post(where, {"act": "now"}).status_code == HTTPStatus.FORBIDDEN
    for each in ("/lists/sources/new/?source=file", f"{where}edit/", f"{where}remove/"):
        assert client.get(each).status_code == HTTPStatus.FORBIDDEN
        assert client.post(each).status_code == HTTPStatus.FORBIDDEN
    held.refresh_from_db()
    assert held.wanted_by == ""


def test_a_list_that_is_watched_is_not_removed_it_would_come_again(
    office: Office, browse: Browse
) -> None:
    client = browse(Role.ADMIN)
    with serving() as served:
        served.on("/hw.csv", Answer(b"Serial\nS1\n"))
        where, shown = tried(client, served.url + "/hw.csv")
        client.post(where, filled(shown) | {"act": "load"})
        _, again = tried(client, served.url + "/hw.csv")
    assert "watched already" in said(again)

    answer = client.post("/lists/remove/?kind=assets&list=hardware")

    assert "it would come again" in said(answer.content)
    assert office.lists() == {"hardware": 1}
