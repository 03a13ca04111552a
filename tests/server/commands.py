"""Commands of an installation as processes of their own, for tests that kill and watch them."""

import atexit
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

PROGRAM = [sys.executable, "-m", "watchkeeper"]
PATIENCE = 60.0
CONFIGURATION = Path(tempfile.mkdtemp(prefix="wk-configuration-"))
atexit.register(shutil.rmtree, CONFIGURATION, ignore_errors=True)


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that PostgreSQL's account can reach when root runs the tests."""
    with TemporaryDirectory(prefix="wk-up-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        yield Path(name) / "data"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """Ours, without settings of ours; keys lie where this user's configuration would."""
    ours = {name: value for name, value in os.environ.items() if "WATCHKEEPER" not in name}
    return ours | {"XDG_CONFIG_HOME": str(CONFIGURATION), "COLUMNS": "200"} | more


class Started:
    """A running command in a process group of its own, and what it says."""

    def __init__(self, *arguments: object, **more: str) -> None:
        self.process = subprocess.Popen(
            [*PROGRAM, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(**more),
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


def run(*arguments: object, **more: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        timeout=PATIENCE,
    )
