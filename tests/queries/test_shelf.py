"""Tables made for lists: of vouched files only, made again when lost, never shown when altered."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from watchkeeper.errors import LockerError, Tampered
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Outcome
from watchkeeper.queries import items, sealed, shelf, threats
from watchkeeper.queries.devices import DEVICES
from watchkeeper.queries.listing import Asked
from watchkeeper.queries.shelf import Shelf, Table

from .sealing import NOW, seal_items, seal_rows

ACME = "acme"
AGENTS: list[dict[str, Any]] = [
    {"id": str(number), "computer_name": f"PC-{9 - number}", "serial_number": f"S{number}"}
    for number in range(10)
]


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """The folder of made tables, which is not there yet."""
    return tmp_path / "cache"


@pytest.fixture
def sealed_agents(locker: Locker) -> str:
    """The folder of a sealed collection of agents."""
    return seal_rows(locker, ACME, "agents", AGENTS).path


def names(table: Table, asked: Asked | None = None) -> list[str]:
    """The devices' names in the order shown."""
    return [row["computer_name"] for row in DEVICES.listing.page(table, asked or Asked()).rows]


def file_of(locker: Locker, folder: str) -> Path:
    path = locker.store.local_path(f"{folder}/table.parquet")
    assert path is not None
    return path


def test_the_cache_may_be_removed_at_any_time(
    locker: Locker, cache: Path, sealed_agents: str
) -> None:
    kept = Shelf(cache)
    before = names(kept.table(locker, DEVICES.shape, [sealed_agents]))
    for path in cache.iterdir():
        path.unlink()

    assert names(kept.table(locker, DEVICES.shape, [sealed_agents])) == before
    assert names(Shelf(cache).table(locker, DEVICES.shape, [sealed_agents])) == before


def test_nothing_is_written_to_the_locker(locker: Locker, cache: Path, sealed_agents: str) -> None:
    before = sorted(locker.store.files())

    names(Shelf(cache).table(locker, DEVICES.shape, [sealed_agents]))

    assert sorted(locker.store.files()) == before
    assert [path.suffix for path in cache.iterdir()] == [".duckdb"]
    assert cache.stat().st_mode & 0o077 == 0


def test_a_broken_table_is_made_again(locker: Locker, cache: Path, sealed_agents: str) -> None:
    Shelf(cache).table(locker, DEVICES.shape, [sealed_agents])
    (made,) = cache.glob("*.duckdb")
    made.write_bytes(b"no table")

    assert len(names(Shelf(cache).table(locker, DEVICES.shape, [sealed_agents]))) == len(AGENTS)


def _swap(locker: Locker, folder: str) -> None:
    """Another table of the same form takes the place of a sealed one."""
    other = seal_rows(locker, ACME, "agents", [{"id": "1", "computer_name": "altered"}])
    os.replace(file_of(locker, other.path), file_of(locker, folder))  # noqa: PTH105 - over it


def _cut(locker: Locker, folder: str) -> None:
    path = file_of(locker, folder)
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize("alter", [_swap, _cut])
@pytest.mark.parametrize("shown_before", [False, True])
def test_a_table_that_is_not_what_was_sealed_is_not_shown(
    locker: Locker,
    cache: Path,
    sealed_agents: str,
    alter: Callable[[Locker, str], None],
    shown_before: bool,  # noqa: FBT001
) -> None:
    kept = Shelf(cache)
    if shown_before:
        kept.table(locker, DEVICES.shape, [sealed_agents])
    alter(locker, sealed_agents)

    for each in (kept, Shelf(cache)):
        with pytest.raises(Tampered, match="is not what was sealed"):
            each.table(locker, DEVICES.shape, [sealed_agents])
    with pytest.raises(Tampered, match="is not what was sealed"):
        sealed.vouched(locker, [sealed_agents], "table.parquet")


