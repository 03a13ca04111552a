"""Searching, filtering, sorting and paging say the same as a plain loop over the rows would."""

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchkeeper.errors import LockerError
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Outcome
from watchkeeper.queries import devices, items, sealed
from watchkeeper.queries.listing import Asked, choices
from watchkeeper.queries.paging import SIZES, Page, clamp, page_of
from watchkeeper.queries.shelf import Shelf, Table
from watchkeeper.resources import catalogue

from .sealing import NAMES, seal_items, seal_rows

CONNECTION = "acme"


def agents() -> list[dict[str, Any]]:
    """Devices with odd names, some values missing."""
    chance = random.Random(7)  # noqa: S311 - the same devices at every run
    return [
        {
            "id": str(1000 + number),
            "computer_name": chance.choice([*NAMES, f"PC-{number}", None]),
            "serial_number": f"SN{number:03}",
            "os_type": chance.choice(["windows", "linux", "macos", None]),
            "machine_type": chance.choice(["server", "laptop"]),
            "site_name": chance.choice(["Zürich", "Boston", None]),
            "mitigation_mode": chance.choice(["protect", "detect"]),
            "operational_state": "na",
            "agent_version": chance.choice(["24.1.1", "24.2.2"]),
            "is_decommissioned": chance.random() < 0.1,
            "is_uninstalled": False,
            "active_threats": chance.choice([0, 1, None]),
        }
        for number in range(120)
    ]


ROWS = agents()


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Table:
    """The devices, sealed and made into a table for lists."""
    locker = Locker.open(tmp_path_factory.mktemp("locker"), create=True)
    found = seal_rows(locker, CONNECTION, "agents", ROWS)
    return Shelf(tmp_path_factory.mktemp("cache")).table(
        locker, devices.DEVICES.shape, [found.path]
    )


