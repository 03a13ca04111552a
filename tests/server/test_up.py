"""`watchkeeper up` as people run it: it starts, answers, stops, and comes back."""

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from watchkeeper.ledger.folder import DataFolder

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
PROGRAM = [sys.executable, "-m", "watchkeeper"]
TOKEN = "invented-token-0123456789-abcdefghijklmnopqrstuvwxyz"
PATIENCE = 60.0


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that PostgreSQL's account can reach when root runs the tests."""
    with TemporaryDirectory(prefix="wk-up-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        yield Path(name) / "data"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if "WATCHKEEPER" not in name}


class Started:
    """A running command in a process group of its own, and what it says."""

    def __init__(self, *arguments: object) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(),
            process_group=0,
        )
        self.said: list[str] = []

    def until(self, word: str) -> str:
        """What it said up to and with the first line that holds the word."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if word in line:
                return "".join(self.said)
        raise AssertionError(f"ended without saying {word!r}: {''.join(self.said)}")

    def end(self, number: int = signal.SIGTERM) -> int:
        """Sends a signal to the command alone and waits; returns the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        assert self.process.stdout is not None
        self.said += self.process.stdout.readlines()
        code = self.process.wait(PATIENCE)
        self.process.stdout.close()
        return code


def processes_of(data: Path) -> list[psutil.Process]:
    """Every living process that has to do with a data folder, by command line or environment."""
    found = []
    for process in psutil.process_iter():
        try:
            about = [*process.cmdline(), *process.environ().values()]
            if process.status() != psutil.STATUS_ZOMBIE and any(str(data) in it for it in about):
                found.append(process)
        except psutil.Error:
            continue
    return found


def gone(data: Path) -> bool:
    """Whether nothing of that folder lives any more, within a few seconds."""
    _, alive = psutil.wait_procs(processes_of(data), timeout=15)
    return not alive and not processes_of(data)


def status(port: int, path: str) -> int:
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        asked.request("GET", path)
        return asked.getresponse().status
    finally:
        asked.close()


def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        env=environment(),
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
    )


def connect(data: Path, tmp_path: Path) -> "subprocess.CompletedProcess[str]":
    token = tmp_path / "token"
    token.write_text(TOKEN)
    return run("connect", "--console", "http://127.0.0.1:9", "--token-file", token, "--data", data)


def test_it_starts_refuses_a_second_survives_a_kill_and_stops(data: Path, tmp_path: Path) -> None:
    port = free_port()
    first = Started("up", "--data", data, "--port", port)
    said = first.until("runs at")
    password = said.split("the password ", 1)[1].split()[0]
    assert "The first admin is 'admin'" in said
    assert f"http://127.0.0.1:{port}/" in said
    for path, expected in (("/alive/", 200), ("/", 302), ("/sign-in/", 200), ("/nowhere/", 404)):
        assert status(port, path) == expected

    second = run("up", "--data", data, "--port", free_port())
    assert second.returncode == 2
    assert f"runs already on {data} (process {first.process.pid})" in second.stderr

    connected = connect(data, tmp_path)
    assert connected.returncode == 0, connected.stderr
    assert "Connected 127.0.0.1-9 to http://127.0.0.1:9." in connected.stdout
    for process in processes_of(data):
        seen = f"{process.cmdline()} {process.environ()}"
        assert password not in seen
        assert TOKEN not in seen

    os.killpg(first.process.pid, signal.SIGKILL)
    first.wait()
    again = Started("up", "--data", data, "--port", port)
    assert "password" not in again.until("runs at"), "it is shown at the first start only"
    assert status(port, "/alive/") == http.client.OK

    assert again.end(signal.SIGTERM) == 0
    assert gone(data)
    assert "Traceback" not in "".join(again.said)
    assert TOKEN not in "".join(first.said + again.said) + connected.stdout + connected.stderr
    files = [found for found in data.rglob("*") if found.is_file()]
    assert [found for found in files if TOKEN.encode() in found.read_bytes()] == []


def test_the_death_of_a_part_ends_everything_and_says_so(data: Path) -> None:
    up = Started("up", "--data", data, "--port", free_port())
    up.until("runs at")
    worker = next(each for each in processes_of(data) if each.cmdline()[-1] == "worker")

    worker.kill()

    assert up.wait() == 3
    assert "The worker ended by itself (signal 9)." in "".join(up.said)
    assert gone(data)


def test_a_taken_port_is_said_before_anything_starts(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run("up", "--data", data, "--port", port)

    assert refused.returncode == 2
    assert f"127.0.0.1 port {port} cannot be listened on" in refused.stderr
    assert not DataFolder(data).postgres.exists()


def test_the_demo_fills_itself_and_is_reused(data: Path) -> None:
    port = free_port()
    small = ("demo", "--data", data, "--port", port, "--agents", 60)
    with socket.create_server(("127.0.0.1", port)):
        first = Started(*small)
        said = first.until("http://127.0.0.1:")
    assert f"Port {port} is taken" in said
    assert "Agents: complete, 60 records" in said
    assert status(int(said.rsplit(":", 1)[1].strip("/\n")), "/sign-in/") == http.client.OK
    os.killpg(first.process.pid, signal.SIGINT)  # as a terminal's Ctrl-C
    assert first.wait() == 0
    assert "Traceback" not in "".join(first.said)
    assert gone(data)

    second = run(*small, "--exit-when-ready")

    assert second.returncode == 0, second.stdout + second.stderr
    assert "Agents:" not in second.stdout, "what is fresh is not collected again"
    assert "controls judged" in second.stdout
    password = [line for line in said.splitlines() if "Password:" in line]
    assert password == [line for line in second.stdout.splitlines() if "Password:" in line]
    assert second.stdout.splitlines()[-1] == f"http://127.0.0.1:{port}/"
    assert gone(data)
