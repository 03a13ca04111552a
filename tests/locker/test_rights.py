"""Folders that may not be read: seen by a process that is not root, which may read everything."""

import subprocess
import sys

# What is imported lies where only root may look, perhaps: so rights are given up after that.
_AS_NOBODY = """
import os, pathlib, tempfile
from watchkeeper.errors import LockerError
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.verify import verify
if os.geteuid() == 0:
    os.seteuid(65534)
with tempfile.TemporaryDirectory() as name:
    closed = pathlib.Path(name, {folder!r})
    closed.mkdir(parents=True)
    closed.chmod(0)
    try:
        locker = Locker.open(name, create=True)
        print(sorted(path for path, _ in locker.store.files()), verify(locker.store).differences)
    except LockerError as error:
        print(error.message.replace(name, "LOCKER"))
    closed.chmod(0o700)
"""


def seen(folder: str) -> str:
    script = _AS_NOBODY.format(folder=folder)
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return ended.stdout.strip()


def test_what_a_file_system_keeps_beside_a_locker_does_not_matter() -> None:
    assert seen("lost+found") == "['watchkeeper.json'] []"


def test_a_folder_of_the_locker_that_may_not_be_read_is_told() -> None:
    told = seen("collections/connection=acme")
    assert told.startswith("collections/connection=acme in LOCKER cannot be read: ")
    assert "Permission denied" in told


_READER = """
import os, pathlib, tempfile
from watchkeeper.errors import LockerError
from watchkeeper.locker.locker import Locker
with tempfile.TemporaryDirectory() as name:
    place = pathlib.Path(name, "locker")
    Locker.open(place, create=True)
    pathlib.Path(name).chmod(0o755)
    place.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        Locker.open(place, create=True).begin_run("one", {})
    except LockerError as error:
        print(error.exit_code, str(error).replace(name, "FOLDER"))
    if root:
        os.seteuid(0)
    place.chmod(0o755)
"""


def test_who_may_only_read_a_locker_is_told_so_before_a_run() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _READER], capture_output=True, text=True, check=False
    )
    assert ended.stderr == ""
    assert ended.stdout == (
        "3 open/run-one in FOLDER/locker cannot be taken: Permission denied. "
        "Run it as a user who may write to the locker, on a disk with room.\n"
    )


_CLOSED_PAGE = """
import os, pathlib, tempfile
from watchkeeper.locker import pages
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.verify import verify
from watchkeeper.model.collection import Completeness, Verdict
from watchkeeper.resources import catalogue
if os.geteuid() == 0:
    os.seteuid(65534)
with tempfile.TemporaryDirectory() as name:
    locker = Locker.open(name, create=True)
    writer = locker.begin("acme", catalogue()["agents"])
    writer.keep(pages.rewritten(b"1"), {"rows": 0, "received": {}}, {"method": "GET"})
    found = writer.seal({"source": {"console": ""}}, Completeness(Verdict.COMPLETE, "", 0, 0, 0, 0))
    pathlib.Path(name, found.path, "page-00001.json.zst").chmod(0)
    for each in verify(locker.store).differences:
        print(each.path.rsplit("/", 1)[1], each.what.replace(name, "LOCKER"))
"""


def test_a_file_that_may_not_be_read_is_a_difference_named_once() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", _CLOSED_PAGE], capture_output=True, text=True, check=True
    )
    assert ended.stdout.startswith("page-00001.json.zst in LOCKER cannot be read: ")
    assert ended.stdout.count("page-00001") == 1
