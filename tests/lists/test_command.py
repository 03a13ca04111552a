"""`watchkeeper lists`, as it is typed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.rows import put_rows
from watchkeeper.cli import _run
from watchkeeper.cli.lists import Action
from watchkeeper.errors import UsageError
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import completeness
from watchkeeper.resources import everything

LIST = "Seriennummer;Hostname;Raum\nS1;pc-1;4\nS2;\x1b[31mpc-2;5\n"


@pytest.fixture
def where(tmp_path: Path) -> Path:
    """A locker in which something was collected."""
    folder = tmp_path / "locker"
    writer = Locker.open(folder, create=True).begin("acme", everything()["sites"])
    put_rows(writer, [])
    record: dict[str, Any] = {"subject": "", "source": {"vendor": "", "console": ""}, "route": ""}
    done = completeness(ended=True, rows=0, distinct=0, count_before=0, count_after=0)
    writer.seal(record | {"derived": False}, done)
    (tmp_path / "hw.csv").write_text(LIST)
    return folder


def typed(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    """What a command prints."""
    with pytest.raises(SystemExit) as ended:
        _run(["lists", *map(str, words)])
    assert not ended.value.code
    return capsys.readouterr().out


def test_a_list_is_tried_loaded_shown_and_removed(
    capsys: pytest.CaptureFixture[str], where: Path, tmp_path: Path
) -> None:
    one: list[str | Path] = ["--locker", where, "--list", "hardware"]
    load: list[str | Path] = ["load", "assets", tmp_path / "hw.csv", *one]

    tried = typed(capsys, *load, "--map", "Raum=location", "--dry-run")
    assert "Seriennummer" in tried
    assert "serial_number" in tried
    assert "\\u001b[31mpc-2" in tried
    assert "2 rows. Not sealed: a dry run." in tried
    assert json.loads(typed(capsys, "show", "assets", "--locker", where, "--json")) == []

    loaded = json.loads(typed(capsys, *load, "--map", "Raum=location", "--json"))
    assert (loaded["rows"], loaded["mapping"]["Raum"]) == (2, "location")
    again = json.loads(typed(capsys, *load, "--json"))
    assert again["mapping"] == loaded["mapping"]
    forgotten = json.loads(typed(capsys, *load, "--guess-again", "--dry-run", "--json"))
    assert forgotten["mapping"]["Raum"] == ""
    assert forgotten["sealed"] is None

    (shown,) = json.loads(typed(capsys, "show", "assets", "--locker", where, "--json"))
    assert (shown["list"], shown["rows"], shown["from"]) == ("hardware", 2, "hw.csv")
    assert shown["collection"] == again["sealed"]
    assert "hardware" in typed(capsys, "show", "assets", "--locker", where)
    assert "no list of assets yet" in typed(capsys, "remove", "assets", *one)


def test_sources_are_shown_with_their_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert "client_secret: The API client's secret. (secret)" in typed(capsys, "sources")
    told = {each["name"]: each for each in json.loads(typed(capsys, "sources", "--json"))}
    assert told["entra"]["gives"] == ["assets", "people"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["load", "assets"], r"lists load` needs a FILE and a name for the list \(--list NAME\)"),
        (["load", "assets"], "As in: watchkeeper lists load assets assets.csv --list assets"),
        (["load", "assets", "hw.csv"], r"load` needs a name for the list \(--list NAME\)\. As in"),
        (["load"], r"needs a kind \(assets, .*\), a FILE and a name for the list"),
        (["load", "--list", "x"], "needs a kind .* and a FILE. As in"),
        (["load", "assets", "--source", "jamf"], "needs a name .* lists load assets --list assets"),
        (["watch", "people", "--list", "x"], "needs a FILE. As in: .* watch people people.csv"),
        (["remove", "assets"], "needs a name .* As in: watchkeeper lists remove assets --list"),
        (["show"], r"show` needs a kind .*\. As in: watchkeeper lists show assets$"),
        (["--source", "jamf", "--option", "client_secret=x"], "does not belong on a command line"),
        (["--source", "jamf", "--option", "address"], "NAME=VALUE"),
        (["--source", "jamf", "--secret-env", "client_secret=NOT_SET_ANYWHERE"], "is not set"),
        (["--source", "jamf", "--secret-file", "client_secret=/nowhere"], "cannot be read"),
        (["hw.csv", "--source", "jamf"], "takes no file"),
        (["hw.csv", "--connection", "other"], "no connection 'other'"),
        (["hw.csv", "--date-order", "ymd"], "no order of day and month"),
    ],
)
def test_wrong_usage_is_said(where: Path, words: list[str], said: str) -> None:
    whole = ["load", "assets", *words, "--locker", str(where), "--list", "x"]
    with pytest.raises(UsageError, match=said) as refused:
        _run(["lists", *(words if words[0] in list(Action) else whole)])
    assert refused.value.exit_code == 2
