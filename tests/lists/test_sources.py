"""Sources: a folder, and services over real HTTP with what goes wrong there."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests import tls
from tests.lists.served import Answer, Served, serving
from watchkeeper.clock import Clock
from watchkeeper.errors import SourceFailed, UsageError
from watchkeeper.lists import sources
from watchkeeper.lists.mapping import columns, settle
from watchkeeper.lists.rows import apply
from watchkeeper.lists.sources import Given
from watchkeeper.resources import everything

TOKEN = "/example.com/oauth2/v2.0/token"
DEVICES = "/v1.0/deviceManagement/managedDevices"
USERS = "/v1.0/users"
INVENTORY = "/api/v1/computers-inventory"


@pytest.fixture
def served() -> Iterator[Served]:
    """A server that lets one in."""
    with serving() as found:
        for path in (TOKEN, "/api/oauth/token"):
            found.on(path, Answer({"access_token": secrets.token_hex()}))
        yield found


class Waits:
    """A clock that does not wait, and notes for how long it should have."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.clock = Clock(sleep=self.seconds.append)


@pytest.fixture
def waits() -> Waits:
    """One of them."""
    return Waits()


def graph(served: Served, **more: str) -> dict[str, str]:
    """The options for Microsoft Graph at that server."""
    told = {"tenant": "example.com", "client_id": "app", "client_secret": secrets.token_hex()}
    return told | {"login": served.url, "graph": served.url} | more


def jamf(served: Served) -> dict[str, str]:
    """The options for Jamf Pro at that server."""
    return {"address": served.url, "client_id": "app", "client_secret": secrets.token_hex()}


def as_rows(kind: str, given: Given) -> list[dict[str, Any]]:
    """What a source gives, by the mapping that is guessed."""
    resource = everything()[kind]
    mapping = settle(resource, given.sheet.headers)
    found = apply(resource, "it", given.sheet, mapping, Clock().now())
    assert found.notes == ()
    return [
        {name: value for name, value in row.items() if name not in {"list", "listed_at"}}
        for row in found.rows
    ]


def device(number: int, **more: Any) -> dict[str, Any]:
    """A managed device as Graph gives it."""
    told = {"id": f"d{number}", "deviceName": f"PC-{number}", "serialNumber": f"S{number}"}
    return told | {"lastSyncDateTime": "2026-06-01T08:00:00Z", "operatingSystem": "Windows"} | more


