"""Loads: a list replaces itself, never another one, however loads interleave."""

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from watchkeeper.errors import Tampered, UsageError
from watchkeeper.lists import load as loads
from watchkeeper.lists.mapping import Mapping
from watchkeeper.locker import stated
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.stated import Document
from watchkeeper.locker.verify import verify
from watchkeeper.resources import everything

NOW = datetime(2026, 7, 1, tzinfo=UTC)
ASSETS = everything()["assets"]


@pytest.fixture
def locker(tmp_path: Path) -> Locker:
    """An empty one."""
    return Locker.open(tmp_path / "locker", create=True)


def rows(name: str, *serials: str) -> list[dict[str, Any]]:
    """Rows of a list as `apply` makes them."""
    return [
        {"id": f"{name}/{each}", "list": name, "serial_number": each, "listed_at": NOW}
        for each in serials
    ]


def put(locker: Locker, name: str, *serials: str, **more: Any) -> None:
    """Loads a list of assets with these serial numbers."""
    document = Document(" ".join(serials).encode(), "csv", {"from": f"{name}.csv"})
    loads.load(locker, "acme", "assets", name, rows(name, *serials), [document], by="a", **more)


def there(locker: Locker) -> list[str]:
    """The ids that count now, as a control reads them."""
    return [row["id"] for row in stated.newest(locker, "acme", ASSETS)]


def test_a_load_replaces_its_own_rows_and_carries_the_others(locker: Locker) -> None:
    put(locker, "hw", "1", "2")
    put(locker, "lab", "1")
    put(locker, "hw", "2", "3")

    assert there(locker) == ["hw/2", "hw/3", "lab/1"]
    held = {each.name: each for each in loads.held(locker, "acme", "assets")}
    assert {name: (each.rows, each.came_from) for name, each in held.items()} == {
        "hw": (2, "hw.csv"),
        "lab": (1, "lab.csv"),
    }
    newest = locker.collections("acme", "assets")[-1]
    assert newest.manifest["requests"][0]["lists"]["lab"]["in"] == held["lab"].collection.path
    assert verify(locker.store).differences == []


def test_the_document_is_kept_and_the_mapping_found_again(locker: Locker) -> None:
    mapping = Mapping((("Seriennummer", "serial_number"), ("Raum", "")), "dmy")
    put(locker, "hw", "1", mapping=mapping)
    put(locker, "lab", "1")

    assert loads.remembered(locker, "acme", "assets", "hw") == mapping
    assert loads.remembered(locker, "acme", "assets", "lab") is None
    assert loads.remembered(locker, "acme", "assets", "other") is None
    first = locker.collections("acme", "assets")[0]
    page = first.manifest["pages"][0]
    assert locker.pages.text(f"{first.path}/{page['file']}", page) == b"1"


def test_a_list_that_is_empty_or_has_lost_most_of_its_rows_is_refused(locker: Locker) -> None:
    put(locker, "hw", *"12345")

    with pytest.raises(UsageError, match="has 2 rows, and had 5"):
        put(locker, "hw", *"12")
    with pytest.raises(UsageError, match="would be empty"):
        put(locker, "new")
    assert len(there(locker)) == 5
    put(locker, "hw", *"123")
    put(locker, "hw", "1", allow_shrink=True)
    put(locker, "hw", allow_shrink=True)
    assert there(locker) == []
    assert [each.name for each in loads.held(locker, "acme", "assets")] == ["hw"]


def test_a_removed_list_is_gone_and_the_others_stay(locker: Locker) -> None:
    put(locker, "hw", "1")
    put(locker, "lab", "2")

    loads.remove(locker, "acme", "assets", "hw", by="a")

    assert there(locker) == ["lab/2"]
    with pytest.raises(UsageError, match="no list 'hw' of assets") as refused:
        loads.remove(locker, "acme", "assets", "hw", by="a")
    assert "lab" in refused.value.hint
    put(locker, "hw", "3")
    assert there(locker) == ["hw/3", "lab/2"]


