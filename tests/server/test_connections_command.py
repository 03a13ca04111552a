"""`watchkeeper connections`, as it is typed."""

import json
from pathlib import Path

import pytest

from watchkeeper.simulator import Company, running

from .commands import data, run

__all__ = ["data"]

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
TOKEN = "t" * 80


def typed(*words: object, code: int = 0) -> str:
    done = run(*words)
    assert done.returncode == code, done.stderr
    assert TOKEN not in done.stdout + done.stderr
    return done.stdout if code == 0 else done.stderr


def test_a_connection_is_listed_paused_resumed_and_removed(data: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN, "utf-8")
    here = ("--data", data)
    with running(Company(agents=3)) as console:
        address = ("--console", console.url, "--token-file", token)
        typed("connect", *address, "--name", "acme", *here)

        listed = json.loads(typed("connections", "--json", *here))
        assert [(each["name"], each["state"], each["paused"]) for each in listed] == [
            ("acme", "new", False)
        ]
        assert "new, paused" in typed("connections", "pause", "acme", *here)
        assert "paused" not in typed("connections", "resume", "acme", *here)
        assert "needs the name" in typed("connections", "remove", *here, code=2)
        assert "There are: acme" in typed("connections", "pause", "bolt", *here, code=2)
        assert "No console is connected" in typed("connections", "remove", "acme", *here)
        typed("connect", *address, "--name", "acme", *here)
        assert "acme" in typed("connections", *here)


def test_options_of_a_connection_are_given_on_the_command_line(data: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN, "utf-8")
    here = ("--name", "acme", "--token-file", token, "--data", data)
    connect = ("connect", "--console", "http://127.0.0.1:9", *here)
    typed(*connect, "--tag", "prod", "--tag", "emea", "--every", "threats=30m")
    typed(*connect, "--every", "agents=12h")

    listed = json.loads(typed("connections", "--json", "--data", data))
    assert listed[0]["tags"] == ["prod", "emea"]
    assert listed[0]["intervals"] == {"agents": 43200}
    assert "out of bounds" in typed(*connect, "--every", "agents=1m", code=2)
    assert "is no resource" in typed(*connect, "--every", "agent=1h", code=2)
    assert "is no interval" in typed(*connect, "--every", "agents", code=2)
    assert "cannot be read as a certificate" in typed(*connect, "--ca-file", "/nowhere", code=2)
    assert "no HTTP proxy" in typed(*connect, "--proxy", "socks5://x", code=2)


def test_keys_lie_in_the_systems_keyring_where_that_is_wanted(data: Path, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN, "utf-8")
    keyring = {
        "WATCHKEEPER_KEYRING": "system",
        "PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring",
        "XDG_DATA_HOME": str(tmp_path),
    }
    with running(Company(agents=3)) as console:
        named = ("--name", "acme", "--token-file", token, "--data", data)
        added = run("connect", "--console", console.url, *named, **keyring)
        assert added.returncode == 0, added.stderr

    listed = run("keys", "rotate", "--data", data, **keyring)
    assert "Keys of the system's keyring (watchkeeper, " in listed.stdout
    assert "opens 1 secret" in listed.stdout
    without = run("keys", "--data", data, **keyring | {"WATCHKEEPER_KEYRING": ""})
    assert "No key opens the token of acme" in without.stdout
    nonsense = run("keys", "--data", data, **keyring | {"WATCHKEEPER_KEYRING": "mine"})
    assert "is no keyring there is" in nonsense.stderr


def test_a_console_elsewhere_is_allowed_by_what_its_refusal_names(
    data: Path, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN, "utf-8")
    connect = ("connect", "--console", "https://console.example.org", "--token-file", token)
    here = (*connect, "--name", "acme", "--data", data)

    refused = typed(*here, code=2)

    assert "console.example.org is not a SentinelOne host" in refused
    assert "WATCHKEEPER_ALLOWED_CONSOLES" in refused
    assert "--allow-host" not in refused
    assert not data.exists()
    allowed = run(*here, WATCHKEEPER_ALLOWED_CONSOLES="console.example.org")
    assert allowed.returncode == 0, allowed.stderr