def test_every_source_is_found_and_declares_what_it_gives() -> None:
    known = sources.catalogue()

    assert set(known) == {"entra", "file", "folder", "intune", "jamf", "url"}
    for source in known.values():
        assert all(columns(everything()[kind]) for kind in source.resources)
        assert [option.name for option in source.options if option.secret] in (
            [],
            ["client_secret"],
            ["header_value"],
        )


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("ftp", {}, "no source 'ftp'"),
        ("file", {"nonsense": "1"}, "no option 'nonsense'"),
        ("intune", {"tenant": "t"}, "needs: client_id, client_secret"),
        ("file", {"path": "/nowhere/list.csv"}, "cannot be read"),
        ("url", {"url": "http://lists.example.com/a.csv"}, "must be https"),
        ("url", {"url": "https://a:b@lists.example.com/a.csv"}, "user name or password"),
        ("url", {"url": "file:///etc/passwd"}, "no address"),
    ],
)
def test_what_a_source_is_told_is_checked(kind: str, options: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        sources.read(kind, options, "assets", Clock())


def test_a_source_gives_only_what_it_has() -> None:
    with pytest.raises(UsageError, match="Microsoft Intune gives no people"):
        sources.read("intune", {}, "people", Clock())


def test_intune_is_read_page_by_page(served: Served, waits: Waits) -> None:
    following = f"{served.url}{DEVICES}?$skiptoken=2"
    first = device(1, wiFiMacAddress="AABBCCDDEEFF", userPrincipalName="a@example.com")
    served.on(DEVICES, Answer({"value": [first], "@odata.nextLink": following}))
    served.on(f"{DEVICES}?$skiptoken=2", Answer({"value": [device(2)]}))
    options = graph(served)

    found = sources.read("intune", options, "assets", waits.clock)

    rows = as_rows("assets", found)
    assert [row["id"] for row in rows] == ["it/d1", "it/d2"]
    assert rows[0]["mac_addresses"] == ["AABBCCDDEEFF"]
    assert rows[0]["owner"] == "a@example.com"
    assert (rows[1]["name"], rows[1]["serial_number"], rows[1]["os_type"]) == (
        "PC-2",
        "S2",
        "windows",
    )
    assert [each.facts["from"] for each in found.documents] == [served.url + DEVICES] * 2
    assert b"PC-2" in found.documents[1].data
    asked = parse_qs(served.asked[0].body)
    assert asked["grant_type"] == ["client_credentials"]
    assert asked["scope"] == [f"{served.url}/.default"]
    told = "".join(f"{each.target}{each.headers}" for each in served.asked)
    assert options["client_secret"] not in told + repr(found.documents)
    assert waits.seconds == []


def test_a_throttled_service_is_asked_again_when_it_said(served: Served, waits: Waits) -> None:
    busy = Answer({"error": {"code": "TooManyRequests"}}, 429, {"Retry-After": "17"})
    served.on(DEVICES, busy, Answer(status=503), Answer({"value": [device(1)]}))

    found = sources.read("intune", graph(served), "assets", waits.clock)

    assert len(found.sheet.rows) == 1
    assert waits.seconds == [17.0, 2.0]


def test_a_service_that_stays_busy_or_asks_for_hours_is_given_up(
    served: Served, waits: Waits
) -> None:
    served.on(DEVICES, Answer({"error": {"code": "TooManyRequests"}}, 429))
    with pytest.raises(SourceFailed, match=r"answered 429 .*TooManyRequests"):
        sources.read("intune", graph(served), "assets", waits.clock)
    served.on(DEVICES, Answer(status=429, headers={"Retry-After": "7200"}))
    with pytest.raises(SourceFailed, match="asks to wait 7,200 s"):
        sources.read("intune", graph(served), "assets", waits.clock)


def test_a_wrong_secret_is_said_and_never_shown(served: Served, waits: Waits) -> None:
    options = graph(served)
    served.on(TOKEN, Answer({"error": "invalid_client", "error_description": "…"}, 401))

    with pytest.raises(SourceFailed, match=r"does not accept this client .*invalid_client") as said:
        sources.read("intune", options, "assets", waits.clock)

    assert options["client_secret"] not in str(said.value)
    assert said.value.exit_code == 4


def test_a_token_that_ends_between_pages_is_replaced(served: Served, waits: Waits) -> None:
    following = f"{served.url}{DEVICES}?$skiptoken=2"
    served.on(DEVICES, Answer({"value": [device(1)], "@odata.nextLink": following}))
    served.on(f"{DEVICES}?$skiptoken=2", Answer(status=401), Answer({"value": [device(2)]}))

    found = sources.read("intune", graph(served), "assets", waits.clock)

    assert len(found.sheet.rows) == 2
    assert [each.method for each in served.asked] == ["POST", "GET", "GET", "POST", "GET"]


@pytest.mark.parametrize(
    ("following", "said"),
    [
        ("https://elsewhere.example.com/v1.0/next", "another host: elsewhere.example.com"),
        (f"{{url}}{DEVICES}?$skiptoken=2", "without an end"),
        ("{url}/v1.0/other", "records twice"),
        ("{url}/v1.0/html", "did not answer in JSON"),
        ("{url}/v1.0/shape", "without 'value'"),
        ("{url}/v1.0/moved", "answered 302"),
        ("{url}/v1.0/denied", "does not allow this"),
    ],
)
def test_pages_that_cannot_be_believed_give_no_list(
    served: Served, waits: Waits, following: str, said: str
) -> None:
    page = {"value": [device(1)], "@odata.nextLink": following.format(url=served.url)}
    again = {"value": [], "@odata.nextLink": f"{served.url}{DEVICES}?$skiptoken=2"}
    served.on(DEVICES, Answer(page))
    served.on(f"{DEVICES}?$skiptoken=2", Answer(again))
    served.on("/v1.0/other", Answer({"value": [device(1)]}))
    served.on("/v1.0/html", Answer(b"<html>"))
    served.on("/v1.0/shape", Answer({"value": "none"}))
    served.on("/v1.0/moved", Answer(status=302, headers={"Location": "http://127.0.0.1:1/"}))
    served.on("/v1.0/denied", Answer({"error": {"code": "Forbidden"}}, 403))

    with pytest.raises(SourceFailed, match=said):
        sources.read("intune", graph(served), "assets", waits.clock)


def test_entra_gives_devices_and_people_and_leaves_guests_out(served: Served, waits: Waits) -> None:
    gone = {"id": "d1", "displayName": "PC-1", "accountEnabled": False, "operatingSystem": "MacMDM"}
    served.on("/v1.0/devices", Answer({"value": [gone]}))
    member = {"id": "u1", "displayName": "A", "userType": "Member", "accountEnabled": True}
    users = [
        member | {"mail": "a@example.com", "userPrincipalName": "a.b@example.com"},
        member | {"id": "u2", "mail": None, "userPrincipalName": "c@example.com"},
        member | {"id": "u3", "userType": "Guest", "mail": "g@example.net"},
    ]
    served.on(USERS, Answer({"value": users}))

    devices = as_rows("assets", sources.read("entra", graph(served), "assets", waits.clock))
    people = sources.read("entra", graph(served), "people", waits.clock)
    all_of_them = sources.read("entra", graph(served, guests="yes"), "people", waits.clock)

    assert (devices[0]["name"], devices[0]["status"], devices[0]["os_type"]) == (
        "PC-1",
        "inactive",
        "macos",
    )
    assert [(row["email"], row["active"]) for row in as_rows("people", people)] == [
        ("a@example.com", True),
        ("c@example.com", True),
    ]
    assert people.notes == ("guests left out: 1",)
    assert len(all_of_them.sheet.rows) == 3


def computer(number: int) -> dict[str, Any]:
    """A computer as Jamf Pro gives it."""
    return {
        "id": str(number),
        "general": {"name": f"mac-{number}", "lastContactTime": "2026-06-01T08:00:00.123Z"},
        "hardware": {"serialNumber": f"C{number}", "macAddress": "AA:BB:CC:DD:EE:FF"},
        "userAndLocation": {"email": "a@example.com"},
    }


def test_jamf_is_read_until_all_that_it_counts_is_there(served: Served, waits: Waits) -> None:
    pages = [[computer(1), computer(2)], [computer(3)]]
    served.on(INVENTORY, *(Answer({"totalCount": 3, "results": page}) for page in pages))

    found = sources.read("jamf", jamf(served), "assets", waits.clock)

    rows = as_rows("assets", found)
    assert [(row["id"], row["serial_number"], row["os_type"]) for row in rows] == [
        ("it/1", "C1", "macos"),
        ("it/2", "C2", "macos"),
        ("it/3", "C3", "macos"),
    ]
    assert [parse_qs(urlsplit(each.target).query)["page"] for each in served.asked[1:]] == [
        ["0"],
        ["1"],
    ]


def test_what_a_company_wrote_into_fields_of_its_own_in_jamf_is_not_kept(
    served: Served, waits: Waits
) -> None:
    secret = secrets.token_hex()
    one = computer(1)
    one["general"]["extensionAttributes"] = [{"name": "Recovery key", "values": [secret]}]
    served.on(INVENTORY, Answer({"totalCount": 2, "results": [one, computer(2)]}))

    (document,) = sources.read("jamf", jamf(served), "assets", waits.clock).documents

    assert secret not in document.data.decode()
    assert "mac-1" in document.data.decode()
    assert document.facts["removed"] == {"extensionAttributes": 1}


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ([], "counts 3 computers and gave 2"),
        ([computer(2)], "gave 1 records twice"),
        ([{"general": {}}], "without an id"),
    ],
)
def test_a_jamf_list_that_moved_is_not_taken(
    served: Served, waits: Waits, second: list[dict[str, Any]], said: str
) -> None:
    pages = [[computer(1), computer(2)], second]
    served.on(INVENTORY, *(Answer({"totalCount": 3, "results": page}) for page in pages))

    with pytest.raises(SourceFailed, match=said):
        sources.read("jamf", jamf(served), "assets", waits.clock)


