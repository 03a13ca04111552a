"""The simulated console on a socket, with everything that happens between it and a client."""

import errno
import secrets
import select
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from watchkeeper.simulator.answers import Answer, error, unauthorised
from watchkeeper.simulator.catalogue import PROFILES
from watchkeeper.simulator.company import Company
from watchkeeper.simulator.seen import ROOT, Seen
from watchkeeper.simulator.served import Running

_NGINX = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n<center><h1>{0}</h1></center>\r\n"
    "<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)
_LIMITED = _NGINX.format("429 Too Many Requests").encode()
_LOGIN = "<!DOCTYPE html><html><head><title>Login</title></head><body><form></form></body></html>"
# Beside the API, for who measures a reader: what was asked, and to begin anew.
_SEEN = "/simulator/seen"
_FORGET = "/simulator/forget"
_LARGE = 500
_FEW = 20


class _Handler(BaseHTTPRequestHandler):
    """Reads requests and sends answers, whole or not."""

    protocol_version = "HTTP/1.1"
    server_version = "nginx"
    sys_version = ""
    disable_nagle_algorithm = True
    running: Running

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Keep quiet: requests are recorded, not printed."""

    def do_GET(self) -> None:
        """Answer a read."""
        parts = urlsplit(self.path)
        if parts.path == _SEEN:
            self._send(Answer(200, msgspec.json.encode(self.running.summary())))
            return
        query = parse_qs(parts.query, keep_blank_values=True)
        seen = self.running.record(self.command, parts.path, query)
        if self.running.latency:
            self._wait(self.running.latency)
        path = parts.path.removeprefix(ROOT) if parts.path.startswith(ROOT) else ""
        if parts.path == "/login":  # where the redirect leads
            answer: Answer | None = Answer(200, _LOGIN.encode(), "text/html")
        else:
            answer = self._turned_away(path, seen) or self._answer(path, query)
        if answer is None:
            self.close_connection = True
            return
        seen.status = answer.status
        self._deliver(answer, path)

    def do_POST(self) -> None:
        """Refuse it: nothing can be changed, but the figures, which are not the console's."""
        if self.path != _FORGET:
            self._refuse()
            return
        self.running.forget()
        self.close_connection = True  # whatever else was sent is not read
        self._send(Answer(200, b"{}"))

    def _refuse(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query, keep_blank_values=True)
        seen = self.running.record(self.command, parts.path, query)
        seen.status = 405
        self.close_connection = True
        self._send(error(405, 4050010, "Method Not Allowed", "The method is not allowed."))

    # The names http.server looks for.
    do_PUT = do_PATCH = _refuse  # noqa: N815
    do_DELETE = do_HEAD = do_OPTIONS = _refuse  # noqa: N815

    def _wait(self, seconds: float) -> None:
        self.running.stopping.wait(seconds)

    def _turned_away(self, path: str, seen: Seen) -> Answer | None:
        """What stands before the console answers whoever asks more often than published."""
        running = self.running
        if "rate-limits" not in running.faults or running.gate.admits(path, seen.at):
            return None
        return Answer(429, _LIMITED, "text/html")

    def _answer(self, path: str, query: dict[str, list[str]]) -> Answer | None:
        """The answer as the faults leave it; None when there is to be none."""
        running = self.running
        console, faults = running.console, running.faults
        resource = console.resource(path)
        if resource == "status":
            return console.answer(path, query)
        revoked = faults.get("token-revoked")
        lifetime = _FEW if revoked is None or revoked.number is None else revoked.number
        if "token-expired" in faults or (revoked and running.received > lifetime):
            return unauthorised()
        if self.headers.get("Authorization") != f"ApiToken {running.token}":
            return unauthorised()
        for late in (faults.get("slow"), "countOnly" not in query and faults.get("slow-pages")):
            if late and late.number:
                self._wait(late.number / 1000)
        asked = self.path
        limit = query.get("limit", [""])[-1]
        large = limit.isdecimal() and int(limit) > _LARGE
        if (large and "hang-large" in faults) or faults.strikes("hang", resource, asked):
            self._hang()
            return None
        broken = self._broken(resource, asked)
        if broken is not None:
            return broken
        answer = console.answer(path, query)
        running.move()
        return answer

    def _hang(self) -> None:
        """Say nothing until the client or the server gives up."""
        while not self.running.stopping.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.1)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return

    def _broken(self, resource: str, asked: str) -> Answer | None:
        """What something in between answers instead of the console."""
        faults = self.running.faults
        html = "text/html"
        broken = {
            "429-html": Answer(429, _LIMITED, html),
            "429-retry-after": Answer(429, _LIMITED, html, {"Retry-After": "1"}),
            "500": error(
                500, 5000010, "Internal server error", "Server could not process the request."
            ),
            "502-text": Answer(502, b"Bad Gateway", "text/plain"),
            "503": Answer(503, _NGINX.format("503 Service Temporarily Unavailable").encode(), html),
            "login-page": Answer(200, _LOGIN.encode(), html),
            "redirect": Answer(302, b"", html, {"Location": "/login"}),
            "empty-body": Answer(200, b""),
        }
        for name, answer in broken.items():
            if faults.strikes(name, resource, asked):
                return answer
        return None

    def _deliver(self, answer: Answer, path: str) -> None:
        """Send it, in the state the faults leave it in."""
        faults, asked = self.running.faults, self.path
        resource = self.running.console.resource(path)
        if answer.status != HTTPStatus.OK or answer.empty or resource == "status":
            self._send(answer)
            return

        def strikes(name: str) -> bool:
            return faults.strikes(name, resource, asked)

        if strikes("truncated-json"):
            self._send(Answer(200, answer.plain()[: len(answer.plain()) // 2]))
        elif strikes("json-then-html"):
            self._send(Answer(200, answer.plain() + _NGINX.format("502 Bad Gateway").encode()))
        elif strikes("truncated-gzip"):
            self._send(answer, keep=0.5)
        elif strikes("cut-transfer"):
            self._send(answer, cut=True)
        elif strikes("dribble"):
            self._send(answer, dribble=True)
        else:
            self._send(answer)

    def _send(
        self, answer: Answer, *, keep: float = 1.0, cut: bool = False, dribble: bool = False
    ) -> None:
        """Head and body in one piece, unless something is to go wrong with it."""
        zipped = "gzip" in self.headers.get("Accept-Encoding", "") and not answer.empty
        body = answer.gzipped() if zipped else answer.plain()
        body = body[: int(len(body) * keep)]
        head = [
            f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}",
            "Server: nginx",
            f"Date: {self.running.date()}",
            f"Content-Type: {answer.content_type}",
            f"Content-Length: {len(body)}",
            f"x-rqid: {secrets.token_hex(8)}",
        ]
        head += [f"{name}: {value}" for name, value in answer.headers.items()]
        if zipped:
            head.append("Content-Encoding: gzip")
        if cut or self.close_connection:
            self.close_connection = True
            head.append("Connection: close")
        text = ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")
        if self.command == "HEAD":
            body = b""
        if dribble:
            self._dribble(text, body)
        else:
            self._write(text + (body[: len(body) // 2] if cut else body))

    def _dribble(self, head: bytes, body: bytes) -> None:
        if not self._write(head):
            return
        for position in range(len(body)):
            self._wait(0.01)
            if self.running.stopping.is_set() or not self._write(body[position : position + 1]):
                self.close_connection = True
                return

    def _write(self, data: bytes) -> bool:
        """False when the client has gone, which is its right."""
        try:
            self.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
            return False
        return True


class _Server(ThreadingHTTPServer):
    """One thread a connection; none of them holds up the end."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[_Handler]) -> None:
        """Listen; connections are remembered, to be closed at the end."""
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End what clients keep alive: a console that has stopped answers nobody."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError as gone:
                if gone.errno not in {errno.ENOTCONN, errno.EBADF}:
                    raise

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up between requests is no error of the console."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def running(
    company: Company,
    *,
    profile: str = "2026",
    faults: Sequence[str] = (),
    port: int = 0,
    host: str = "127.0.0.1",
    latency: float = 0.0,
) -> Iterator[Running]:
    """Serve the company's console on a thread until the block ends."""
    if profile not in PROFILES:
        message = f"unknown profile {profile!r}, known are: {', '.join(PROFILES)}"
        raise ValueError(message)
    served = Running(company, profile, secrets.token_urlsafe(60), latency)
    served.start(faults)
    handler = type("Handler", (_Handler,), {"running": served})
    server = _Server((host, port), handler)
    served.url = f"http://{host}:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.stopping.set()
        server.shutdown()
        server.hang_up()
        server.server_close()
        thread.join()
