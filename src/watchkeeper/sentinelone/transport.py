"""The wire: one GET, its body as received, within its time limits. Redirects are not followed."""

import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

import truststore
import urllib3
from isal import isal_zlib
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

from watchkeeper.clock import Clock
from watchkeeper.sentinelone.address import Address
from watchkeeper.sentinelone.limits import Limits
from watchkeeper.sentinelone.retry import Failure
from watchkeeper.sentinelone.watchdog import WATCHDOG

# A page of 1,000 agents is about 3 MB; what is a hundred times larger is no page.
LARGEST_BODY = 256 * 1024 * 1024
_BLOCK = 1 << 16


class WireError(Exception):
    """A request that brought no whole answer; `failure` says of which kind."""

    def __init__(self, failure: Failure, message: str) -> None:
        """`message` holds no secret: no header and no body."""
        super().__init__(message)
        self.failure = failure
        self.message = message


@dataclass(frozen=True, slots=True)
class Received:
    """An answer as it came: `body` is still encoded as `encoding` says (`gzip` or empty)."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    encoding: str
    seconds: float


class Wire:
    """A connection to one console, for one request at a time."""

    def __init__(
        self,
        address: Address,
        limits: Limits,
        clock: Clock,
        proxy: str | None = None,
        certificates: str = "",
    ) -> None:
        """`proxy`: the URL of an HTTP proxy, None for a direct connection.

        `certificates`: authorities that are believed beside the system's, as PEM.
        """
        self._address = address
        self._limits = limits
        self._clock = clock
        options: dict[str, Any] = {
            "retries": False,
            "timeout": urllib3.Timeout(connect=limits.connect, read=limits.silence),
            "maxsize": 1,
        }
        if address.scheme == "https":
            context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            if certificates:
                context.load_verify_locations(cadata=certificates)
            options["ssl_context"] = context
        self._pool = _through(proxy, options) if proxy else urllib3.PoolManager(**options)
        self._sock: socket.socket | None = None
        self._sent: Callable[[], None] | None = None
        # Each address of a name may take the whole time-out, and one that does not answer is
        # common; looking the name up has no time-out of its own.
        longest = 2 * limits.connect
        self._pool.pool_classes_by_scheme = {
            "http": _pool_of(HTTPConnectionPool, HTTPConnection, longest, self),
            "https": _pool_of(HTTPSConnectionPool, HTTPSConnection, longest, self),
        }

    def get(
        self,
        target: str,
        headers: Mapping[str, str],
        total: float,
        sent: Callable[[], None] | None = None,
    ) -> Received:
        """Asks once; `target` is path and query, `total` the seconds the answer may take.

        `sent` is called when the request left, before its answer is waited for. Raises WireError
        when no whole answer comes.
        """
        self._sent = sent
        started = self._clock.monotonic()
        # Time-outs of the socket only see silence; what dribbles in, headers too, is cut here.
        late = threading.Event()
        try:
            with WATCHDOG.cutting(total, partial(self._cut, late)):
                response = self._pool.request(
                    "GET",
                    self._address.url + target,
                    headers=dict(headers),
                    redirect=False,
                    preload_content=False,
                    decode_content=False,
                )
                try:
                    body = self._read(response, started + total)
                except BaseException:
                    response.close()
                    raise
                response.release_conn()
        except (ConnectTimeoutError, NewConnectionError, NameResolutionError) as error:
            raise WireError(Failure.UNREACHABLE, _unreachable(self._address, error)) from error
        except SSLError as error:
            raise WireError(
                Failure.UNREACHABLE, f"TLS with {self._address.netloc} failed: {error}"
            ) from error
        except ReadTimeoutError as error:
            why = (
                f"the answer was not whole after {total:g} s"
                if self._clock.monotonic() - started >= total
                else f"no byte came for {self._limits.silence:g} s"
            )
            raise WireError(Failure.TIMED_OUT, why) from error
        except (HTTPError, OSError) as error:
            if late.is_set():
                raise WireError(
                    Failure.TIMED_OUT, f"the answer was not whole after {total:g} s"
                ) from error
            kind = type(error.__cause__ or error).__name__
            raise WireError(Failure.BROKEN, f"the transfer broke off ({kind})") from error
        lowered = {name.lower(): value for name, value in response.headers.items()}
        return Received(
            status=response.status,
            headers=lowered,
            body=body,
            encoding=lowered.get("content-encoding", "").strip().lower(),
            seconds=self._clock.monotonic() - started,
        )

    def _read(self, response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        blocks: list[bytes] = []
        size = 0
        while True:
            left = deadline - self._clock.monotonic()
            if left <= 0:
                raise WireError(Failure.TIMED_OUT, "the answer was not whole in time")
            sock = getattr(response.connection, "sock", None)
            if sock is not None:
                sock.settimeout(min(self._limits.silence, left))
            block = response.read1(_BLOCK, decode_content=False)
            if not block:
                break
            blocks.append(block)
            size += len(block)
            if size > LARGEST_BODY:
                raise WireError(Failure.BROKEN, f"the answer is larger than {LARGEST_BODY} bytes")
        return b"".join(blocks)

    def connected(self, sock: socket.socket) -> None:
        """A connection was opened: what it is cut off by."""
        self._sock = sock

    def asked(self) -> None:
        """The request was written, whole."""
        if self._sent is not None:
            self._sent()

    def _cut(self, late: threading.Event) -> None:
        """Ends the transfer under way; whoever reads from it sees that it broke off."""
        late.set()
        sock = self._sock
        if sock is not None:
            with suppress(OSError):  # it may have ended by itself in this moment
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Closes the connections."""
        self._pool.clear()


