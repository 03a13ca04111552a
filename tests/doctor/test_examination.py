"""The checks that ask the database and the locker, on a real one of each."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.ledger.conftest import seal_collection
from watchkeeper.bootstrap import App
from watchkeeper.doctor.examination import TOPICS, examine
from watchkeeper.doctor.finding import Finding, State
from watchkeeper.ledger.connections import connect
from watchkeeper.ledger.index import index
from watchkeeper.ledger.installation import Installation
from watchkeeper.ledger.models import Connection, ConnectionState, Run, RunState
from watchkeeper.locker.locker import Locker
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.token import parse_token

pytestmark = pytest.mark.postgres
TOKEN = parse_token("invented-token-0123456789-abcdefghijklmnopqrstuvwxyz")


@pytest.fixture
def parts(ledger: App, tmp_path: Path) -> Installation:
    """An installation with a locker of the test's own and one connection that works."""
    locker = Locker.open(tmp_path / "locker", create=True)
    parts = replace(ledger.installation, locker=lambda: Locker.open(tmp_path / "locker"))
    address, now = parse_address("https://acme.sentinelone.net"), parts.clock.now()
    connect("acme", address, TOKEN, vault=parts.vault, actor="maria", now=now)
    Connection.objects.update(state=ConnectionState.OK)
    seal_collection(locker)
    index(locker, Connection.objects.get())
    return parts


def look(app: App, parts: Installation) -> Mapping[str, list[Finding]]:
    """What is not right, by topic."""
    found: dict[str, list[Finding]] = {}
    for each in examine(parts, app.keys, []):
        if each.state is not State.RIGHT:
            found.setdefault(each.topic, []).append(each)
    return found


def test_a_connection_that_works_and_an_index_that_follows_are_right(
    app: App, parts: Installation
) -> None:
    assert set(look(app, parts)) <= {"jobs"}


def test_what_is_sealed_and_not_indexed_is_found(app: App, parts: Installation) -> None:
    seal_collection(parts.locker())
    seal_collection(parts.locker(), connection="unknown")

    told = [each.text for each in look(app, parts)["index"]]

    assert "The locker holds unknown, which the database does not know." in told
    assert "1 sealed records of acme are not in it yet." in told
    Run.objects.create(connection=Connection.objects.get(), trigger="m", state=RunState.RUNNING)
    states = {each.state for each in look(app, parts)["index"] if "acme" in each.text}
    assert states == {State.NOTE}, "its run adds them at its end"


def test_an_altered_manifest_is_found(app: App, parts: Installation) -> None:
    locker = parts.locker()
    manifest = Path(locker.store.where) / locker.collections()[0].path / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b"complete", b"Complete", 1))

    (found,) = look(app, parts)["locker"]

    assert found.state is State.WRONG
    assert "is not what was sealed" in found.text


def test_dead_lost_and_expiring_tokens_are_told_with_what_to_do(
    app: App, parts: Installation
) -> None:
    def told() -> Finding:
        (found,) = look(app, parts)["connections"]
        return found

    soon = parts.clock.now() + timedelta(days=3)
    Connection.objects.update(token_expires_at=soon)
    assert f"expires on {soon:%Y-%m-%d}" in told().text
    Connection.objects.update(state=ConnectionState.TOKEN_DEAD, state_reason="It was refused.")
    assert told().text == "acme: token dead. It was refused."
    Connection.objects.update(token_ciphertext="nothing")
    assert "no key opens its stored token" in told().text
    assert "connect --name acme" in told().mend


def test_a_consoles_clock_is_that_of_the_newest_collection_that_asked(
    app: App, parts: Installation
) -> None:
    for ahead_ms in (100, 3_600_000, None):
        seal_collection(parts.locker(), ahead_ms=ahead_ms)
    index(parts.locker(), Connection.objects.get())
    (found,) = look(app, parts)["clock"]
    assert "https://acme.sentinelone.net differs by +3600 s" in found.text


def test_what_is_overdue_and_a_run_without_a_job_are_found(app: App, parts: Installation) -> None:
    connection = Connection.objects.get()
    connection.collections.update(started=parts.clock.now() - timedelta(days=9))
    long_ago = parts.clock.now() - timedelta(hours=1)
    assert "acme: roles should have been collected" in look(app, parts)["schedule"][0].text
    Run.objects.create(
        connection=connection, trigger="maria", state=RunState.RUNNING, started=long_ago
    )

    found = look(app, parts)

    assert [each.state for each in found["schedule"]] == [State.NOTE]
    assert any("runs have no job any more" in each.text for each in found["jobs"])


def test_what_cannot_be_checked_is_never_right(
    app: App, parts: Installation, tmp_path: Path
) -> None:
    gone = replace(parts, locker=lambda: Locker.open(tmp_path / "nowhere"))

    found = look(app, gone)

    for topic in ("locker", "index", "clock"):
        assert [each.state for each in found[topic]] == [State.UNCHECKED]
    behind = examine(parts, app.keys, ["ledger.0009_later"])
    states = {each.topic: each.state for each in behind if each.topic != "database"}
    assert states == dict.fromkeys(TOPICS[1:], State.UNCHECKED)
    assert any("watchkeeper migrate" in each.mend for each in behind)
