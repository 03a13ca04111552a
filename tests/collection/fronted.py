"""What stands before a console and changes what it answers, as a proxy may."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import urllib3


@dataclass(frozen=True)
class Said:
    """An answer, its body as it is read."""

    status: int
    kind: str
    body: bytes

    def but(self, **changes: Any) -> "Said":
        """The same with another status, kind or body."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Front:
    """Where it listens; who asks there needs the console's token."""

    url: str
    token: str


# What is asked for (path and query), and what the console says to that.
Change = Callable[[str, Said], Said]


@contextmanager
def fronted(sim: Any, change: Change) -> Iterator[Front]:
    """A server before `sim` whose answers are what `change` makes of its."""
    pool = urllib3.PoolManager(maxsize=32)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told = {"Authorization": self.headers["Authorization"]}
            given = pool.request("GET", sim.url + self.path, headers=told, redirect=False)
            said = Said(given.status, given.headers["Content-Type"], given.data)
            said = change(self.path, said)
            self.send_response_only(said.status)
            self.send_header("Date", given.headers["Date"])
            self.send_header("Content-Type", said.kind)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Front(f"http://127.0.0.1:{server.server_port}", sim.token)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        pool.clear()
