"""What operators do with an installation that runs: one is started and filled for all of it."""

import hashlib
import json
import os
import shutil
import signal
import tarfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest

from tests.server.commands import CONFIGURATION, Started, free_port, gone, run
from tests.waiting import until
from watchkeeper.ledger.cluster import Place
from watchkeeper.ledger.folder import DataFolder
from watchkeeper.locker.store import Store
from watchkeeper.locker.verify import verify
from watchkeeper.resources import catalogue
from watchkeeper.simulator import Company, Running, running

pytestmark = [pytest.mark.postgres, pytest.mark.slow]

INDEX = {
    "ledger_collectionentry": "path, resource, verdict, rows, manifest_sha256, started, ended",
    "ledger_assessmententry": "path, control, result, passed, failed, newest, judged_at",
    "ledger_failingitem": "subject, name, outcome, reason",
}


@dataclass
class Installed:
    """A filled installation: its folder, its console, and `up` where it runs."""

    data: Path
    console: Running
    port: int
    up: Started | None = None

    def start(self) -> None:
        self.up = Started("up", "--data", self.data, "--port", self.port)
        self.up.until("runs at")
        # The pages answer a moment before the worker is there, and tests come in any order.
        until(lambda: "Workers: " in self.do("jobs").stdout)

    def stop(self) -> None:
        if self.up is not None:
            assert self.up.end() == 0
            self.up = None
        assert gone(self.data)

    def connect(self) -> "CompletedProcess[str]":
        token = self.data.parent / "token"
        token.write_text(self.console.token)
        named = ("--console", self.console.url, "--token-file", token, "--name", "acme")
        return run("connect", *named, "--data", self.data)

    def do(self, *words: object) -> "CompletedProcess[str]":
        return run(*words, "--data", self.data)


@pytest.fixture(scope="module")
def installed() -> Iterator[Installed]:
    with (
        TemporaryDirectory(prefix="wk-operate-", ignore_cleanup_errors=True) as name,
        running(Company(agents=300, threats=12, activities=100, users=9)) as console,
    ):
        Path(name).chmod(0o711)
        made = Installed(Path(name) / "data", console, free_port())
        made.start()
        assert made.connect().returncode == 0
        first = made.do("collect", "--wait")
        assert first.returncode == 0, first.stdout + first.stderr
        yield made
        made.stop()


def ask(data: Path, query: str) -> list[tuple[Any, ...]]:
    parameters: dict[str, Any] = dict(Place(DataFolder(data)).parameters())
    with closing(psycopg.connect(**parameters, autocommit=True)) as found:
        return found.execute(query).fetchall()


def key_file(data: Path) -> Path:
    """Where the keys of an installation lie by default: apart from it, under its own name."""
    name = (data / "keys" / "installation").read_text().strip()
    return CONFIGURATION / "watchkeeper" / f"token-{name}.key"


def index(data: Path) -> dict[str, list[tuple[Any, ...]]]:
    """What the database holds of the locker."""
    return {
        table: sorted(ask(data, f"SELECT {columns} FROM {table}"), key=repr)  # noqa: S608 - its own
        for table, columns in INDEX.items()
    }


def actions(data: Path) -> list[str]:
    return [action for (action,) in ask(data, "SELECT action FROM ledger_auditevent ORDER BY id")]


def test_collecting_is_asked_for_and_waited_for(installed: Installed) -> None:
    done = installed.do("collect", "acme", "--only", "agents,users", "--only", "groups", "--wait")

    assert done.returncode == 0, done.stderr
    assert "acme: done" in done.stdout
    (only,) = ask(installed.data, 'SELECT "only" FROM ledger_run ORDER BY id DESC LIMIT 1')[0]
    assert only == ["agents", "groups", "users"]
    assert "collection.asked" in actions(installed.data)
    assert installed.do("collect", "nowhere").returncode == 2
    assert "There are: acme" in installed.do("collect", "nowhere").stderr
    assert "is no resource" in installed.do("collect", "--only", "agent").stderr


def test_jobs_tell_what_failed_and_which_worker_lives(installed: Installed) -> None:
    shown = installed.do("jobs")

    assert shown.returncode == 0
    assert "Workers: " in shown.stdout


def test_tokens_are_encrypted_anew_while_everything_runs(installed: Installed) -> None:
    before = ask(installed.data, "SELECT token_ciphertext FROM ledger_connection")

    added = installed.do("keys", "new")
    rotated = installed.do("keys", "rotate", "--forget")

    assert added.stdout.count("opens 1 secret") == 1
    assert rotated.stdout.count("opens") == 1
    assert "opens 1 secret, encrypts" in rotated.stdout
    assert ask(installed.data, "SELECT token_ciphertext FROM ledger_connection") != before
    file = key_file(installed.data)
    assert file.read_text().strip() not in added.stdout + rotated.stdout
    assert installed.do("collect", "acme", "--only", "users", "--wait").returncode == 0


