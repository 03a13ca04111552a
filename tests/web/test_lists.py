"""Lists on the pages: given as a file, looked at, corrected, loaded, removed."""

import html
import io
import os
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import StopUpload
from django.test import Client

from tests.queries.sealing import NAMES, seal_rows
from watchkeeper.access.roles import Role
from watchkeeper.access.uploads import ListUpload, too_large
from watchkeeper.assessment import assess
from watchkeeper.bootstrap import App
from watchkeeper.controls import catalogue
from watchkeeper.ledger.index import index
from watchkeeper.ledger.models import AuditEvent, Connection, Run
from watchkeeper.lists import load as loads
from watchkeeper.lists.cells import LARGEST
from watchkeeper.locker.locker import Locker

pytestmark = pytest.mark.postgres
Browse = Callable[[Role | None], Client]
HARDWARE = "Seriennummer;Rechner;Raum\nS1;pc-1;4\nS2;pc-2;5\n;;\nS3;pc-3;6\n"


def said(content: bytes) -> str:
    """What a page says, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", content.decode())).split())


class Office:
    """A connection with two agents, one of them in the list, and who works on its lists."""

    def __init__(self, app: App, name: str) -> None:
        self.locker = Locker.open(app.settings.locker, create=True, clock=app.installation.clock)
        self.name = name
        self.uploads = app.installation.uploads
        self.connection = Connection.objects.create(
            name=name, console="https://desk.sentinelone.net", token_ciphertext="none", state="ok"
        )
        agents = [
            {
                "id": each,
                "computer_name": f"PC-{each}",
                "serial_number": f"S{each}",
                "is_decommissioned": False,
                "is_uninstalled": False,
            }
            for each in ("1", "9")
        ]
        seal_rows(self.locker, name, "agents", agents)
        self.judge()

    def judge(self) -> str:
        """What COV-01 says, judged now."""
        now = self.locker.clock.now()
        (found,) = assess(self.locker, self.name, [catalogue()["COV-01"]], now=now)
        index(self.locker, self.connection)
        return found.result.value

    def lists(self) -> dict[str, int]:
        """By list of assets that stands: its rows."""
        return {each.name: each.rows for each in loads.held(self.locker, self.name, "assets")}


@pytest.fixture
def office(ledger: App, request: pytest.FixtureRequest) -> Office:
    return Office(ledger, re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:60])


def give(client: Client, data: str | bytes, file: str = "hw.csv", **form: str) -> Any:
    """Uploads a list of assets called hardware; the answer of the page it leads to."""
    held = data.encode() if isinstance(data, str) else data
    told = {"kind": "assets", "name": "hardware", "file": SimpleUploadedFile(file, held), **form}
    return client.post("/lists/new/", told, follow=True)


def filled(page: bytes) -> dict[str, str]:
    """What the form of a page holds: its hidden field, and every select as it is."""
    text = page.decode()
    form = dict(re.findall(r'type="hidden" name="(shown)" value="([^"]*)"', text))
    for name, inside in re.findall(r'<select id="[^"]+" name="([^"]+)">(.*?)</select>', text):
        chosen = re.search(r'<option value="([^"]*)" selected', inside)
        form[name] = chosen[1] if chosen else ""
    return form


def test_a_list_is_given_looked_at_corrected_loaded_and_cov_01_is_judged_by_it(
    office: Office, browse: Browse
) -> None:
    client = browse(Role.OPERATOR)
    empty = said(client.get("/lists/").content)
    assert "No list of assets yet: COV-01 cannot be judged without one (ERROR)" in empty
    assert office.judge() == "ERROR"

    shown = give(client, HARDWARE)
    where = shown.redirect_chain[-1][0]
    form = filled(shown.content)
    assert (form["column-0"], form["column-1"], form["column-2"]) == ("serial_number", "", "")
    assert "hw.csv" in said(shown.content)
    assert office.lists() == {}
    held = office.uploads / where.strip("/").rpartition("/")[2]
    assert held.stat().st_mode & 0o077 == 0

    form |= {"column-1": "name", "column-2": "location"}
    warned = client.post(where, form | {"act": "load"})
    assert "You changed the columns" in said(warned.content)
    assert office.lists() == {}
    done = client.post(where, filled(warned.content) | {"act": "load"}, follow=True)

    text = said(done.content)
    assert "hardware was loaded: 3 rows. COV-01 is judged again now." in text
    assert "somebody-operator" in text
    assert "3 of 3 kept" in text
    assert Run.objects.get().controls == ["COV-01"]
    assert office.judge() == "FAIL"
    assert not held.exists()
    (told,) = AuditEvent.objects.filter(action="list.loaded")
    assert (told.actor, told.object) == ("somebody-operator", "assets/hardware")
    assert (told.detail["rows"], told.detail["from"]) == (3, "hw.csv")
    assert "no longer here" in said(client.get(where, follow=True).content)

    again = filled(give(client, HARDWARE).content)
    assert (again["column-1"], again["column-2"]) == ("name", "location")  # remembered


def test_a_list_that_lost_most_of_its_rows_is_loaded_only_when_that_is_said(
    office: Office, browse: Browse
) -> None:
    client = browse(Role.ADMIN)
    for rows in ("S1\nS2\nS3\nS4\n", "S1\n"):
        shown = give(client, f"Serial\n{rows}")
        where, form = shown.redirect_chain[-1][0], filled(shown.content) | {"act": "load"}
        answer = client.post(where, form, follow=True)
    assert "Say that the list is meant to be that short" in said(answer.content)
    assert office.lists() == {"hardware": 4}

    client.post(where, form | {"allow_shrink": "on"})

    assert office.lists() == {"hardware": 1}


def test_dates_that_can_be_read_in_two_ways_are_asked_about(office: Office, browse: Browse) -> None:
    client = browse(Role.OPERATOR)
    shown = give(client, "Serial;Last seen\nS1;01/02/2026\n")
    where, form = shown.redirect_chain[-1][0], filled(shown.content)
    assert "cannot be told apart" in said(shown.content)
    assert b'value="load" disabled' in shown.content
    assert form["date_order"] == ""

    again = client.post(where, form | {"date_order": "dmy", "act": "again"})
    assert "1 Feb 2026" in said(again.content)
    client.post(where, filled(again.content) | {"act": "load"})

    (held,) = loads.held(office.locker, office.name, "assets")
    assert held.mapping is not None
    assert held.mapping.date_order == "dmy"


def test_what_a_list_says_is_shown_and_not_done(office: Office, browse: Browse) -> None:
    client = browse(Role.OPERATOR)
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.append(["Serial", "<b>bold</b>", "\u202eerutluf"])
    page.append(["S1", NAMES[0], NAMES[2]])
    buffer = io.BytesIO()
    book.save(buffer)

    shown = give(client, buffer.getvalue(), "<i>.xlsx").content

    assert b"<script>alert" not in shown
    assert b"<b>bold" not in shown
    assert b"<i>.xlsx" not in shown
    assert "U+202E" in said(shown)
    assert office.lists() == {}


@pytest.mark.parametrize(
    ("data", "name", "form", "told"),
    [
        ("", "hw.csv", {}, "empty"),
        ("a;b\n1;2\n", "hw.csv", {"name": "../etc"}, "A list cannot be called"),
        ("a;b\n1;2\n", "hw.csv", {"kind": "agents"}, "is not one of the available choices"),
        ("a;b\n1;2\n", "hw.csv", {"sheet": "Two"}, "has no sheet"),
        ("PK\x03\x04broken", "hw.xlsx", {}, "cut off or broken"),
    ],
)
def test_what_cannot_be_read_is_told_beside_the_form(
    office: Office, browse: Browse, data: str, name: str, form: dict[str, str], told: str
) -> None:
    answer = give(browse(Role.OPERATOR), data, name, **form)

    assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert told in said(answer.content)
    assert office.lists() == {}


def test_a_list_whose_columns_tell_nothing_waits_for_a_person(
    office: Office, browse: Browse
) -> None:
    client = browse(Role.OPERATOR)
    shown = give(client, "Eins;Zwei\nS1;x\n")
    where = shown.redirect_chain[-1][0]
    assert "Nothing tells the rows of this list apart" in said(shown.content)
    assert "--map" not in said(shown.content)

    again = client.post(where, filled(shown.content) | {"column-0": "serial_number"})

    assert "Nothing tells" not in said(again.content)
    client.post(where, {"act": "cancel"})
    assert client.get(where).status_code == HTTPStatus.FOUND
    assert office.lists() == {}


def test_a_list_waits_for_who_gave_it_and_not_for_longer_than_an_hour(
    office: Office, browse: Browse, ledger: App
) -> None:
    client, other = browse(Role.OPERATOR), browse(Role.ADMIN)
    where = give(client, HARDWARE).redirect_chain[-1][0]
    assert "no longer here" in said(other.get(where, follow=True).content)
    assert client.get(where).status_code == HTTPStatus.OK
    held = office.uploads / where.strip("/").rpartition("/")[2]
    hour_ago = ledger.installation.clock.now().timestamp() - 3601
    os.utime(held, (hour_ago, hour_ago))

    assert "no longer here" in said(client.get(where, follow=True).content)
    give(client, HARDWARE)
    assert not held.exists()


def test_a_list_is_removed_once_that_was_confirmed(office: Office, browse: Browse) -> None:
    client = browse(Role.OPERATOR)
    shown = give(client, HARDWARE)
    client.post(shown.redirect_chain[-1][0], filled(shown.content) | {"act": "load"})
    where = "/lists/remove/?kind=assets&list=hardware"
    asked = said(client.get(where).content)
    assert "Remove hardware ?" in asked
    assert "COV-01" in asked
    assert office.lists() == {"hardware": 3}

    done = said(client.post(where, follow=True).content)

    assert "hardware was removed. COV-01 is judged again now." in done
    assert office.lists() == {}
    assert client.get(where).status_code == HTTPStatus.NOT_FOUND
    assert AuditEvent.objects.filter(action="list.removed", object="assets/hardware").exists()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.AUDITOR])
def test_who_only_looks_loads_and_removes_nothing(
    office: Office, browse: Browse, role: Role
) -> None:
    client = browse(role)

    assert b"Load a list" not in client.get("/lists/").content
    before = set(office.uploads.iterdir())
    assert give(client, HARDWARE).status_code == HTTPStatus.FORBIDDEN
    for where in ("new/", "read/0/", "remove/?kind=assets&list=hardware"):
        assert client.get(f"/lists/{where}").status_code == HTTPStatus.FORBIDDEN
        assert client.post(f"/lists/{where}").status_code == HTTPStatus.FORBIDDEN
    assert set(office.uploads.iterdir()) == before


def test_files_reach_the_disk_only_of_those_who_may_load_lists(
    office: Office, browse: Browse
) -> None:
    before = set(office.uploads.iterdir())
    file = SimpleUploadedFile("a.csv", b"1")

    answer = browse(Role.VIEWER).post("/sign-in/", {"file": file})

    assert answer.wsgi_request.FILES == {}
    assert set(office.uploads.iterdir()) == before


def test_a_file_that_is_too_large_is_cut_off_before_it_fills_the_disk(
    office: Office, browse: Browse
) -> None:
    request = browse(Role.OPERATOR).get("/lists/").wsgi_request
    handler = ListUpload(request)
    handler.new_file("file", "hw.csv", "text/csv", None)
    handler.receive_data_chunk(b"x", LARGEST - 1)

    with pytest.raises(StopUpload):
        handler.receive_data_chunk(b"x", LARGEST)

    assert too_large(request)
    assert not list(office.uploads.glob("*.upload*"))
