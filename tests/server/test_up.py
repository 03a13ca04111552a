"""`watchkeeper up` as people run it: it starts, answers, stops, and comes back."""

import http.client
import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from tests.server.commands import Started, data, free_port, gone, processes_of, run, status

__all__ = ["data"]

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
TOKEN = "invented-token-0123456789-abcdefghijklmnopqrstuvwxyz"


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
    worker = next(each for each in processes_of(data) if "worker" in each.cmdline())

    worker.kill()

    assert up.wait() == 3
    assert "The worker ended by itself (signal 9)." in "".join(up.said)
    assert gone(data)


@pytest.mark.parametrize(
    "words",
    [
        ["jobs"],
        ["collect"],
        ["password", "admin"],
        ["keys"],
        ["connections"],
        ["exceptions"],
        ["attestations"],
        ["scope"],
        ["thresholds"],
        ["lists", "show", "assets"],
        ["reindex"],
    ],
)
def test_a_folder_that_was_mistyped_is_said_and_not_made(data: Path, words: list[str]) -> None:
    refused = run(*words, "--data", data)

    assert refused.returncode == 2
    assert f"There is no installation in {data}" in refused.stderr
    assert not data.exists()


def test_where_only_the_locker_is_left_it_is_said_what_brings_the_rest_back(data: Path) -> None:
    (data / "locker").mkdir(parents=True)
    refused = run("jobs", "--data", data)

    assert refused.returncode == 2
    assert f"There is no database in {data}, only its locker" in refused.stderr
    assert "watchkeeper reindex" in refused.stderr
    assert [each.name for each in data.iterdir()] == ["locker"]


def test_a_taken_port_is_said_before_anything_starts(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run("up", "--data", data, "--port", port)

    assert refused.returncode == 2
    assert f"127.0.0.1 port {port} cannot be listened on" in refused.stderr
    assert not data.exists()


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