def test_an_address_gives_a_file_and_its_secrets_stay_out_of_the_facts(
    served: Served, waits: Waits
) -> None:
    secret = secrets.token_hex()
    served.on("/lists/hw.csv", Answer(b"Serial;Name\nS1;pc\n"))
    options = {"url": f"{served.url}/lists/hw.csv?sig={secret}", "header_value": f"Bearer {secret}"}

    found = sources.read("url", options, "assets", waits.clock)

    assert as_rows("assets", found)[0]["id"] == "it/S1"
    assert served.asked[0].target.endswith(secret)
    assert served.asked[0].headers["Authorization"] == f"Bearer {secret}"
    assert found.documents[0].facts == {"source": "url", "from": f"{served.url}/lists/hw.csv"}


def test_an_address_that_points_elsewhere_is_not_followed(served: Served, waits: Waits) -> None:
    served.on("/hw.csv", Answer(status=301, headers={"Location": "/other.csv"}))

    with pytest.raises(SourceFailed, match="answered 301"):
        sources.read("url", {"url": f"{served.url}/hw.csv"}, "assets", waits.clock)
    assert len(served.asked) == 1


def test_nobody_at_home_is_said(waits: Waits) -> None:
    with pytest.raises(SourceFailed, match="is not reached: it refuses the connection"):
        sources.read("url", {"url": "http://127.0.0.1:1/hw.csv"}, "assets", waits.clock)
    assert len(waits.seconds) == 4


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (404, "look at the address"),
        (410, "look at the address"),
        (400, "asked for"),
        (501, "later"),
    ],
)
def test_what_a_status_means_is_said(served: Served, waits: Waits, status: int, hint: str) -> None:
    served.on("/hw.csv", Answer(status=status))
    with pytest.raises(SourceFailed) as caught:
        sources.read("url", {"url": f"{served.url}/hw.csv?key=secret"}, "assets", waits.clock)
    assert hint in caught.value.hint
    assert "secret" not in f"{caught.value} {caught.value.hint}"