def test_a_table_with_an_altered_manifest_is_not_shown(
    locker: Locker, cache: Path, sealed_agents: str
) -> None:
    manifest = file_of(locker, sealed_agents).with_name("manifest.json")
    manifest.write_bytes(manifest.read_bytes() + b" ")

    with pytest.raises(Tampered, match="log holds another digest"):
        Shelf(cache).table(Locker.open(locker.store.where), DEVICES.shape, [sealed_agents])


def test_a_missing_table_is_said_to_be_missing(
    locker: Locker, cache: Path, sealed_agents: str
) -> None:
    kept = Shelf(cache)
    kept.table(locker, DEVICES.shape, [sealed_agents])
    file_of(locker, sealed_agents).unlink()

    with pytest.raises(LockerError, match="is missing"):
        kept.table(locker, DEVICES.shape, [sealed_agents])


def test_a_file_that_was_only_touched_is_shown(
    locker: Locker, cache: Path, sealed_agents: str
) -> None:
    kept = Shelf(cache)
    kept.table(locker, DEVICES.shape, [sealed_agents])
    os.utime(file_of(locker, sealed_agents), (1, 1))

    assert len(names(kept.table(locker, DEVICES.shape, [sealed_agents]))) == len(AGENTS)


def test_the_newest_version_of_a_threat_is_shown_however_its_table_came_about(
    locker: Locker, tmp_path: Path
) -> None:
    def seal(versions: dict[str, tuple[str, int]]) -> str:
        rows = [
            {"id": key, "threat_name": name, "updated_at": NOW + timedelta(hours=hour)}
            for key, (name, hour) in versions.items()
        ]
        return seal_rows(locker, ACME, "threats", rows).path

    folders = [
        seal({"a": ("a 1", 1), "b": ("b 3", 3), "c": ("c 1", 1)}),
        seal({"a": ("a 2", 2), "b": ("b 2", 2)}),
        seal({"c": ("c 1 again", 1), "d": ("d 1", 1)}),
    ]
    grown = Shelf(tmp_path / "grown")
    for count in range(1, 4):
        last = grown.table(locker, threats.THREATS.shape, folders[:count])
    at_once = Shelf(tmp_path / "at once").table(locker, threats.THREATS.shape, folders)

    for table in (last, at_once):
        shown = threats.THREATS.listing.page(table, Asked(sort="name")).rows
        assert [row["threat_name"] for row in shown] == ["a 2", "b 3", "c 1 again", "d 1"]
        found = threats.THREATS.listing.page(table, Asked(search="A 1")).rows
        assert not found, "an older version is not found either"


def test_rows_are_found_by_their_key_in_many_tables(locker: Locker) -> None:
    folders = [
        seal_items(locker, ACME, [("agent:1", "one", outcome), ("agent:2", "two", Outcome.PASS)])
        for outcome in (Outcome.FAIL, Outcome.UNKNOWN)
    ]
    tables = [items.made(locker, each.path) for each in folders]

    found = shelf.find(tables, "subject, outcome", ["agent:1", "agent:9"])

    assert [(tables.index(table), row["outcome"]) for table, row in found] == [
        (0, "fail"),
        (1, "unknown"),
    ]
    assert shelf.find(tables, "subject", []) == shelf.find([], "subject", ["agent:1"]) == []


def test_tables_that_nobody_uses_are_closed(locker: Locker, cache: Path) -> None:
    kept = Shelf(cache, most_open=2)
    folders = [
        seal_rows(locker, ACME, "agents", [{"id": str(number), "computer_name": str(number)}]).path
        for number in range(4)
    ]
    for _ in range(2):
        for number, folder in enumerate(folders):
            assert names(kept.table(locker, DEVICES.shape, [folder])) == [str(number)]

    assert len(kept._attached) <= 2


def test_what_was_not_used_for_longest_makes_room(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "old", "oldest")):
        path = tmp_path / f"{name}.duckdb"
        path.write_bytes(b"x" * 40)
        os.utime(path, (1000 - age, 1000 - age))

    sealed.make_room(tmp_path, "*.duckdb", 100)
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["new", "old"]

    sealed.make_room(tmp_path, "*.duckdb", 1)
    assert [path.stem for path in tmp_path.iterdir()] == ["new"]
