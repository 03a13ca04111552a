"""The locker: what is sealed stays, what is not sealed does not count, every change shows."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.rows import put_page, put_rows
from watchkeeper.errors import AlreadyThere, LockerError, NotALocker, Tampered
from watchkeeper.locker import layout
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.store import Store
from watchkeeper.locker.verify import Report, verify
from watchkeeper.locker.writer import CollectionWriter
from watchkeeper.model.collection import Collection, completeness
from watchkeeper.resources import catalogue

SITES = catalogue()["sites"]


def seal_one(locker: Locker, ids: list[str] | None = None) -> Collection:
    writer = locker.begin("acme", SITES)
    ids = ids if ids is not None else ["1", "2"]
    put_page(writer, ids)
    put_rows(writer, [{"id": each, "created_at": "2025-03-01T10:12:08Z"} for each in ids])
    return seal(writer, len(set(ids)))


def seal(writer: CollectionWriter, count: int = 0) -> Collection:
    whole = completeness(
        ended=True,
        rows=writer.rows,
        distinct=writer.distinct,
        count_before=count,
        count_after=count,
    )
    return writer.seal({"source": {"console": "https://acme.sentinelone.net"}}, whole)


def check(folder: Path) -> Report:
    return verify(Store(folder, create=False))


def test_a_sealed_collection_is_read_back(tmp_path: Path) -> None:
    sealed = seal_one(Locker.open(tmp_path / "locker", create=True), ["1", "2", "2"])
    locker = Locker.open(tmp_path / "locker")
    (found,) = locker.collections("acme", "sites")
    assert found == sealed
    assert found.complete
    assert found.completeness.rows == 3
    assert locker.table(found, ["id"]).to_pylist() == [{"id": "1"}, {"id": "2"}]
    assert locker.connections() == ["acme"]
    assert not check(tmp_path / "locker").differences


def test_an_unsealed_collection_is_ignored_and_is_no_difference(tmp_path: Path) -> None:
    locker = Locker.open(tmp_path, create=True)
    put_page(locker.begin("acme", SITES), "half a collection")
    assert locker.collections() == []
    report = check(tmp_path)
    assert not report.differences
    assert len(report.leftovers) == 1


def test_only_a_locker_is_opened_and_only_an_empty_folder_becomes_one(tmp_path: Path) -> None:
    with pytest.raises(NotALocker):
        Locker.open(tmp_path / "nowhere")
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(NotALocker):
        Locker.open(tmp_path, create=True)
    with pytest.raises(NotALocker):
        check(tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotALocker):
        Locker.open(tmp_path / "file", create=True)
    for nothing in ("", "  "):  # a variable that is not set, not the folder we stand in
        with pytest.raises(NotALocker, match="is empty"):
            Locker.open(nothing, create=True)


def test_nothing_is_written_twice_and_no_evidence_is_removed(tmp_path: Path) -> None:
    sealed = seal_one(Locker.open(tmp_path, create=True))
    store = Store(tmp_path, create=False)
    with pytest.raises(AlreadyThere):
        store.put_new(f"{sealed.path}/manifest.json", b"{}")
    with pytest.raises(LockerError, match="never removed"):
        store.remove_pending(f"{sealed.path}/manifest.json")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_flipped_byte_anywhere_is_found(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("locker")
    locker = Locker.open(folder, create=True)
    seal_one(locker)
    seal_one(locker)
    files = sorted(
        path for path in folder.rglob("*") if path.is_file() and path.name != layout.MARKER
    )
    # The newest log entry is the head: nothing inside the locker vouches for it.
    files.remove(folder / layout.log_entry(2))
    victim = data.draw(st.sampled_from(files))
    content = bytearray(victim.read_bytes())
    position = data.draw(st.integers(0, len(content) - 1))
    content[position] ^= 1 << data.draw(st.integers(0, 7))
    victim.write_bytes(content)
    assert check(folder).differences


@pytest.mark.parametrize("what", ["page-00001.json.gz", "manifest.json", "table.parquet"])
def test_a_missing_file_is_named(tmp_path: Path, what: str) -> None:
    sealed = seal_one(Locker.open(tmp_path, create=True))
    (tmp_path / sealed.path / what).unlink()
    assert any(each.path.endswith(what) for each in check(tmp_path).differences)


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("{}", "is not a manifest: it has no 'schema'"),
        ("[]", "is not a manifest: what it holds has another shape"),
        ('{"schema": "", "pages": [1]}', "is not a manifest: what it holds has another shape"),
        ("sealed", "is not a manifest: it cannot be read (Expecting value"),
    ],
)
def test_what_is_no_manifest_is_told_in_words(tmp_path: Path, manifest: str, said: str) -> None:
    sealed = seal_one(Locker.open(tmp_path, create=True))
    (tmp_path / sealed.path / layout.MANIFEST).write_text(manifest)
    assert any(each.what.startswith(said) for each in check(tmp_path).differences)


def test_a_removed_collection_shows_in_the_log(tmp_path: Path) -> None:
    locker = Locker.open(tmp_path, create=True)
    sealed = seal_one(locker)
    seal_one(locker)
    for path in (tmp_path / sealed.path).iterdir():
        path.unlink()
    assert [each.path for each in check(tmp_path).differences] == [f"{sealed.path}/manifest.json"]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_removed_log_entry_shows(tmp_path: Path, number: int) -> None:
    locker = Locker.open(tmp_path, create=True)
    for _ in range(3):
        seal_one(locker)
    (tmp_path / layout.log_entry(number)).unlink()
    assert check(tmp_path).differences


def test_a_foreign_file_in_a_sealed_collection_is_named(tmp_path: Path) -> None:
    sealed = seal_one(Locker.open(tmp_path, create=True))
    for name in ("page-00002.json.gz", ".hidden", "notes#1"):
        (tmp_path / sealed.path / name).write_bytes(b"planted")
    named = {each.path.rsplit("/", 1)[1] for each in check(tmp_path).differences}
    assert named == {"page-00002.json.gz", ".hidden", "notes#1"}


def test_a_seal_cut_between_manifest_and_log_is_finished_by_the_next_writer(tmp_path: Path) -> None:
    """What a process killed at that moment leaves: the marker, the manifest, no log entry."""
    locker = Locker.open(tmp_path, create=True)
    sealed = seal_one(locker)
    entry = tmp_path / layout.log_entry(1)
    fields = json.loads(entry.read_bytes())
    entry.unlink()
    intent = {key: fields[key] for key in ("kind", "path", "manifest_sha256", "sealed_at")}
    (tmp_path / layout.PENDING).mkdir(parents=True, exist_ok=True)
    (tmp_path / layout.PENDING / f"{sealed.id}.json").write_text(json.dumps(intent))
    report = check(tmp_path)
    assert not report.differences
    assert report.waiting == [f"{sealed.path}/manifest.json"]
    Locker.open(tmp_path, create=True)
    report = check(tmp_path)
    assert (report.differences, report.waiting, report.head[0]) == ([], [], 1)


class Between(Store):
    """A store that is just being looked at for announcements when another writer is done."""

    def files(self, prefix: str = "") -> Iterator[tuple[str, int]]:
        """The files; what is announced has been sealed to its end before they are listed."""
        if prefix == layout.PENDING:
            Locker(Store(self.where, create=False)).finish_interrupted_seals()
        return super().files(prefix)


def test_a_seal_that_ends_while_it_is_vouched_for_is_no_forgery(tmp_path: Path) -> None:
    sealed = seal_one(Locker.open(tmp_path, create=True))
    entry = tmp_path / layout.log_entry(1)
    told = json.loads(entry.read_bytes())
    intent = {name: told[name] for name in ("kind", "path", "manifest_sha256", "sealed_at")}
    marker = tmp_path / layout.PENDING / f"{sealed.id}.json"
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_text(json.dumps(intent))
    entry.unlink()  # as between the manifest and its entry in the log

    Locker(Between(tmp_path, create=False)).vouch([sealed.path])

    assert not marker.exists()
    entry.unlink()
    with pytest.raises(Tampered, match="no entry in the log"):
        Locker(Between(tmp_path, create=False)).vouch([sealed.path])


def test_two_writers_share_one_log(tmp_path: Path) -> None:
    first = Locker.open(tmp_path, create=True)
    second = Locker.open(tmp_path, create=True)
    for locker in (first, second, first, second):
        seal_one(locker)
    report = check(tmp_path)
    assert (report.differences, report.head[0]) == ([], 4)


def test_a_broken_table_is_a_named_error(tmp_path: Path) -> None:
    locker = Locker.open(tmp_path, create=True)
    sealed = seal_one(locker)
    table = tmp_path / sealed.path / "table.parquet"
    table.write_bytes(table.read_bytes()[:100])
    with pytest.raises(LockerError, match="no readable table"):
        locker.table(sealed)


def test_a_second_log_entry_for_a_rewritten_collection_is_a_difference(tmp_path: Path) -> None:
    locker = Locker.open(tmp_path, create=True)
    sealed = seal_one(locker)
    manifest = tmp_path / sealed.path / "manifest.json"
    forged = manifest.read_bytes().replace(b'"complete"', b'"complete" ')
    manifest.write_bytes(forged)
    assert check(tmp_path).differences
    fields = json.loads((tmp_path / layout.log_entry(1)).read_bytes())
    locker._log.append(
        kind="collection",
        path=fields["path"],
        manifest_sha256=hashlib.sha256(forged).hexdigest(),
        sealed_at=fields["sealed_at"],
    )
    assert any("second time" in each.what for each in check(tmp_path).differences)


@pytest.mark.parametrize(
    "name",
    [
        "log/pending/0193f2aa-0000-7000-8000-000000000000.json#1",
        "log/0000000002.json#1",
        "watchkeeper.json#1",
        "{sealed}/manifest.json#3",
    ],
)
def test_what_a_kill_leaves_of_a_write_is_no_difference_and_blocks_nobody(
    tmp_path: Path, name: str
) -> None:
    sealed = seal_one(Locker.open(tmp_path, create=True))
    left = tmp_path / name.format(sealed=sealed.path)
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_bytes(b"half")
    report = check(tmp_path)
    assert (report.differences, len(report.strays)) == ([], 1)
    seal_one(Locker.open(tmp_path, create=True))
    assert not check(tmp_path).differences


def test_a_kill_while_the_locker_is_made_does_not_block_the_next_run(tmp_path: Path) -> None:
    (tmp_path / "watchkeeper.json#1").write_bytes(b"half")
    seal_one(Locker.open(tmp_path, create=True))
    assert not check(tmp_path).differences


def test_who_goes_on_removes_the_unfinished_copies_of_who_was_killed(tmp_path: Path) -> None:
    locker = Locker.open(tmp_path, create=True)
    killed = locker.begin("acme", SITES)
    put_page(killed, ["1"])
    killed.leave()
    half = tmp_path / killed.folder / "table.parquet#1"
    half.write_bytes(b"half")
    (found,) = locker.interrupted("acme")
    going_on = locker.begin("acme", SITES, interrupted=found)
    assert going_on.folder == killed.folder
    assert half.exists()  # a writer of this process may not be quite at its end
    seal(going_on)
    assert not half.exists()
    assert check(tmp_path).strays == []


def test_what_a_manifest_names_must_be_on_the_disk(tmp_path: Path) -> None:
    locker = Locker.open(tmp_path, create=True)
    writer = locker.begin("acme", SITES)
    put_page(writer, ["1"])
    (page,) = (tmp_path / writer.folder).glob("page-*")
    page.unlink()
    with pytest.raises(LockerError, match="cannot be written to the disk"):
        seal(writer)
    assert locker.collections() == []


@pytest.mark.parametrize("how", ["left", "sealed"])
def test_what_comes_late_is_not_written_to_a_collection_that_has_ended(
    tmp_path: Path, how: str
) -> None:
    locker = Locker.open(tmp_path, create=True)
    writer = locker.begin("acme", SITES)
    put_page(writer, ["1"])
    if how == "left":
        writer.leave()
    else:
        whole = completeness(ended=True, rows=0, distinct=0, count_before=0, count_after=0)
        writer.seal({"source": {"console": "https://acme.sentinelone.net"}}, whole)
    before = sorted(path for path, _ in locker.store.files(""))
    with pytest.raises(LockerError, match="no longer written"):
        writer.answer({"path": "/sites", "params": {}})
    with pytest.raises(LockerError, match="no longer written"):
        put_page(writer, ["2"])
    assert sorted(path for path, _ in locker.store.files("")) == before