def test_a_certificate_that_nobody_vouches_for_is_said(waits: Waits, tmp_path: Path) -> None:
    _, context = tls.authority(tmp_path)
    with (
        tls.served(context) as (port, seen),
        pytest.raises(SourceFailed, match="its certificate is not accepted"),
    ):
        sources.read("url", {"url": f"https://127.0.0.1:{port}/hw.csv"}, "assets", waits.clock)
    assert seen == []


def test_of_a_folder_the_newest_file_counts_once_it_is_whole(tmp_path: Path) -> None:
    for position, name in enumerate(["new.csv", "old.csv", "newer.csv.part", "newest.txt"]):
        (tmp_path / name).write_text(f"Serial\n{name}\n")
        os.utime(tmp_path / name, (position * -1 + 50, position * -1 + 50))
    os.utime(tmp_path / "newest.txt", (99, 99))
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 1:  # it grows while it is looked at
            with (tmp_path / "new.csv").open("a") as opened:
                opened.write("S2\n")

    options = {"path": str(tmp_path), "pattern": "*.csv"}
    found = sources.read("folder", options, "assets", Clock(sleep=pause))

    assert [row.cells for row in found.sheet.rows] == [("new.csv",), ("S2",)]
    assert pauses == [2.0, 2.0]


def test_a_file_that_never_rests_and_a_folder_without_one_are_said(tmp_path: Path) -> None:
    options = {"path": str(tmp_path), "pattern": "*.csv"}
    with pytest.raises(UsageError, match=r"No file in .* is called \*\.csv"):
        sources.read("folder", options, "assets", Clock())
    growing = tmp_path / "list.csv"
    growing.write_text("Serial\n")

    def pause(_: float) -> None:
        with growing.open("a") as opened:
            opened.write("S\n")

    with pytest.raises(SourceFailed, match="still being written"):
        sources.read("folder", options, "assets", Clock(sleep=pause))