def test_a_lost_key_is_said_and_entering_the_token_again_mends_it(installed: Installed) -> None:
    file = key_file(installed.data)
    kept = file.rename(file.with_suffix(".kept"))

    failed = installed.do("collect", "acme", "--only", "users", "--wait")

    assert failed.returncode == 3
    assert "Enter the token again" in failed.stdout
    assert "Enter the token again" in installed.do("jobs").stdout
    assert ask(installed.data, "SELECT state FROM ledger_connection") == [("token lost",)]
    assert "No key opens the token of acme" in installed.do("keys").stdout
    assert installed.connect().returncode == 0
    assert installed.do("collect", "acme", "--only", "users", "--wait").returncode == 0
    kept.unlink()


def test_a_backup_of_a_running_installation_comes_back_whole(installed: Installed) -> None:
    installed.console.set_faults("slow:10")
    assert installed.do("collect", "acme").returncode == 0
    file = installed.data.parent / "backup.tar"
    judged = {row[:5] for row in index(installed.data)["ledger_assessmententry"]}
    assert judged

    made = installed.do("backup", file, "--with-keys")

    installed.console.set_faults()
    assert made.returncode == 0, made.stderr
    assert "whoever has this file can use the API tokens" in made.stdout
    assert file.stat().st_mode & 0o077 == 0
    assert installed.console.token.encode() not in file.read_bytes()
    assert "is there already" in installed.do("backup", file).stderr
    sessions = [name for name in names(file) if "session" in name]
    assert sessions == []

    other = installed.data.parent / "other"
    damaged = installed.data.parent / "damaged.tar"
    damage(file, damaged)
    refused = run("restore", damaged, "--data", other)
    assert refused.returncode == 5
    assert "is not as it was written" in refused.stderr
    assert not other.exists()
    assert "runs already" in installed.do("restore", file).stderr

    restored = run("restore", file, "--data", other)

    assert restored.returncode == 0, restored.stderr
    report = verify(Store(other / "locker", create=False))
    assert (report.differences, report.leftovers, report.waiting) == ([], [], [])
    again = Installed(other, installed.console, free_port())
    again.start()
    assert judged <= {row[:5] for row in index(other)["ledger_assessmententry"]}
    columns = "SELECT name, console, token_fingerprint, created_at FROM ledger_connection"
    assert ask(other, columns) == ask(installed.data, columns)
    people = "SELECT username, password FROM access_person"
    assert ask(other, people) == ask(installed.data, people)
    assert actions(other)[: len(actions(installed.data)) - 1] == actions(installed.data)[:-1]
    for statement in ("DELETE FROM ledger_auditevent", "TRUNCATE ledger_auditevent"):
        with pytest.raises(psycopg.Error, match="append-only"):
            ask(other, statement)
    assert again.do("collect", "acme", "--only", "users", "--wait").returncode == 0
    again.stop()


def test_a_restore_moves_aside_what_is_there_only_when_told(
    installed: Installed, tmp_path: Path
) -> None:
    file, other = tmp_path / "backup.tar", installed.data.parent / "occupied"
    assert installed.do("backup", file).returncode == 0
    first = run("restore", file, "--data", other)
    assert "No key opens the token of acme" in first.stdout, first.stderr

    occupied = run("restore", file, "--data", other)
    assert occupied.returncode == 2
    assert "--replace" in occupied.stderr
    replaced = run("restore", file, "--data", other, "--replace")
    assert replaced.returncode == 0, replaced.stderr
    (aside,) = other.glob("before-restore-*")
    assert {path.name for path in aside.iterdir()} == {"postgres", "locker"}
    (other / "restoring").touch()
    assert "was cut off" in run("up", "--data", other, "--port", free_port()).stderr


def test_the_doctor_finds_nothing_wrong_and_then_what_was_broken(installed: Installed) -> None:
    healthy = installed.do("doctor", "--json")
    findings = json.loads(healthy.stdout)["findings"]
    assert [each for each in findings if each["state"] in {"wrong", "unchecked"}] == []
    assert healthy.returncode == 0
    topics = ["settings", "data folder", "keys", "controls", "database", "locker"]
    told = list(dict.fromkeys(each["topic"] for each in findings))
    assert told == [*topics, "index", "jobs", "schedule", "clock", "connections", "web"]

    installed.stop()
    misspelt = {"WATCHKEEPER_KEYFILE": "/nowhere"}
    ill = run("doctor", "--data", installed.data, **misspelt)
    installed.start()

    assert ill.returncode == 1
    assert "There is no setting WATCHKEEPER_KEYFILE" in ill.stdout
    assert "Did you mean WATCHKEEPER_KEY_FILE?" in ill.stdout
    assert "No worker is alive: nothing is collected." in ill.stdout
    assert "Nobody listens at" in ill.stdout


