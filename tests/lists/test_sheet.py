"""Files as sheets: what people and programs save as CSV and XLSX."""

import csv
import io
import itertools
import zipfile
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.errors import UsageError
from watchkeeper.lists import cells, sheet
from watchkeeper.lists.cells import cleaned

LIST = "Seriennummer;Gerät;Ort\r\n0071;pc-1;Köln\r\n\r\n0072;pc-2;\r\n"


def workbook(
    *rows: list[Any], title: str = "Geräte", formats: dict[str, str] | None = None
) -> bytes:
    """An XLSX of one sheet."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = title
    for row in rows:
        page.append(row)
    for place, form in (formats or {}).items():
        page[place].number_format = form
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_a_csv_is_read_in_the_encodings_that_spreadsheets_write(encoding: str) -> None:
    found = sheet.read(LIST.encode(encoding), "list.csv")

    assert found.headers == ("Seriennummer", "Gerät", "Ort")
    assert [(row.line, row.cells) for row in found.rows] == [
        (2, ("0071", "pc-1", "Köln")),
        (4, ("0072", "pc-2", None)),
    ]


cell_text = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=12)


@given(
    rows=st.lists(st.lists(cell_text, min_size=3, max_size=3), max_size=6),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_is_written_as_csv_comes_back(
    rows: list[list[str]], delimiter: str, encoding: str
) -> None:
    held = io.StringIO(newline="")
    writer = csv.writer(held, delimiter=delimiter)
    writer.writerows([["name", "serial", "owner"], *rows])

    found = sheet.read(held.getvalue().encode(encoding), "list.csv")

    wanted = [tuple(cleaned(cell) for cell in row) for row in rows]
    assert [row.cells for row in found.rows] == [row for row in wanted if any(row)]
    assert not any(row.surplus for row in found.rows)


def test_a_quoted_cell_may_go_over_lines_and_lines_are_counted_as_an_editor_does() -> None:
    found = sheet.read(b'name,note\n"a","one\ntwo"\n"b","=1+1"\n', "list.csv")

    assert [(row.line, row.cells) for row in found.rows] == [
        (2, ("a", "one\ntwo")),
        (4, ("b", "=1+1")),
    ]


def test_a_line_that_names_the_separator_is_not_the_headers() -> None:
    found = sheet.read(b"sep=;\r\nname;note, long\r\na;b\r\n", "list.csv")

    assert found.headers == ("name", "note, long")
    assert found.rows[0].line == 3


def test_headers_are_told_apart_and_a_row_with_more_cells_is_marked() -> None:
    found = sheet.read(b"name,,name,\na,b,c,,\nd,e,f,,g\n", "list.csv")

    assert found.headers == ("name", "column 2", "name (2)")
    assert [row.surplus for row in found.rows] == [False, True]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "list is empty"),
        (b"\n ,\n", "list is empty"),
        (b'a,b\n1,"2\n', "list is no proper CSV at line 2"),
        (b"a,b\n\x81\x8d,2\n", "not text that can be read"),
        (b"PK\x03\x04 cut off", "list is cut off or broken"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "old kind, or one with a password"),
    ],
)
def test_what_is_no_list_is_refused_by_name(data: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=said) as refused:
        sheet.read(data, "list")

    assert refused.value.hint


def test_a_workbook_keeps_digits_dates_and_the_value_of_formulas() -> None:
    bought = datetime(2026, 3, 1, 12)  # noqa: DTZ001 - a sheet knows no time zones
    data = workbook(
        ["Serial", "Asset", "Bought", "Sum", "On", "Weight"],
        [71, 12345678901234, bought, "=1+1", True, 1.5],
        [None, "=cmd|' /C calc'!A0", None, None, None, None],
        formats={"A2": "000000"},
    )

    found = sheet.read(data, "list.xlsx")

    # No program computed the formulas of this file, so they have no value.
    moment = datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert [row.cells for row in found.rows] == [
        ("000071", "12345678901234", moment, None, "true", "1.5")
    ]


def test_a_named_sheet_is_read_and_one_that_is_not_there_is_refused() -> None:
    data = workbook(["name"], ["pc-1"], title="Hardware")

    assert sheet.read(data, "list.xlsx", "Hardware").rows[0].cells == ("pc-1",)
    with pytest.raises(UsageError, match="no sheet 'Software'") as refused:
        sheet.read(data, "list.xlsx", "Software")
    assert "Hardware" in refused.value.hint


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(9):
            packed.writestr(f"xl/{number}.xml", b"\0" * (cells.LARGEST // 64))
    data = bytearray(held.getvalue())
    # The sizes that the directory of the archive tells, each a quarter of what is allowed.
    place = data.find(b"PK\x01\x02")
    while place >= 0:
        data[place + 24 : place + 28] = (cells.LARGEST // 4).to_bytes(4, "little")
        place = data.find(b"PK\x01\x02", place + 4)

    with pytest.raises(UsageError, match="unpacks to more than"):
        sheet.read(bytes(data), "bomb.xlsx")


def test_a_broken_workbook_is_one_sentence() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        packed.writestr("[Content_Types].xml", "<Types><")

    with pytest.raises(UsageError, match=r"list\.xlsx is a broken workbook"):
        sheet.read(held.getvalue(), "list.xlsx")


def test_text_that_multiplies_itself_is_not_followed() -> None:
    told = workbook(["name"], ["pc-1"])
    grown = "".join(
        f'<!ENTITY {each} "{f"&{before};" * 20}">'
        for before, each in itertools.pairwise("abcdefghijk")
    )
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(told)) as old, zipfile.ZipFile(held, "w") as new:
        for part in old.namelist():
            text = old.read(part).decode()
            if part == "xl/worksheets/sheet1.xml":
                assert "pc-1" in text
                before = f'<!DOCTYPE worksheet [<!ENTITY a "{"x" * 100}">{grown}]>'
                text = before + text.replace("pc-1", "&k;")
            new.writestr(part, text)

    with pytest.raises(UsageError, match="broken workbook: ParseError"):
        sheet.read(held.getvalue(), "list.xlsx")
