"""The console's client: asks, waits, asks again, and says what every answer means.

It has one verb, GET. Nothing here can change anything in a console.
"""

import os
import random
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import ParamSpec, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from watchkeeper import __version__
from watchkeeper.clock import SYSTEM_CLOCK, Clock
from watchkeeper.errors import (
    ConsoleError,
    Denied,
    GoneSilent,
    NotJson,
    NotReachable,
    Throttled,
    TokenDead,
    TooSlow,
    Unavailable,
)
from watchkeeper.sentinelone import answers
from watchkeeper.sentinelone.address import API_BASE, Address
from watchkeeper.sentinelone.exchange import Answer, Request, ServerTime
from watchkeeper.sentinelone.limits import Limits, Pacer, rate_of
from watchkeeper.sentinelone.retry import Failure, Wait, next_step
from watchkeeper.sentinelone.token import Token
from watchkeeper.sentinelone.transport import Received, Wire, WireError, plain

T = TypeVar("T")
P = ParamSpec("P")
_HTTP_OK, _UNAUTHORIZED, _THROTTLED, _SERVER_ERROR = 200, 401, 429, 500
_PROBE_PATH = "/system/info"
# What reading a body can raise that is not what was promised, however odd it is.
_UNREADABLE = (
    msgspec.MsgspecError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)