def names(file: Path) -> list[str]:
    with tarfile.open(file) as tar:
        return tar.getnames()


def damage(file: Path, into: Path) -> None:
    """A copy in which one byte of one file is another one."""
    with tarfile.open(file) as tar:
        member = next(each for each in tar if each.name.endswith("table.parquet"))
    data = bytearray(file.read_bytes())
    data[member.offset_data + 100] ^= 1
    into.write_bytes(data)


def test_a_backup_can_be_checked_with_standard_tools(installed: Installed, tmp_path: Path) -> None:
    file = tmp_path / "plain.tar"
    assert "Without the keys" in installed.do("backup", file).stdout

    with tarfile.open(file) as tar:
        tar.extractall(tmp_path / "out", filter="data")

    lines = (tmp_path / "out" / "SHA256SUMS").read_text().splitlines()
    assert len(lines) > 20
    for line in lines:
        digest, name = line.split("  ", 1)
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest
    assert not (tmp_path / "out" / "keys").exists()


def test_a_backup_that_is_killed_leaves_nothing_under_its_name(
    installed: Installed, tmp_path: Path
) -> None:
    file = tmp_path / "cut.tar"
    draft = tmp_path / ".cut.tar.partial"
    parameters: dict[str, Any] = dict(Place(DataFolder(installed.data)).parameters())
    with closing(psycopg.connect(**parameters)) as other:
        other.execute("LOCK TABLE ledger_run IN ACCESS EXCLUSIVE MODE")  # it waits for that table
        making = Started("backup", file, "--data", installed.data)
        while not draft.exists():
            assert making.process.poll() is None
            time.sleep(0.05)
        os.kill(making.process.pid, signal.SIGKILL)
        making.wait()

    assert not file.exists()
    assert installed.do("backup", file).returncode == 0
    assert not draft.exists()


def test_a_dropped_database_is_built_again_from_the_locker(installed: Installed) -> None:
    assert installed.do("collect", "acme", "--only", "users", "--wait").returncode == 0
    before = index(installed.data)
    assert all(before.values())
    installed.stop()
    shutil.rmtree(installed.data / "postgres")

    done = installed.do("reindex")

    assert done.returncode == 0, done.stderr
    assert "came back without a token" in done.stdout
    assert "did not come back: tokens" in done.stdout
    installed.start()
    assert index(installed.data) == before
    state = "SELECT state, paused, state_reason FROM ledger_connection"
    assert ask(installed.data, state) == [
        (
            "token lost",
            True,
            "Enter the token again, then resume the connection: only the locker still knew it.",
        )
    ]
    assert {name for (_, name, *_) in before["ledger_collectionentry"]} == set(catalogue())
    assert installed.connect().returncode == 0
    assert installed.do("connections", "resume", "acme").returncode == 0
    assert installed.do("collect", "--only", "users", "--wait").returncode == 0


def test_a_second_person_is_made_on_the_command_line(installed: Installed) -> None:
    added = installed.do("people", "add", "maria", "--role", "operator")

    assert added.returncode == 0, added.stderr
    assert "The password of 'maria' is " in added.stdout
    assert "maria  operator; signed in never" in added.stdout
    assert actions(installed.data)[-1] == "person.added"
    everybody = json.loads(installed.do("people", "--json").stdout)
    assert [(each["name"], each["roles"]) for each in everybody] == [
        ("admin", ["admin"]),
        ("maria", ["operator"]),
    ]
    assert "switched off" in installed.do("people", "off", "maria").stdout
    (third,) = json.loads(
        installed.do("people", "add", "mia", "--role", "auditor", "--json").stdout
    )
    assert (third["name"], third["roles"], len(third["password"])) == ("mia", ["auditor"], 16)
    for words, hint in (
        (("add", "mario", "--role", "boss"), "viewer, auditor, operator, admin"),
        (("off", "admin"), "people add NAME --role admin"),
        (("roles",), "lists all"),
        (("list", "mario"), "There are: admin, maria"),
        (("off", "maria", "--role", "viewer"), "add and roles"),
    ):
        refused = installed.do("people", *words)
        assert (refused.returncode, hint in refused.stderr) == (2, True), refused.stderr


def test_who_lost_their_password_gets_another(installed: Installed) -> None:
    before = ask(installed.data, "SELECT password FROM access_person")

    done = installed.do("password", "admin")

    assert done.returncode == 0
    assert "The password of 'admin' is now " in done.stdout
    assert ask(installed.data, "SELECT password FROM access_person") != before
    assert actions(installed.data)[-1] == "person.password_reset"
    nobody = installed.do("password", "nobody")
    assert nobody.returncode == 2
    assert "There are: admin" in nobody.stderr
