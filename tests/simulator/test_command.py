"""`watchkeeper simulate`, as a program."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import typer
import urllib3
from typer.testing import CliRunner, Result

from watchkeeper.cli.simulate import command
from watchkeeper.lists import bringing, sources
from watchkeeper.lists.mapping import Mapping
from watchkeeper.locker.locker import Locker
from watchkeeper.simulator import FAULTS

SMALL = ["--agents", "20", "--threats", "5", "--activities", "20"]
PROGRAM = "import typer; from watchkeeper.cli.simulate import command; typer.run(command)"


def _run(*arguments: str) -> Result:
    app = typer.Typer()
    app.command()(command)
    return CliRunner().invoke(app, list(arguments))


@contextmanager
def _serving(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *SMALL, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": ""},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _stop(process: subprocess.Popen[str], number: signal.Signals) -> None:
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")


def test_it_serves_until_it_is_told_to_stop(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old")
    with _serving("--token-file", str(file), "--fault", "502-text:threats") as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        assert file.stat().st_mode & 0o777 == 0o600
        header = {"Authorization": f"ApiToken {file.read_text()}"}
        assert urllib3.request("GET", f"{url}/web/api/v2.1/user", headers=header).status == 200
        threats = f"{url}/web/api/v2.1/threats"
        assert urllib3.request("GET", threats, headers=header, retries=False).status == 502
        _stop(process, signal.SIGTERM)


def test_without_a_file_the_token_is_printed_first() -> None:
    with _serving() as process:
        assert process.stdout is not None
        token, url = process.stdout.readline().strip(), process.stdout.readline().strip()
        header = {"Authorization": f"ApiToken {token}"}
        assert urllib3.request("GET", f"{url}/web/api/v2.1/user", headers=header).status == 200
        _stop(process, signal.SIGINT)


def test_the_shape_of_the_company_can_be_chosen_and_its_reader_measured() -> None:
    shape = ["--groups", "40", "--own-policies", "25", "--uneven", "--drift", "10", "--day", "2"]
    with _serving(*shape) as process:
        assert process.stdout is not None
        token, url = process.stdout.readline().strip(), process.stdout.readline().strip()
        header = {"Authorization": f"ApiToken {token}"}
        groups = urllib3.request("GET", f"{url}/web/api/v2.1/groups?limit=100", headers=header)
        rows = groups.json()["data"]
        assert len(rows) == 40
        assert sum(not row["inherits"] for row in rows) == 10
        seen = urllib3.request("GET", f"{url}/simulator/seen").json()
        assert seen["by_prefix"] == {"/groups": 1}
        _stop(process, signal.SIGTERM)


def test_the_truth_can_be_printed() -> None:
    result = _run(*SMALL, "--truth")
    assert result.exit_code == 0
    assert len(json.loads(result.stdout)) == 29
    fixed = [_run(*SMALL, "--truth", "--now", "2026-03-01T12:00:00Z").stdout for _ in range(2)]
    assert fixed[0] == fixed[1]
    spoilt = json.loads(_run(*SMALL, "--truth", "--fault", "null-fields").stdout)
    assert spoilt["ACC-01"]["result"] == "ERROR"


def test_the_lists_the_company_keeps_can_be_loaded(tmp_path: Path) -> None:
    assert _run(*SMALL, "--lists", str(tmp_path / "lists"), "--truth").exit_code == 0
    locker = Locker.open(tmp_path / "locker", create=True)
    for kind in ("assets", "people", "support_ends"):
        path = str(tmp_path / f"lists/{kind}.csv")
        given = sources.read("file", {"path": path}, kind, locker.clock)
        found = bringing.understand(locker, "acme", kind, "company", given, Mapping())
        assert len(found.applied.rows) + found.applied.left_out == len(given.sheet.rows) > 0
        assert all(column for _, column in found.applied.mapping.pairs)


def test_faults_are_listed() -> None:
    lines = _run("--list-faults").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(FAULTS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--profile", "1999"], "unknown profile '1999'"),
        (["--fault", "flood"], "unknown fault 'flood'"),
        (["--agents", "-1"], "agents must not be negative"),
        (["--latency", "-1"], "latency must not be negative"),
        (["--port", "70000"], "port must be between"),
        (["--groups", "2"], "groups must be one a site at least"),
        (["--now", "2026-03-01"], "now must be a moment with a time zone"),
        (["--now", "yesterday"], "a time zone, such as 2026-03-01T12:00:00Z, got 'yesterday'"),
        (["--drift", "150"], "drift must be a percentage"),
        (["--token-file", "/nowhere/token"], "cannot write /nowhere/token"),
    ],
)
def test_mistakes_are_named_in_a_line(arguments: list[str], words: str) -> None:
    result = _run(*SMALL, *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_port_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = _run(*SMALL, "--port", str(port))
    assert result.exit_code == 2
    assert f"cannot listen on port {port}" in result.stderr
