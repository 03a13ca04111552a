"""The wire: one GET, its body as received, within its time limits. Redirects are not followed."""

import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import truststore
import urllib3
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
    """Connections to one console."""

    def __init__(
        self, address: Address, limits: Limits, clock: Clock, proxy: str | None = None
    ) -> None:
        """`proxy`: the URL of an HTTP proxy, None for a direct connection."""
        self._address = address
        self._limits = limits
        self._clock = clock
        options: dict[str, Any] = {
            "retries": False,
            "timeout": urllib3.Timeout(connect=limits.connect, read=limits.silence),
            "maxsize": 4,
        }
        if address.scheme == "https":
            options["ssl_context"] = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._pool: urllib3.PoolManager = (
            urllib3.ProxyManager(proxy, **options) if proxy else urllib3.PoolManager(**options)
        )

    def get(self, target: str, headers: Mapping[str, str], total: float) -> Received:
        """Asks once; `target` is path and query, `total` the seconds the answer may take.

        Raises WireError when no whole answer comes.
        """
        started = self._clock.monotonic()
        try:
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
            late = self._clock.monotonic() - started >= total
            why = (
                f"the answer was not whole after {total:g} s"
                if late
                else f"no byte came for {self._limits.silence:g} s"
            )
            raise WireError(Failure.TIMED_OUT, why) from error
        except (HTTPError, OSError) as error:
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

    def close(self) -> None:
        """Closes the connections."""
        self._pool.clear()


def plain(received: Received) -> bytes:
    """The body decoded; raises WireError when the encoding is broken, unknown or a bomb."""
    if received.encoding in {"", "identity"}:
        return received.body
    if received.encoding not in {"gzip", "x-gzip"}:
        raise WireError(Failure.BROKEN, f"the encoding {received.encoding!r} was not asked for")
    inflater = zlib.decompressobj(wbits=31)
    try:
        text = inflater.decompress(received.body, LARGEST_BODY)
    except zlib.error as error:
        raise WireError(Failure.BROKEN, f"the compressed body is broken: {error}") from error
    if not inflater.eof:
        raise WireError(Failure.BROKEN, "the compressed body is cut off or too large")
    return text


def _unreachable(address: Address, error: Exception) -> str:
    if isinstance(error, NameResolutionError):
        return f"the name {address.host} does not resolve"
    if isinstance(error, NewConnectionError):
        return f"{address.netloc} refuses the connection"
    return f"{address.netloc} does not answer"