class Console:
    """One console, one token. Threads may share it: each gets a connection of its own."""

    def __init__(
        self,
        address: Address,
        token: Token,
        *,
        limits: Limits | None = None,
        clock: Clock = SYSTEM_CLOCK,
        proxy: str | None = None,
        seed: int | None = None,
    ) -> None:
        """`seed` fixes the jitter of retries, for tests."""
        self.address = address
        self.token = token
        self.limits = limits or Limits()
        self.clock = clock
        self.requests: list[Request] = []
        self.server_time = ServerTime()
        self.notes: list[str] = []
        self._proxy = proxy
        self._wires: list[Wire] = []
        self._mine = threading.local()
        self._pacer = Pacer(self.limits.rates, clock.monotonic, self.limits.recovery)
        self._lock = threading.Lock()
        # Decompressing and decoding takes memory and a core: no more pages at once than cores,
        # and in as few threads, as each keeps memory of its own.
        self._cores = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="core")
        self._random = random.Random(seed)  # noqa: S311 - jitter, no secret
        self._answered = False
        # Page sizes that a time-out taught, by the prefix that also has a rate of its own.
        self._sizes: dict[str, int] = {}
        self._headers = {
            "Authorization": f"ApiToken {token.secret}",
            "Accept": "application/json",
            "Accept-Encoding": "gzip",
            "User-Agent": f"watchkeeper/{__version__}",
        }

    def ask(self, path: str, params: Mapping[str, str], read: Callable[[bytes], T]) -> Answer[T]:
        """One answer, whatever it takes within the limits; raises a ConsoleError.

        `path` is below `/web/api/v2.1`. After a time-out a page is asked for at half its size;
        `params` of the answer tell what was asked in the end.
        """
        asked = dict(params)
        request = Request(path, asked)
        self.requests.append(request)
        attempt = 0
        while True:
            attempt += 1
            retry_after = None
            try:
                received = self._once(request)
                return self._success(request, received, read)
            except _Retry as problem:
                failure, message, retry_after = problem.failure, problem.message, problem.after
                status, kept = problem.status, problem.excerpt
            request.failures.append(f"{failure.value}: {message}")
            if failure is Failure.THROTTLED:
                self._pacer.throttled(path)
            step = next_step(
                failure,
                attempt=attempt,
                limits=self.limits,
                jitter=self._random.random(),
                retry_after=retry_after,
            )
            if not isinstance(step, Wait):
                raise self._exhausted(path, failure, message, step.why, status, kept)
            if failure is Failure.TIMED_OUT and int(asked.get("limit", "1")) > 1:
                asked["limit"] = str(int(asked["limit"]) // 2)
            self.clock.sleep(step.seconds)

    def page_size(self, path: str, largest: int) -> int:
        """How many records to ask for at once: what a time-out taught, or the largest page."""
        return min(largest, self._sizes.get(rate_of(path, self.limits.rates)[0], largest))

    def learn_page_size(self, path: str, size: int) -> None:
        """Asks for no more at once from now on, wherever the same rate governs."""
        self._sizes[rate_of(path, self.limits.rates)[0]] = size

    def alive(self) -> bool:
        """Whether the token is accepted where no permission is needed; raises GoneSilent."""
        return self._probe() == _HTTP_OK

    def take_requests(self) -> list[Request]:
        """The requests made since the last call."""
        taken, self.requests = self.requests, []
        return taken

    def take_notes(self) -> list[str]:
        """What was adapted to this console since the last call."""
        taken, self.notes = self.notes, []
        return taken

    def on_a_core(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Does something that keeps a core busy; waits while all of them are."""
        return self._cores.submit(work, *args, **kwargs).result()

    def close(self) -> None:
        """Closes the connections."""
        self._cores.shutdown(wait=False)
        with self._lock:
            for wire in self._wires:
                wire.close()

    def _wire(self) -> Wire:
        """The calling thread's own."""
        wire: Wire | None = getattr(self._mine, "wire", None)
        if wire is None:
            wire = self._mine.wire = Wire(self.address, self.limits, self.clock, self._proxy)
            with self._lock:
                self._wires.append(wire)
        return wire

    # ------------------------------------------------------------------ one try

    def _once(self, request: Request, total: float | None = None) -> Received:
        delay = self._pacer.delay(request.path)
        if delay > 0:
            self.clock.sleep(delay)
        query = urlencode(request.params, quote_via=quote, safe=",")
        target = API_BASE + request.path + (f"?{query}" if query else "")
        try:
            received = self._wire().get(target, self._headers, total or self.limits.total)
        except WireError as error:
            raise _Retry(error.failure, error.message) from error
        self._answered = True
        self._note_time(received)
        request.status = received.status
        request.bytes += len(received.body)
        request.seconds += received.seconds
        request.request_id = received.headers.get("x-rqid", "")
        request.date = received.headers.get("date", "")
        return received

    def _success(
        self, request: Request, received: Received, read: Callable[[bytes], T]
    ) -> Answer[T]:
        """The answer read; raises _Retry when asking again may help, a ConsoleError when not."""
        return self.on_a_core(self._read, request, received, read)

    def _read(self, request: Request, received: Received, read: Callable[[bytes], T]) -> Answer[T]:
        status = received.status
        if status < 300:  # noqa: PLR2004 - success
            text = self._plain(received)
        elif status in {_UNAUTHORIZED, _THROTTLED} or status >= _SERVER_ERROR:
            text = self._body_of(received)
        else:
            raise self._scrubbed(
                answers.refusal(request.path, request.params, status, self._body_of(received))
            )
        if status == _UNAUTHORIZED:
            raise self._scrubbed(self._unauthorized(request.path, text))
        if status == _THROTTLED:
            raise _Retry(
                Failure.THROTTLED, "429", status=status, after=_retry_after(received, self.clock)
            )
        if status == 501:  # noqa: PLR2004 - not implemented: the feature is absent
            raise self._scrubbed(answers.refusal(request.path, request.params, status, text))
        if status >= _SERVER_ERROR:
            raise _Retry(
                Failure.UNAVAILABLE,
                str(status),
                status=status,
                after=_retry_after(received, self.clock),
                excerpt=self._kept(answers.excerpt(text)),
            )
        if not text.strip():
            raise _Retry(Failure.MALFORMED, "the body is empty", status=status)
        try:
            answers.check_json(request.path, received.headers.get("content-type", ""), text)
            value = read(text)
        except NotJson as error:
            raise self._scrubbed(error) from error
        except _UNREADABLE as error:
            raise _Retry(
                Failure.MALFORMED,
                f"not the JSON promised: {error}",
                status=status,
                excerpt=self._kept(answers.excerpt(text)),
            ) from error
        return Answer(received, text, value, request, request.params)

    def _plain(self, received: Received) -> bytes:
        try:
            return plain(received)
        except WireError as error:
            raise _Retry(error.failure, error.message, status=received.status) from error

    def _body_of(self, received: Received) -> bytes:
        """The body of a refusal, or nothing where even that is broken: the status says enough."""
        try:
            return plain(received)
        except WireError:
            return b""

    # ------------------------------------------------------------------ what it means

    def _unauthorized(self, path: str, text: bytes) -> ConsoleError:
        """401 is a dead token or a missing permission; the console's version tells them apart."""
        kept = answers.excerpt(text)
        probed = self._probe_again() if path != _PROBE_PATH else _UNAUTHORIZED
        if probed == _HTTP_OK:
            return Denied(
                f"{path} is not permitted to this token (401; the token itself is accepted).",
                status=_UNAUTHORIZED,
                excerpt=kept,
            )
        if probed != _UNAUTHORIZED:
            return Unavailable(
                f"{path} answers 401, and whether the token is dead cannot be told "
                f"({_PROBE_PATH} answers {probed}).",
                hint="Collect later.",
                status=_UNAUTHORIZED,
                excerpt=kept,
            )
        return TokenDead(
            "The console does not accept the token: it expired, was revoked, or belongs elsewhere.",
            hint="Generate a new token for the service user and give that one.",
            status=_UNAUTHORIZED,
            excerpt=kept,
        )

    def _probe_again(self) -> int:
        """The status of the probe, asked again while it only says that the console stumbles."""
        for attempt in range(self.limits.tries):
            if attempt:
                self.clock.sleep(self.limits.pause)
            status = self._probe()
            if status in {_HTTP_OK, _UNAUTHORIZED}:
                break
        return status

    def _probe(self) -> int:
        """The status of one short question; raises GoneSilent when there is no answer at all."""
        request = Request(_PROBE_PATH, {})
        self.requests.append(request)
        try:
            return self._once(request, total=min(self.limits.silence, self.limits.total)).status
        except _Retry as problem:
            request.failures.append(f"{problem.failure.value}: {problem.message}")
            raise GoneSilent(
                f"{self.address.netloc} no longer answers ({problem.message}).",
                hint="Check the network and the console's status page, then run again.",
            ) from problem

    def _exhausted(
        self, path: str, failure: Failure, message: str, why: str, status: int | None, kept: str
    ) -> ConsoleError:
        """The error when the tries ran out; a console that is gone is told from a bad answer."""
        if failure is Failure.UNREACHABLE and not self._answered:
            return NotReachable(
                f"The console cannot be reached: {message}.",
                hint="Check the address, the network and, behind one, the proxy.",
            )
        probed = self._probe()
        if probed == _THROTTLED or probed >= _SERVER_ERROR:
            raise GoneSilent(
                f"{self.address.netloc} answers {probed} to everything.",
                hint="Check the console's status page, then run again.",
            )
        said = f"{path} gave nothing usable, given up {why}: {message}."
        match failure:
            case Failure.THROTTLED:
                return Throttled(said, hint="Collect later.", status=status)
            case Failure.UNAVAILABLE:
                return Unavailable(said, hint="Collect later.", status=status, excerpt=kept)
            case Failure.TIMED_OUT:
                return TooSlow(said, hint="Raise --total-timeout, or collect at a quieter hour.")
            case _:
                return NotJson(said, hint="Collect again.", status=status, excerpt=kept)

    def _scrubbed(self, error: ConsoleError) -> ConsoleError:
        error.excerpt = self._kept(error.excerpt)
        error.message = self.token.scrub(error.message)
        return error

    def _kept(self, text: str) -> str:
        """An excerpt without the token, then cut: never the first half of a token."""
        return self.token.scrub(text)[: answers.EXCERPT]

    def _note_time(self, received: Received) -> None:
        text = received.headers.get("date")
        if text is None:
            return
        try:
            moment = parsedate_to_datetime(text).astimezone(UTC)
        except ValueError:
            return
        with self._lock:
            if self.server_time.first is None:
                self.server_time.first = moment
                offset = (moment - self.clock.now()).total_seconds()
                self.server_time.offset_ms = round(offset * 1000)
            self.server_time.last = moment


class _Retry(Exception):
    """A try that brought nothing; asking again may help."""

    def __init__(
        self,
        failure: Failure,
        message: str,
        *,
        status: int | None = None,
        after: float | None = None,
        excerpt: str = "",
    ) -> None:
        super().__init__(message)
        self.failure = failure
        self.message = message
        self.status = status
        self.after = after
        self.excerpt = excerpt


def _retry_after(received: Received, clock: Clock) -> float | None:
    """The seconds of a `Retry-After` header (number or date), None without a readable one."""
    text = received.headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - clock.now()).total_seconds())
    except (ValueError, TypeError):
        return None