@pytest.fixture(scope="module")
def sealed_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The file of a sealed table."""
    locker = Locker.open(tmp_path_factory.mktemp("locker"), create=True)
    found = seal_rows(locker, CONNECTION, "agents", ROWS)
    return sealed.vouched(locker, [found.path], "table.parquet")


FILTERS = {"os": "os_type", "site": "site_name", "mode": "mitigation_mode"}


def expected(asked: Asked) -> set[str]:
    """The ids a plain loop finds."""
    found = set()
    wanted = asked.search.strip().lower()
    for row in ROWS:
        texts = [row.get(name) or "" for name in devices.DEVICES.shape.searched]
        if wanted and not any(wanted in text.lower() for text in texts):
            continue
        if all(row[FILTERS[name]] == value for name, value in asked.chosen.items()):
            found.add(row["id"])
    return found


searches = st.one_of(
    st.sampled_from(["", "pc-1", "SN00", "%", "_", "'", "\\", "zürich", *NAMES]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=4),
)
filters = st.fixed_dictionaries(
    {},
    optional={
        "os": st.sampled_from(["windows", "linux", "macos", "' OR 1=1 --"]),
        "site": st.sampled_from(["Zürich", "Boston"]),
        "mode": st.sampled_from(["protect", "detect"]),
    },
)


@pytest.mark.slow
@given(searches, filters, st.sampled_from(["", "name", "os", "seen; DROP TABLE x"]), st.booleans())
def test_all_pages_together_are_what_was_asked_for(
    table: Table,
    search: str,
    chosen: dict[str, str],
    sort: str,
    descending: bool,  # noqa: FBT001
) -> None:
    first = Asked(search, chosen, sort, descending, 1, 50)
    page = devices.DEVICES.listing.page(table, first)
    seen = [row["id"] for row in page.rows]
    for number in range(2, page.pages + 1):
        asked = Asked(search, chosen, sort, descending, number, 50)
        seen += [row["id"] for row in devices.DEVICES.listing.page(table, asked).rows]

    if search.isascii():  # what lower case is differs between the two beyond that
        assert set(seen) == expected(first)
    assert len(seen) == len(set(seen)) == page.total


@pytest.mark.parametrize("name", devices.DEVICES.listing.sorts)
@pytest.mark.parametrize("descending", [False, True])
def test_a_sort_orders_and_puts_what_is_missing_last(
    table: Table,
    name: str,
    descending: bool,  # noqa: FBT001
) -> None:
    column = {"name": "computer_name", "os": "os_type", "site": "site_name"}.get(name)
    if column is None or name == "os":
        return
    found = devices.DEVICES.listing.page(
        table, Asked(sort=name, descending=descending, size=200)
    ).rows
    values = [row[column] for row in found]
    present = [value.lower() for value in values if value is not None]
    assert present == sorted(present, reverse=descending)
    assert all(value is None for value in values[len(present) :])


def test_choices_are_counted(table: Table) -> None:
    found = choices(table, {"mode": "mitigation_mode"})["mode"]

    assert {each.value: each.count for each in found} == {
        mode: sum(row["mitigation_mode"] == mode for row in ROWS) for mode in ("protect", "detect")
    }


def test_a_page_beyond_the_last_is_the_last(table: Table) -> None:
    page = devices.DEVICES.listing.page(table, Asked(number=999, size=50))

    assert (page.number, page.first, page.last, page.next) == (3, 101, 120, None)


def test_a_column_that_an_old_table_lacks_is_null(sealed_file: tuple[str, ...]) -> None:
    relation = sealed.relation(catalogue()["threats"], sealed_file, ["id", "incident_status"])
    rows = sealed.select(sealed_file, f"SELECT * FROM {relation} LIMIT 1", {})  # noqa: S608
    assert rows[0]["incident_status"] is None


@given(st.integers(0, 500), st.integers(-3, 600), st.sampled_from(SIZES))
def test_pages_hold_everything_once(total: int, number: int, size: int) -> None:
    page = page_of(range(total), number, size)

    assert 1 <= page.number <= page.pages
    assert page.number == clamp(number, size, total)
    assert list(page.rows) == list(range(total))[(page.number - 1) * size : page.number * size]
    assert (page.previous is None) == (page.number == 1)
    assert (page.next is None) == (page.number == page.pages)
    every = [
        row for each in range(1, page.pages + 1) for row in page_of(range(total), each, size).rows
    ]
    assert every == list(range(total))


def test_items_come_failures_first(tmp_path: Path) -> None:
    locker = Locker.open(tmp_path / "locker", create=True)
    judged = seal_items(
        locker,
        CONNECTION,
        [
            ("agent:1", "one", Outcome.PASS),
            ("agent:2", "gone", Outcome.FAIL),
            ("threat:7", "worm", Outcome.UNKNOWN),
            ("group:3", NAMES[0], Outcome.NOT_APPLICABLE),
        ],
    )

    page: Page[items.ItemRow] = items.items(locker, judged.path, Asked())

    assert [row.outcome for row in page.rows] == list(Outcome)
    assert page.rows[3].observed == {"computer_name": NAMES[0]}
    only = items.items(locker, judged.path, Asked(chosen={"outcome": "fail"}))
    assert [row.name for row in only.rows] == ["gone"]


def test_the_engine_reads_nothing_but_the_files_it_was_given(
    tmp_path: Path, sealed_file: tuple[str, ...], table: Table
) -> None:
    other = tmp_path / "other.csv"
    other.write_text("secret\n")

    with pytest.raises(LockerError, match="cannot be read"):
        sealed.select(sealed_file, "SELECT * FROM read_csv($other)", {"other": str(other)})
    with table.asked() as ask, pytest.raises(LockerError, match="cannot be read"):
        ask("SELECT * FROM read_csv($other)", {"other": str(other)})
    with table.asked() as ask, pytest.raises(LockerError, match="read-only"):
        ask(f"DROP TABLE {table.rows}")
