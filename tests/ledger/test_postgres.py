"""The embedded PostgreSQL: private, and back on its feet after whatever happened."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg
import pytest

from watchkeeper.errors import UsageError
from watchkeeper.ledger import postgres
from watchkeeper.ledger.cluster import Place
from watchkeeper.ledger.database import django_database, url_parameters
from watchkeeper.ledger.folder import AlreadyRunning, DataFolder, read_private, write_private


@pytest.fixture
def folder() -> Iterator[DataFolder]:
    """A data folder; pytest's own are closed to PostgreSQL's account when root runs the tests."""
    with TemporaryDirectory(prefix="wk-pg-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        yield DataFolder(Path(name) / "data")


def answer(folder: DataFolder, query: str) -> str:
    """The one value the ledger's account gets."""
    with closing(psycopg.connect(**Place(folder).parameters())) as found:  # type: ignore[arg-type]
        row = found.execute(query).fetchone()
        assert row is not None
        return str(row[0])


@pytest.mark.postgres
def test_it_asks_for_a_password_and_listens_on_a_private_socket_only(folder: DataFolder) -> None:
    with folder.held():
        server = postgres.start(folder)
        try:
            assert answer(folder, "SELECT current_user") == "watchkeeper"
            assert answer(folder, "SHOW listen_addresses") == ""
            assert answer(folder, "SHOW server_encoding") == "UTF8"
            query = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
            assert answer(folder, query) == "False"
            strangers = Place(folder).parameters() | {"passfile": os.devnull, "password": "guess"}
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(**strangers)  # type: ignore[arg-type]
        finally:
            server.stop()
    assert Place(folder).sockets.stat().st_mode & 0o077 == 0
    assert Place(folder).passwords.stat().st_mode & 0o077 == 0
    assert Place(folder).cluster.stat().st_mode & 0o077 == 0


@pytest.mark.postgres
def test_no_folder_above_the_data_is_opened(folder: DataFolder) -> None:
    before = {parent: parent.stat().st_mode for parent in folder.path.parents}

    with folder.held():
        postgres.start(folder).stop()

    assert {parent: parent.stat().st_mode for parent in folder.path.parents} == before


STARTER = """
import sys
from pathlib import Path
from watchkeeper.ledger import postgres
from watchkeeper.ledger.folder import DataFolder
folder = DataFolder(Path(sys.argv[1]))
with folder.held():
    postgres.start(folder)
    print("up", flush=True)
    sys.stdin.read()
"""


@pytest.mark.postgres
def test_it_stops_when_its_starter_is_killed_and_starts_again(folder: DataFolder) -> None:
    command = [sys.executable, "-c", STARTER, str(folder.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        assert starter.stdout.readline() == b"up\n"
        with pytest.raises(AlreadyRunning, match=f"process {starter.pid}"), folder.held():
            pass
        pid_file = Place(folder).cluster / "postmaster.pid"
        server = psutil.Process(int(pid_file.read_text().split()[0]))
        starter.kill()
    psutil.wait_procs([server], timeout=20)

    with folder.held():
        again = postgres.start(folder)
        assert answer(folder, "SELECT 1") == "1"
        again.stop()
    assert not server.is_running()


@pytest.mark.postgres
def test_a_server_that_was_left_behind_is_ended_first(folder: DataFolder) -> None:
    with folder.held():
        left = postgres.start(folder)
        # The guard is gone with -9: nobody stops the server.
        os.killpg(left.process.pid, signal.SIGSTOP)
        children = psutil.Process(left.process.pid).children()
        for guard in children:
            if guard.name() != "postgres":
                guard.kill()
        left.process.kill()
        left.process.wait()
        for server in children:
            if server.name() == "postgres":
                server.resume()
        again = postgres.start(folder)
        assert answer(folder, "SELECT 1") == "1"
        again.stop()
        left.stop()


@pytest.mark.postgres
def test_a_half_made_cluster_and_a_pid_file_that_lies_are_no_obstacle(folder: DataFolder) -> None:
    folder.prepare()
    place = Place(folder)
    (folder.postgres / f"{place.cluster.name}.new").mkdir(parents=True)
    (folder.postgres / f"{place.cluster.name}.new" / "PG_VERSION").write_text("18\n")
    with folder.held():
        postgres.start(folder).stop()
        (place.cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{place.cluster}\n")
        postgres.start(folder).stop()


def test_the_data_of_another_version_is_left_alone(folder: DataFolder) -> None:
    (folder.postgres / "16").mkdir(parents=True)
    (folder.postgres / "16" / "PG_VERSION").write_text("16\n")

    with folder.held(), pytest.raises(UsageError, match="the data of PostgreSQL 16, this is 18"):
        postgres.start(folder)


def test_a_long_path_gets_its_socket_in_a_short_one() -> None:
    short, long = Place(DataFolder(Path("/data"))), Place(DataFolder(Path("/d" * 60)))

    assert short.sockets == Path("/data/postgres/socket")
    assert len(str(long.sockets / ".s.PGSQL.5432")) <= 100
    assert long.sockets != Place(DataFolder(Path("/d" * 61))).sockets


def test_a_private_file_is_written_once_and_refused_when_others_can_read_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "secret"

    assert write_private(path, "first") == "first"
    assert write_private(path, "second") == "first"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]
    path.chmod(0o644)
    with pytest.raises(UsageError, match=r"can be read by others \(mode 644\)"):
        read_private(path)


@pytest.mark.parametrize(
    "url",
    ["mysql://u:secret@host/db", "postgresql://u:secret@host:port:/", "postgresql://u:secret@h"],
)
def test_a_database_url_that_is_none_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(UsageError, match="WATCHKEEPER_DATABASE_URL") as caught:
        url_parameters(url)

    assert "secret" not in str(caught.value)


def test_a_database_url_becomes_djangos_entry() -> None:
    entry = django_database(url_parameters("postgresql://u:p%20w@h:6543/d?sslmode=require"))

    wanted = {"USER": "u", "PASSWORD": "p w", "HOST": "h", "PORT": "6543", "NAME": "d"}
    assert {key: entry[key] for key in wanted} == wanted
    assert entry["OPTIONS"] == {"sslmode": "require"}
