"""`watchkeeper lists` over an installation: audited, judged again, watched."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.queries.sealing import seal_rows
from tests.server.installation import _FOLDER, _KEY_FILE
from watchkeeper.assessment import assess
from watchkeeper.bootstrap import App
from watchkeeper.cli import _run
from watchkeeper.controls import catalogue
from watchkeeper.errors import UsageError
from watchkeeper.ledger.index import index
from watchkeeper.ledger.models import AuditEvent, Connection, ListSource, Run
from watchkeeper.locker.locker import Locker

pytestmark = pytest.mark.postgres
NAME = "lists-command"
Command = Callable[..., Any]


@pytest.fixture
def command(
    ledger: App, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Command:
    """Runs `watchkeeper lists` over an installation with one connection; what it tells as JSON."""
    monkeypatch.setenv("WATCHKEEPER_KEY_FILE", str(_KEY_FILE))
    locker = Locker.open(ledger.settings.locker, create=True)
    connection = Connection.objects.create(
        name=NAME, console="https://acme.sentinelone.net", token_ciphertext="none", state="ok"
    )
    seal_rows(locker, NAME, "agents", [{"id": "1", "serial_number": "S1"}])
    assess(locker, NAME, [catalogue()["COV-01"]], now=locker.clock.now())
    index(locker, connection)

    def run(*words: object) -> Any:
        with pytest.raises(SystemExit, match="0"):
            _run(["lists", *map(str, words), "--data", str(_FOLDER), "--json"])
        return json.loads(capsys.readouterr().out)

    return run


def test_a_list_is_loaded_watched_and_removed(command: Command, tmp_path: Path) -> None:
    (tmp_path / "hw.csv").write_text("Serial;Raum\nS1;4\n")
    one = ("assets", "--list", "hardware")
    loaded = command("load", *one, tmp_path / "hw.csv", "--map", "Raum=location")
    assert loaded["rows"] == 1
    told = AuditEvent.objects.get(action="list.loaded")
    assert told.actor.endswith("(command line)")
    assert Run.objects.get().controls == ["COV-01"]
    (shown,) = command("show", "assets")
    assert (shown["by"], shown["watched"]) == (told.actor, None)

    folder = ("--source", "folder", "--option", f"path={tmp_path}", "--every", "30m")
    assert command("watch", *one, *folder, "--dry-run")["sealed"] is None
    assert not ListSource.objects.exists()
    assert command("watch", *one, *folder)["mapping"]["Raum"] == "location"
    held = ListSource.objects.get()
    assert (held.interval, held.options) == (1800, {"path": str(tmp_path)})
    (shown,) = command("show", "assets")
    assert (shown["watched"]["source"], shown["watched"]["error"]) == ("folder", "")

    with pytest.raises(UsageError, match="it would come again"):
        command("remove", *one)
    command("unwatch", *one)
    assert command("remove", *one) == []
    with pytest.raises(UsageError, match="is not watched"):
        command("unwatch", *one)


def test_what_is_watched_needs_an_installation(tmp_path: Path) -> None:
    Locker.open(tmp_path / "locker", create=True)
    seal_rows(Locker.open(tmp_path / "locker"), "acme", "agents", [])
    words = ["watch", "assets", "a.csv", "--list", "x", "--locker", str(tmp_path / "locker")]

    with pytest.raises(UsageError, match="no schedule"):
        _run(["lists", *words])