def test_what_was_sealed_by_other_means_is_carried_over(locker: Locker) -> None:
    stated.seal(
        locker, "acme", ASSETS, stated.Statement(rows("old", "1"), [Document(b"{}")], by="a")
    )

    put(locker, "hw", "2")

    assert there(locker) == ["hw/2", "old/1"]


def test_an_incomplete_statement_changes_nothing(locker: Locker) -> None:
    put(locker, "hw", "1")
    broken = stated.Statement(rows("lab", "1"), [Document(b"{}")], by="a", failed="cut off")
    stated.seal(locker, "acme", ASSETS, broken)

    put(locker, "new", "1")

    assert there(locker) == ["hw/1", "new/1"]


def test_rows_that_were_changed_on_disk_are_not_sealed_anew(locker: Locker) -> None:
    put(locker, "hw", "1")
    put(locker, "other", "1")
    found = locker.collections("acme", "assets")
    assert locker.store.root is not None
    old, new = (locker.store.root / each.path / "table.parquet" for each in found)
    new.write_bytes(old.read_bytes())

    with pytest.raises(Tampered, match="cannot be carried over"):
        put(locker, "lab", "2")


def test_a_kind_and_a_name_must_be_ones_that_lists_have(locker: Locker) -> None:
    with pytest.raises(UsageError, match="no lists of 'agents'"):
        loads.held(locker, "acme", "agents")
    with pytest.raises(UsageError, match="cannot be called"):
        put(locker, "a/b", "1")


class Paused(Locker):
    """A locker whose seals wait for their turn, so that a test says how loads interleave."""

    turns: "Turns"

    def seal(self, *arguments: Any, **more: Any) -> tuple[bytes, str]:
        """Seals when it is this thread's turn."""
        with self.turns.taken():
            return super().seal(*arguments, **more)


class Turns:
    """Whose turn it is; after the last that was laid down, everybody's."""

    def __init__(self, order: list[int]) -> None:
        self._order = order
        self._names: dict[int, int] = {}
        self._done: set[int] = set()
        self._changed = threading.Condition()

    def begin(self, name: int) -> None:
        """Names this thread."""
        self._names[threading.get_ident()] = name

    def end(self) -> None:
        """This thread takes no more turns."""
        with self._changed:
            self._done.add(self._names[threading.get_ident()])
            self._changed.notify_all()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Waits for this thread's turn; nobody else has one meanwhile."""
        name = self._names[threading.get_ident()]
        with self._changed:
            assert self._changed.wait_for(lambda: self._next() in {None, name}, timeout=20)
            if self._order and self._next() == name:
                self._order.remove(name)
            yield
            self._changed.notify_all()

    def _next(self) -> int | None:
        return next((each for each in self._order if each not in self._done), None)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Room for many lockers."""
    folder = tmp_path_factory.mktemp("lockers")
    return (folder / str(number) for number in itertools.count())


@settings(max_examples=12)
@given(data=st.data())
def test_no_list_is_lost_when_loads_interleave(
    folders: Iterator[Path], data: st.DataObject
) -> None:
    order = data.draw(st.lists(st.integers(0, 2), max_size=8))
    names = data.draw(st.lists(st.sampled_from("abc"), min_size=3, max_size=3))
    where = next(folders)
    Locker.open(where, create=True)
    put(Locker.open(where), "base", "0")
    turns = Turns(list(order))
    failed: list[BaseException] = []

    def work(name: int) -> None:
        locker = Paused.open(where)
        assert isinstance(locker, Paused)
        locker.turns = turns
        turns.begin(name)
        try:
            put(locker, names[name], f"{name}")
        except BaseException as error:  # noqa: BLE001 - told by the test
            failed.append(error)
        finally:
            turns.end()

    threads = [threading.Thread(target=work, args=[name]) for name in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    found = there(Locker.open(where))
    assert {each.partition("/")[0] for each in found} == {"base", *names}
    assert len(found) == 1 + len(set(names))
