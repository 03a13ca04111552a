"""HTTP as sources speak it: pinned to one host, patient, bounded. Redirects are not followed."""

import ipaddress
import ssl
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Self
from urllib.parse import SplitResult, unquote, urlencode, urlsplit

import msgspec
import truststore
import urllib3
from urllib3.exceptions import (
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    SSLError,
)
from urllib3.exceptions import (
    TimeoutError as TookTooLong,
)

from watchkeeper.clock import Clock
from watchkeeper.errors import SourceFailed, UsageError
from watchkeeper.sentinelone.address import Address, environment_proxy

LARGEST_ANSWER = 512 * 1024 * 1024
MOST_PAGES = 20_000
_CONNECT, _SILENCE = 10.0, 60.0  # seconds
_TRIES = 5
_LONGEST_WAIT = 300.0
_BLOCK = 1 << 16
_OK, _REDIRECT, _BAD = 200, 300, 400
_UNAUTHORIZED, _FORBIDDEN, _TOO_MANY, _SERVERS = 401, 403, 429, 500
_ABSENT = frozenset({404, 410})
_PASSING = frozenset({_TOO_MANY, 500, 502, 503, 504})


def parse_base(text: str, what: str) -> str:
    """An address without what follows its path; raises UsageError.

    Only https is spoken, and plain http to this machine: what is sent must not be read on the way.
    """
    parts = _split(text.strip(), what)
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _split(text: str, what: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        usable = bool(parts.hostname) and (parts.port or 443) > 0
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(f"{what} is no address.", hint="Give https://….")
    host = parts.hostname or ""
    if parts.username or parts.password:
        raise UsageError(f"{what} holds a user name or password.", hint="Give the address alone.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise UsageError(f"{what} must be https.", hint=f"Give https://{host}….")
    return parts


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Wire:
    """Requests to one host. Close it, or use it as a context."""

    def __init__(self, base: str, title: str, clock: Clock) -> None:
        """`base` is what `parse_base` gave; `title` names the place in messages."""
        self.base = base
        self._title = title
        self._clock = clock
        parts = _split(base, base)
        self._place = (parts.scheme, parts.netloc)
        self.shown = f"{parts.scheme}://{parts.netloc}"
        port = parts.port or (443 if parts.scheme == "https" else 80)
        proxy = environment_proxy(Address(parts.scheme, parts.hostname or "", port))
        options: dict[str, Any] = {
            "retries": False,
            "timeout": urllib3.Timeout(connect=_CONNECT, read=_SILENCE),
        }
        if parts.scheme == "https":
            options["ssl_context"] = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._pool = _through(proxy, options) if proxy else urllib3.PoolManager(**options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.clear()

    def token(self, path: str, form: Mapping[str, str]) -> str:
        """An access token for client credentials (RFC 6749, 4.4); raises SourceFailed."""
        status, body = self._ask("POST", self.base + path, form=form)
        if status != _OK:
            raise SourceFailed(
                f"{self._title} does not accept this client or its secret ({status}{_said(body)}).",
                hint="Look at the client's id, its secret and when that expires.",
            )
        token = _decoded(body, self._title).get("access_token")
        if not isinstance(token, str) or not token or not token.isascii():
            raise SourceFailed(f"{self._title} gave no token.", hint="Look at the address.")
        return token

    def get(self, url: str, headers: Mapping[str, str]) -> bytes:
        """The body of an answer; `url` is a path, or an address of the same host.

        Raises SourceFailed; `Expired` where the token no longer counts.
        """
        whole = url if "://" in url else self.base + url
        parts = urlsplit(whole)
        if (parts.scheme, parts.netloc) != self._place:
            raise SourceFailed(
                f"{self._title} names a next page at another host: {parts.netloc}.",
                hint="Nothing was sent there. Look at the address.",
            )
        status, body = self._ask("GET", whole, headers=headers)
        if status == _OK:
            return body
        if status == _UNAUTHORIZED:
            raise Expired(
                f"{self._title} does not accept the token or secret (401).",
                hint="Look whether it expired.",
            )
        if status == _FORBIDDEN:
            raise SourceFailed(
                f"{self._title} does not allow this ({status}{_said(body)}).",
                hint="See docs/lists.md for the permission it takes.",
            )
        raise SourceFailed(
            f"{self._title} answered {status} to {parts.path}{_said(body)}.",
            hint=_hint(status),
        )

    def json(self, url: str, headers: Mapping[str, str]) -> tuple[bytes, dict[str, Any]]:
        """As `get`: the body, and the JSON object it is."""
        body = self.get(url, {**headers, "Accept": "application/json"})
        return body, _decoded(body, self._title)

    def _ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:
        """Status and body; a 429 or 5xx is asked again after the time that it names."""
        sent = dict(headers or {}) | {"User-Agent": "watchkeeper"}
        if form is not None:
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(form) if form is not None else None
        for attempt in range(1, _TRIES + 1):
            last = attempt == _TRIES
            try:
                response = self._pool.request(
                    method, url, body=body, headers=sent, redirect=False, preload_content=False
                )
                status, answer = response.status, self._body(response)
            except (HTTPError, OSError) as error:
                if last:
                    raise SourceFailed(
                        f"{self._title} at {self.shown} is not reached: {_why(error)}.",
                        hint="Look at the address, the network and the proxy.",
                    ) from error
                wait = 0.0
            else:
                if status not in _PASSING or last:
                    return status, answer
                wait = self._retry_after(response.headers.get("Retry-After", ""))
            if wait > _LONGEST_WAIT:
                raise SourceFailed(
                    f"{self._title} asks to wait {wait:,.0f} s.", hint="Try again later."
                )
            self._clock.sleep(max(wait, 2.0 ** (attempt - 1)))
        raise AssertionError("the last try returns or raises")

    def _body(self, response: urllib3.BaseHTTPResponse) -> bytes:
        blocks: list[bytes] = []
        left = LARGEST_ANSWER
        try:
            for block in response.stream(_BLOCK, decode_content=True):
                blocks.append(block)
                left -= len(block)
                if left < 0:
                    break
        except BaseException:
            response.close()
            raise
        if left < 0:
            response.close()
            raise SourceFailed(
                f"{self._title} answers with more than {LARGEST_ANSWER // 1024**2} MB.",
                hint="Give the list in parts.",
            )
        response.release_conn()
        return b"".join(blocks)

    def _retry_after(self, text: str) -> float:
        if text.strip().isdecimal():
            return float(text)
        try:
            moment = parsedate_to_datetime(text)
            return max(0.0, (moment - self._clock.now()).total_seconds())
        except (ValueError, TypeError):
            return 0.0


def _hint(status: int) -> str:
    if _REDIRECT <= status < _BAD:
        return "It points somewhere else."
    if status in _ABSENT:
        return "Nothing is there: look at the address."
    if status in _PASSING or status >= _SERVERS:
        return "Try again later."
    return "Look at what it is asked for."


def _why(error: Exception) -> str:
    """Why nothing came, without the address: that may hold a secret."""
    match error:
        case NameResolutionError():
            return "its name does not resolve"
        case ProxyError():
            return "the proxy does not let it through"
        case SSLError():
            cause = error.args[0] if error.args else None
            told = getattr(cause, "verify_message", "")
            return f"its certificate is not accepted ({told})" if told else "TLS failed"
        case NewConnectionError():
            return "it refuses the connection"
        case TookTooLong():
            return "it does not answer in time"
        case _:
            return "the transfer broke off"


class Expired(SourceFailed):
    """The token no longer counts (401); another one may."""


def _through(proxy: str, options: Mapping[str, Any]) -> urllib3.ProxyManager:
    parts = urlsplit(proxy)
    headers = None
    if parts.username:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers = urllib3.make_headers(proxy_basic_auth=user)
    return urllib3.ProxyManager(proxy, proxy_headers=headers, **options)


def _decoded(body: bytes, title: str) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise SourceFailed(
            f"{title} did not answer in JSON.", hint="Look at the address."
        ) from error
    if not isinstance(found, dict):
        raise SourceFailed(f"{title} answered in another shape.", hint="Look at the address.")
    return found


def _said(body: bytes) -> str:
    """A vendor's word for what is wrong, such as `invalid_client`; never more of the answer."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return ""
    error = found.get("error") if isinstance(found, dict) else None
    code = error.get("code") if isinstance(error, dict) else error
    return f", {code[:80]}" if isinstance(code, str) and code.isprintable() else ""