def _pool_of(
    pool: type[HTTPConnectionPool],
    connection: type[HTTPConnection],
    longest: float,
    wire: Wire,
) -> type[HTTPConnectionPool]:
    """A class of pools whose connections open within a time and tell a wire what they did."""

    class Bounded(connection):  # type: ignore[valid-type, misc]
        def _new_conn(self) -> socket.socket:
            opened = within(longest, super()._new_conn)
            if opened is None:
                raise ConnectTimeoutError(self, f"no connection within {longest:g} s")
            return opened

        def connect(self) -> None:
            super().connect()
            wire.connected(self.sock)

        def request(self, *args: Any, **options: Any) -> None:
            super().request(*args, **options)
            wire.asked()

    return type("BoundedPool", (pool,), {"ConnectionCls": Bounded})


def within(seconds: float, connect: Callable[[], socket.socket]) -> socket.socket | None:
    """The socket that `connect` opens, None when it takes longer: then it is closed when it comes.

    The system's resolver knows no time limit and cannot be called off, so a thread waits for it.
    """
    future: Future[socket.socket] = Future()

    def work() -> None:
        try:
            future.set_result(connect())
        except BaseException as error:  # noqa: BLE001 - raised again by who waits
            future.set_exception(error)

    threading.Thread(target=work, name="connect", daemon=True).start()
    if wait([future], seconds).done:
        return future.result()
    future.add_done_callback(_close)
    return None


def _close(late: "Future[socket.socket]") -> None:
    if late.exception() is None:
        late.result().close()


def plain(received: Received) -> bytes:
    """The body decoded; raises WireError when the encoding is broken, unknown or a bomb."""
    if received.encoding in {"", "identity"}:
        return received.body
    if received.encoding not in {"gzip", "x-gzip"}:
        raise WireError(Failure.BROKEN, f"the encoding {received.encoding!r} was not asked for")
    inflater = isal_zlib.decompressobj(wbits=31)  # twice as fast as the standard library's
    try:
        # The size stands at the end (RFC 1952); to be told it saves half of the time. Where it
        # is not true the stream does not end there.
        size = int.from_bytes(received.body[-4:], "little")
        text: bytes = inflater.decompress(received.body, min(size + 1, LARGEST_BODY))
    except isal_zlib.error as error:  # type: ignore[misc] # typed as a function, is an exception
        raise WireError(Failure.BROKEN, f"the compressed body is broken: {error}") from error
    if not inflater.eof:
        raise WireError(Failure.BROKEN, "the compressed body is cut off or too large")
    return text


def _through(proxy: str, options: dict[str, Any]) -> urllib3.PoolManager:
    """Connections through a proxy; a name and password in its URL go to it alone, in a header."""
    parts = urlsplit(proxy)
    headers = None
    if parts.username:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers = urllib3.make_headers(proxy_basic_auth=login)
        proxy = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    return urllib3.ProxyManager(proxy, proxy_headers=headers, **options)


def _unreachable(address: Address, error: Exception) -> str:
    if isinstance(error, NameResolutionError):
        return f"the name {address.host} does not resolve"
    if isinstance(error, NewConnectionError):
        return f"{address.netloc} refuses the connection"
    return f"{address.netloc} does not answer"
