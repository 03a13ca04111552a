"""What columns mean, and what rows become of them."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.errors import UsageError
from watchkeeper.lists import headers, mapping, sheet, values
from watchkeeper.lists.mapping import Mapping, settle
from watchkeeper.lists.rows import Applied, apply
from watchkeeper.resources import everything

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def applied(
    kind: str, text: str, *asked: str, order: str = "", known: Mapping | None = None
) -> Applied:
    """What a CSV gives as a list named `hw`."""
    resource = everything()[kind]
    found = sheet.read(text.encode(), "list.csv")
    used = settle(resource, found.headers, mapping.given(resource, asked, order), known)
    return apply(resource, "hw", found, used, NOW)


def test_every_known_name_is_of_a_column_and_folded() -> None:
    for kind, known in headers.KNOWN.items():
        columns = {column.name for column in mapping.columns(everything()[kind])}
        assert set(known) <= columns
        assert {part for key in headers.KEYS[kind] for part in key} <= columns
        for names in known.values():
            assert [headers.folded(name) for name in names] == [*names]


def test_headers_are_known_in_english_and_german_and_several_feed_the_addresses() -> None:
    found = applied(
        "assets",
        "Inventarnummer,Seriennummer,Hostname,Wi-Fi MAC,Ethernet MAC,Lifecycle,OS,Raum\n"
        'A1,C02X,pc-1.example.com,AA-BB-CC-DD-EE-FF,"0011.2233.4455 or none",In use,Windows 11,7\n',
    )

    (row,) = found.rows
    assert row == {
        "id": "hw/A1",
        "list": "hw",
        "listed_at": NOW,
        "external_id": "A1",
        "serial_number": "C02X",
        "name": "pc-1.example.com",
        "mac_addresses": ["AA-BB-CC-DD-EE-FF", "0011.2233.4455"],
        "status": "In use",
        "os_type": "windows",
    }
    assert found.mapping.column("Raum") == ""


def test_people_and_ends_of_support_are_lists_too() -> None:
    people = applied(
        "people", "E-mail,Name,Aktiv,Austrittsdatum\na@example.com,A,nein,31.12.2025\n"
    )
    ends = applied(
        "support_ends", "OS,Version,End of support\nmacOS,23.4,2026-09-30\nLinux,23.4,\n"
    )

    assert people.rows[0]["active"] is False
    assert people.rows[0]["left_at"] == datetime(2025, 12, 31, tzinfo=UTC)
    assert [row["id"] for row in ends.rows] == ["hw/macos 23.4", "hw/linux 23.4"]
    assert ends.rows[1]["ends_at"] is None


def test_what_powershell_exports_of_a_directory_is_understood() -> None:
    found = applied(
        "assets",
        "#TYPE Microsoft.ActiveDirectory.Management.ADComputer\r\n"
        '"DistinguishedName","DNSHostName","Enabled","LastLogonDate","Name","ObjectGUID",'
        '"OperatingSystem","UserPrincipalName"\r\n'
        '"CN=PC-1,DC=example","pc-1.example.com","False","6/25/2026 8:00:00 PM","PC-1","0f-1",'
        '"Windows 11 Enterprise",\r\n',
    )

    (row,) = found.rows
    assert (row["id"], row["name"], row["os_type"]) == ("hw/0f-1", "pc-1.example.com", "windows")
    assert (row["status"], row["last_seen_at"]) == (
        "inactive",
        datetime(2026, 6, 25, 20, tzinfo=UTC),
    )


def test_what_is_asked_for_counts_more_than_what_is_known() -> None:
    text = "Name,Tag,Host\nlabel,T1,pc-1\n"

    found = applied("assets", text, "tag=external_id", "Name=name", "Host=")

    assert found.rows[0]["id"] == "hw/T1"
    assert found.rows[0]["name"] == "label"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("Nr=external_id", "no column 'Nr'"),
        ("Host=nonsense", "no column 'nonsense'"),
        ("Host", "maps nothing"),
        ("Host=id", "no column 'id'"),
    ],
)
def test_a_mapping_that_fits_nothing_is_refused(asked: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        applied("assets", "Host\npc-1\n", asked)


def test_a_list_in_which_nothing_tells_rows_apart_is_refused() -> None:
    with pytest.raises(UsageError, match="Nothing tells the rows") as refused:
        applied("assets", "Room,Colour\n1,red\n")
    assert "external_id, serial_number, name" in refused.value.hint


def test_a_mapping_is_remembered_and_a_column_that_is_gone_is_not_guessed_anew() -> None:
    first = applied("assets", "Kennung,Name\nT1,pc\n", "Kennung=external_id")
    known = Mapping.from_json(json.loads(json.dumps(first.mapping.as_json())))

    again = applied("assets", "Name,Kennung,Seriennummer\npc,T1,S1\n", known=known)
    assert again.rows[0] | {"serial_number": "S1"} == again.rows[0]
    assert again.rows[0]["id"] == "hw/T1"
    with pytest.raises(UsageError, match="'Kennung' was external_id of this list so far"):
        applied("assets", "Name,Nummer\npc,T1\n", known=known)
    spelt = applied("assets", "name,KENNUNG\npc,T1\n", known=known)
    assert spelt.rows[0]["id"] == "hw/T1"
    renamed = applied("assets", "Name,Nummer\npc,T1\n", "Nummer=external_id", known=known)
    assert renamed.rows[0]["id"] == "hw/T1"


def test_the_key_is_the_id_else_a_real_serial_number_else_the_name() -> None:
    found = applied(
        "assets",
        "Asset Tag,Serial,Name\nT1,S1,a\n,S2,b\n,To be filled by O.E.M.,c\n,0000,d\n,,\n,,e\n",
    )

    assert [row["id"] for row in found.rows] == ["hw/T1", "hw/S2", "hw/c", "hw/d", "hw/e"]


def test_two_lines_of_one_key_are_refused_with_both_named() -> None:
    with pytest.raises(UsageError, match=r"lines 2 and 4 of list.csv are both 'S1' \(and 1 more\)"):
        applied("assets", "Serial,Name\nS1,a\nS2,b\nS1,c\nS1,d\n")


def test_lines_that_cannot_be_read_are_left_out_and_noted() -> None:
    found = applied("assets", "Serial,Owner,Last seen\nS1,a,b,c\n,nobody,\nS2,c,soon\n")

    assert [row["serial_number"] for row in found.rows] == ["S2"]
    assert found.left_out == 2
    assert found.notes == (
        "line 2 was left out: it has more than 3 cells",
        "line 3 was left out: nothing in it tells which one it is",
        "line 4: last_seen_at is not 'soon'",
    )


def test_many_notes_become_a_number() -> None:
    text = "Serial,Last seen\n" + "".join(f"S{number},soon\n" for number in range(80))

    assert applied("assets", text).notes[-1] == "and 30 more like these"


def test_day_and_month_are_asked_for_where_no_date_shows_their_order() -> None:
    text = "Serial,Last seen\nS1,01/02/2026\n"

    with pytest.raises(UsageError, match=r"line 2 of list\.csv") as refused:
        applied("assets", text)
    assert "--date-order" in refused.value.hint
    assert applied("assets", text, order="dmy").rows[0]["last_seen_at"].month == 2
    shown = applied("assets", text + "S2,25/02/2026\n")
    assert [row["last_seen_at"].month for row in shown.rows] == [2, 2]
    assert shown.mapping.date_order == "dmy"
    with pytest.raises(UsageError, match="do not go together"):
        applied("assets", text + "S2,25/02/2026\nS3,02/25/2026\n")
    with pytest.raises(UsageError, match="as mdy"):
        applied("assets", text + "S2,25/02/2026\n", order="mdy")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-03-01", "2026-03-01T00:00:00+00:00"),
        ("2026-03-01T12:30:00Z", "2026-03-01T12:30:00+00:00"),
        ("2026-03-01 12:30:15.1234567+02:00", "2026-03-01T10:30:15.123456+00:00"),
        ("2026/3/1 7:05", "2026-03-01T07:05:00+00:00"),
        ("1.3.2026 12:30", "2026-03-01T12:30:00+00:00"),
        ("3/25/2026 12:05 AM", "2026-03-25T00:05:00+00:00"),
        ("25/3/2026, 5:30 pm", "2026-03-25T17:30:00+00:00"),
        ("0001-01-01T00:00:00Z", None),
        ("1601-01-01", None),
        ("never", None),
    ],
)
def test_dates_are_read_as_they_are_written(text: str, wanted: str | None) -> None:
    found = values.moment(text)

    assert (found.isoformat() if found else None) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "soon",
        "2026-02-30",
        "32.1.2026",
        "1.13.2026",
        "01/02/26",
        "13:00",
        "20260301",
        "1/1/2026 13:00 PM",
    ],
)
def test_what_is_no_date_is_not_made_one(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        values.moment(text)


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_is_refused(text: str) -> None:
    try:
        found = values.moment(text)
    except (ValueError, OverflowError):
        return
    assert found is None or found.tzinfo is UTC
