"""The file of a backup: whole under its name, refused when it is not as it was written."""

import io
import tarfile
from pathlib import Path

import pytest

from watchkeeper.bootstrap import App
from watchkeeper.errors import Tampered, UsageError, WatchkeeperError
from watchkeeper.ledger import dump
from watchkeeper.ledger.archive import files, manifest_of, writing


def make(path: Path) -> Path:
    with writing(path, 0) as archive:
        archive.add("database/some.copy.zst", b"rows")
        archive.add("locker/log/0000000001.json", b"{}")
        archive.finish({"version": "1"})
    return path


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = make(tmp_path / "backup.tar")

    assert manifest_of(path)["version"] == "1"
    content = {name: file.read_whole() for name, file in files(path)}
    assert content["database/some.copy.zst"] == b"rows"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["backup.tar"]
    with pytest.raises(UsageError, match="there already"):
        make(path)


def test_a_backup_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        with writing(tmp_path / "b.tar", 0) as archive:
            archive.add("database/some.copy.zst", b"rows")
            raise OSError("no room")

    with pytest.raises(WatchkeeperError, match=r"b\.tar cannot be written: no room"):
        fail()

    assert list(tmp_path.iterdir()) == []


def test_two_cannot_write_the_same_file(tmp_path: Path) -> None:
    with writing(tmp_path / "b.tar", 0) as archive:
        with pytest.raises(UsageError, match="Another process"):
            make(tmp_path / "b.tar")
        archive.add("database/some.copy.zst", b"rows")
        archive.finish({"version": "1"})

    assert manifest_of(tmp_path / "b.tar")["version"] == "1"


def test_a_trap_where_it_is_to_be_written_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("mine")
    (tmp_path / ".b.tar.partial").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(UsageError, match="cannot be written"):
        make(tmp_path / "b.tar")

    assert (tmp_path / "elsewhere").read_text() == "mine"


@pytest.mark.parametrize("place", [512, 1536, -1])
def test_a_changed_byte_is_found_wherever_it_is(tmp_path: Path, place: int) -> None:
    path = make(tmp_path / "backup.tar")
    data = bytearray(path.read_bytes())
    if place < 0:  # in the digests themselves
        place = data.index(b"  database/some") - 1
    data[place] ^= 1
    path.write_bytes(data)

    with pytest.raises((Tampered, UsageError)):
        manifest_of(path)


@pytest.mark.parametrize("kept", [0, 100, 1024, 2600])
def test_a_file_that_was_cut_off_is_no_backup(tmp_path: Path, kept: int) -> None:
    path = make(tmp_path / "backup.tar")
    path.write_bytes(path.read_bytes()[:kept])

    with pytest.raises((Tampered, UsageError)):
        manifest_of(path)
    with pytest.raises(UsageError, match="cannot be read"):
        manifest_of(tmp_path / "nowhere.tar")


@pytest.mark.parametrize("name", ["locker/../../evil", "/etc/evil", "locker//evil", "other"])
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as tar:
        member = tarfile.TarInfo(name)
        member.size = 4
        tar.addfile(member, io.BytesIO(b"evil"))

    with pytest.raises(Tampered, match="which no backup does"):
        manifest_of(path)
    with pytest.raises(ValueError, match="no name"), writing(tmp_path / "b.tar", 0) as archive:
        archive.add(name, b"evil")


@pytest.mark.postgres
def test_a_backup_of_a_later_version_is_refused(ledger: App) -> None:  # noqa: ARG001
    with pytest.raises(UsageError, match=r"later version: ledger\.9999_later"):
        dump.make_tables([*dump.migrations(), ("ledger", "9999_later")])
