"""The commands about statements, over a locker without an installation."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.statements.conftest import WHY, Estate
from watchkeeper.cli import _run
from watchkeeper.errors import UsageError
from watchkeeper.locker.verify import verify
from watchkeeper.model.assessment import Result

Command = Callable[..., Any]


@pytest.fixture
def command(estate: Estate, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command over the estate's locker; what it tells as JSON."""
    estate.at = datetime.now(UTC)
    estate.collect(estate.agent(1, "fully_disabled"), estate.agent(2))
    estate.judge()

    def run(name: str, *words: str, by: str = "") -> Any:
        where = ["--locker", estate.locker.store.where, "--json", *(["--by", by] if by else [])]
        with pytest.raises(SystemExit, match="0"):
            _run([name, *words, *where])
        return json.loads(capsys.readouterr().out)

    return run


def test_an_exception_from_asking_to_its_end(command: Command, estate: Estate) -> None:
    told = ("--reason", WHY, "--risk", "A risk.", "--measure", "A measure.", "--ends", "30")
    about = ("--control", "hlt-02", "--subject", "agent:1")
    (asked,) = command("exceptions", "request", *about, *told, by="anna")
    name = asked["id"]
    assert (asked["standing"], asked["about"]["control"]) == ("requested", "HLT-02")
    with pytest.raises(UsageError, match="cannot approve it as well"):
        command("exceptions", "approve", name, by="anna")
    (done,) = command("exceptions", "approve", name.lower(), "--remark", "Seen.", by="ben")
    assert [each["by"] for each in done["versions"]] == ["anna", "ben"]
    estate.at = datetime.now(UTC)
    assert estate.judge().result is Result.PASS_WITH_EXCEPTIONS
    command("exceptions", "revoke", name, "--remark", "Over.", by="ben")
    assert [each["standing"] for each in command("exceptions")] == ["revoked"]
    assert verify(estate.locker.store).differences == []


def test_attestations_scope_rules_and_thresholds(command: Command) -> None:
    test = ("--kind", "detection_test", "--subject", "linux", "--value", "threat_id=7")
    (vouched,) = command("attestations", "request", *test, "--statement", WHY, by="anna")
    assert vouched["about"]["data"] == {"threat_id": "7"}
    rule = ("--name", "Lab", "--tag", "lab", "--control", "HLT-02", "--reason", WHY)
    (first,) = command("scope", "request", *rule, by="anna")
    (second,) = command("scope", "request", *rule, "--replaces", first["id"], by="anna")
    assert second["about"]["version"] == 2
    command("scope", "reject", second["id"], "--remark", "No.", by="ben")
    assert len(command("scope")) == 2
    set_to = command("thresholds", "set", "HLT-01", "laptop_days", "2", "--reason", "So.", by="a")
    assert [(each["value"], each["by"]) for each in set_to] == [(2, "a")]
    back = command("thresholds", "reset", "HLT-01", "laptop_days", "--reason", "Back.", by="a")
    assert [each["value"] for each in back] == [2, None]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("exceptions", "approve"), "needs the id of one"),
        (("exceptions", "list", "EX-1"), "takes no id"),
        (("exceptions", "show", "EX-1"), "There is no EX-1"),
        (("exceptions", "request", "--control", "NO-1"), "There is no control"),
        (("scope", "list", "--connection", "other"), "There is no connection 'other'"),
        (("attestations", "list", "--value", "sha256"), "A value is NAME=TEXT"),
        (("thresholds", "set", "HLT-01", "laptop_days"), "needs a control, a parameter and"),
        (("thresholds", "set", "HLT-01", "colour", "2"), "has no parameter 'colour'"),
        (("thresholds", "set", "HLT-01", "laptop_days", "two"), "'two' is not a number"),
    ],
)
def test_what_cannot_be_done_is_told(command: Command, words: tuple[str, ...], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        command(*words, by="anna")


@pytest.mark.parametrize(
    "words",
    [["exceptions"], ["attestations"], ["scope"], ["thresholds"], ["lists", "show", "assets"]],
)
def test_an_empty_locker_does_not_stand_for_an_installation(
    tmp_path: Path, words: list[str]
) -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        _run([*words, "--locker", "", "--data", str(tmp_path / "data")])
