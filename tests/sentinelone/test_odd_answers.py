"""Answers no console should give: each a named error or a value that is counted as lost."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from watchkeeper.collection.engine import Report, collect
from watchkeeper.errors import GoneSilent
from watchkeeper.locker.locker import Locker
from watchkeeper.resources import everything
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.limits import Limits
from watchkeeper.sentinelone.redact import until_secrets
from watchkeeper.sentinelone.token import parse_token

SECRET = "0123456789abcdef" * 5
QUICK = Limits(silence=0.5, total=1.0, pause=0.01, tries=2)
INFO = b'{"data": {"version": "S"}}'
Answering = Callable[[str], tuple[int, bytes]]


@contextmanager
def console(answering: Answering, *, headers: bytes = b"") -> Iterator[Console]:
    """A console on a bare socket that answers what it is told to."""
    server = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def talk(connection: socket.socket) -> None:
        with connection:
            request = b""
            while b"\r\n\r\n" not in request:
                request += connection.recv(65536) or b"\r\n\r\n"
            target = request.split(b" ", 2)[1].decode() if request.strip() else ""
            status, body = answering(target)
            for byte in headers:  # dribbled: never silent for long, never done
                if stop.wait(0.1):
                    return
                connection.send(bytes([byte]))
            connection.sendall(
                b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\nConnection: close\r\n"
                b"Content-Length: %d\r\n\r\n" % (status, len(body)) + body
            )

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=_quietly, args=(talk, connection), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    address = parse_address(f"http://127.0.0.1:{server.getsockname()[1]}")
    try:
        yield Console(address, parse_token(SECRET), limits=QUICK)
    finally:
        stop.set()
        server.shutdown(socket.SHUT_RDWR)
        server.close()


def _quietly(talk: Callable[[socket.socket], None], connection: socket.socket) -> None:
    try:
        talk(connection)
    except OSError:
        return  # the client left, as it should


def collected(answering: Answering, tmp_path: Path, only: str, **more: Any) -> Report:
    """What a run makes of a console."""
    with console(answering) as client:
        locker = Locker.open(tmp_path / "locker", create=True)
        return collect(client, locker, "acme", only=[only], **more)


def listing(rows: list[dict[str, Any]], total: int | None) -> Answering:
    """Answers every list with these rows; the count is left out when it is None."""

    def answer(target: str) -> tuple[int, bytes]:
        if "/system/info" in target:
            return 200, INFO
        shown: dict[str, Any] = {"data": [] if "countOnly" in target else rows}
        if total is not None:
            shown["pagination"] = {"totalItems": total, "nextCursor": None}
        return 200, json.dumps(shown).encode()

    return answer


def test_a_list_without_a_count_is_never_called_whole(tmp_path: Path) -> None:
    report = collected(listing([{"id": "1"}], None), tmp_path, "users")
    (users,) = [found for found in report.collections if found.resource == "users"]
    assert not users.complete
    assert "no count" in users.completeness.reason


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": null, "errors": [{"code": 1}]}',
        b'{"data": {}}',
        b"[" * 100_000,
        b'{"data": [], "pagination": {"totalItems": 0, "nextCursor": 7}}',
        b"null",
        b'"text"',
    ],
)
def test_a_success_that_holds_no_list_is_no_empty_list(body: bytes, tmp_path: Path) -> None:
    def answer(target: str) -> tuple[int, bytes]:
        return 200, INFO if "/system/info" in target else body

    report = collected(answer, tmp_path, "sites")
    (sites,) = [found for found in report.collections if found.resource == "sites"]
    assert not sites.complete


@pytest.mark.parametrize(
    "row",
    [{"id": None}, {"id": "1", "activeThreats": 10**20}, {"id": "1", "isActive": "perhaps"}],
)
def test_values_that_cannot_be_kept_are_counted_in_the_manifest(
    row: dict[str, Any], tmp_path: Path
) -> None:
    report = collected(listing([row], 1), tmp_path, "agents")
    (agents,) = [found for found in report.collections if found.resource == "agents"]
    assert sum(agents.manifest["table"]["unparsable"].values()) == 1


@pytest.mark.parametrize("body", [b'{"errors":[{"code":1e400}]}', b"[" * 100_000, b"\xff"])
def test_odd_refusals_are_named(body: bytes, tmp_path: Path) -> None:
    def answer(target: str) -> tuple[int, bytes]:
        return (200, INFO) if "/system/info" in target else (400, body)

    report = collected(answer, tmp_path, "users")
    assert not report.collections[-1].complete


def test_an_echoed_token_is_cut_out_before_anything_is_kept(tmp_path: Path) -> None:
    for padding in (1_990, 1_930, 10):

        def answer(target: str, padding: int = padding) -> tuple[int, bytes]:
            if "/system/info" in target:
                return 200, INFO
            return 403, b"x" * padding + SECRET.encode()

        folder = tmp_path / str(padding)
        report = collected(answer, folder, "users")
        assert not report.collections[-1].complete
        kept = b"".join(path.read_bytes() for path in folder.rglob("*.json"))
        assert SECRET[:24].encode() not in kept


def test_a_401_while_the_probe_stumbles_is_no_dead_token(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(target: str) -> tuple[int, bytes]:
        if "/system/info" in target:
            asked.append(target)
            return (200, INFO) if len(asked) != 2 else (429, b"")
        return 401, b'{"errors": [{"code": 4010010}]}'

    report = collected(answer, tmp_path, "users")
    assert report.fatal is None
    assert report.collections[-1].completeness.verdict.value == "denied"


@pytest.mark.slow
def test_headers_that_dribble_end_within_the_time_limit(tmp_path: Path) -> None:
    with console(
        lambda _: (200, INFO), headers=b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000
    ) as client:
        report = collect(client, Locker.open(tmp_path / "l", create=True), "acme", only=["users"])
    assert isinstance(report.fatal, GoneSilent)
    assert "not whole" in str(report.fatal)


def test_another_device_than_the_one_asked_for_is_refused(tmp_path: Path) -> None:
    report = collected(listing([{"id": "2"}], 1), tmp_path, "agents", agent="1")
    assert not report.collections[0].complete


@pytest.mark.parametrize("quote", ['"', '\\"', "&quot;"])
def test_an_excerpt_ends_before_whatever_a_resource_calls_secret(quote: str) -> None:
    keys = {key for resource in everything().values() for key in resource.secrets}
    assert "registrationToken" in keys
    for key in keys:
        body = f"{{{quote}id{quote}: 1, {quote}{key}{quote} : {quote}hidden{quote}}}"
        told = until_secrets(body)
        assert told.startswith(f"{{{quote}id")
        assert "hidden" not in told, key
    assert until_secrets("the token: none") == "the token: none"
