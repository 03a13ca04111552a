"""The console's client: asks, waits, asks again, and hands on what was answered.

It has one verb, GET. Nothing here can change anything in a console.
"""

import os
import random
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from watchkeeper import __version__
from watchkeeper.clock import SYSTEM_CLOCK, Clock
from watchkeeper.errors import ConsoleError, GoneSilent, NotReachable
from watchkeeper.sentinelone import answers, probing, stopping, trial
from watchkeeper.sentinelone.address import API_BASE, Address
from watchkeeper.sentinelone.exchange import Answer, Book, Request, ServerTime
from watchkeeper.sentinelone.limits import Limits, interval, pacer_of, rate_of
from watchkeeper.sentinelone.queueing import Queue
from watchkeeper.sentinelone.retry import Failure, Wait, next_step
from watchkeeper.sentinelone.token import Token
from watchkeeper.sentinelone.transport import Received, Wire, WireError

T = TypeVar("T")
_LONGEST_ID = 200
# The vendor's rates allow no more large pages than two or three cores decode.
_MOST_CORES = 4


class Console:
    """One console, one token. Threads may share it.

    Connections are lent for one request each and kept for the next: there are never more of them
    than requests may be under way at once, whatever the number of threads that come and go.
    """

    def __init__(
        self,
        address: Address,
        token: Token,
        *,
        limits: Limits | None = None,
        clock: Clock = SYSTEM_CLOCK,
        proxy: str | None = None,
        certificates: str = "",
        seed: int | None = None,
    ) -> None:
        """`proxy`, `certificates`: see `transport.Wire`.

        `seed` fixes the jitter of retries, for tests.
        """
        self.address = address
        self.token = token
        self.limits = limits or Limits()
        self.clock = clock
        self.server_time = ServerTime()
        self._proxy = proxy
        self._certificates = certificates
        self._idle: list[Wire] = []
        self._under_way = threading.BoundedSemaphore(self.limits.walks)
        self._closed = False
        self._pacer = pacer_of(address.netloc, self.limits, clock.monotonic)
        self._queues: defaultdict[str, Queue] = defaultdict(Queue)
        self._lock = threading.Lock()
        # Decompressing and decoding takes memory and a core: no more pages at once than cores,
        # and in as few threads, as each keeps memory of its own.
        cores = min(os.cpu_count() or 1, _MOST_CORES)
        self._cores = ThreadPoolExecutor(cores, thread_name_prefix="core")
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

    def ask(
        self,
        path: str,
        params: Mapping[str, str],
        read: Callable[[bytes], T],
        *,
        secrets: tuple[str, ...] = (),
        make: Callable[[Answer[T]], Any] | None = None,
        book: Book | None = None,
        urgency: int = 0,
    ) -> Answer[T]:
        """One answer, whatever it takes within the limits; raises a ConsoleError.

        `path` is below `/web/api/v2.1`. After a time-out a page is asked for at half its size;
        `params` of the answer tell what was asked in the end. `read` gets the text without the
        token and without the values of the keys in `secrets`. With `make`, what that makes of the
        answer is its `made`, and its text is let go where it was read: there are no more texts of
        good answers in memory than cores. The requests are noted in `book`. Of those that wait for
        the same rate the one of the greatest `urgency` goes first, see `queueing`. Raises Stopped
        instead of asking once the caller's crew was stopped.
        """
        asked, book = dict(params), book or Book()
        request = Request(path, asked)
        attempt = 0
        while True:
            attempt += 1
            try:
                with self._turn(path, urgency) as sent:
                    received = self._once(request, book, sent)
                    work = self._cores.submit(self._outcome, request, received, read, secrets, make)
                    return work.result()
            except trial.Retry as problem:
                failed = problem
            except trial.NotAccepted as refused:
                status = self._probe_again(book) if path != probing.PATH else trial.UNAUTHORIZED
                error = probing.unauthorized(path, refused.excerpt, status)
                raise self._scrubbed(error) from None
            except ConsoleError as error:
                raise self._scrubbed(error) from None
            self._before_next(request, failed, attempt, book)
            if failed.failure is Failure.TIMED_OUT and int(asked.get("limit", "1")) > 1:
                asked["limit"] = str(int(asked["limit"]) // 2)

    def page_size(self, path: str, largest: int) -> int:
        """How many records to ask for at once: what a time-out taught, or the largest page."""
        return min(largest, self._sizes.get(rate_of(path, self.limits.rates)[0], largest))

    def learn_page_size(self, path: str, size: int) -> None:
        """Asks for no more at once from now on, wherever the same rate governs."""
        self._sizes[rate_of(path, self.limits.rates)[0]] = size

    def interval(self, path: str) -> float:
        """The seconds between two requests that the rates of a path ask for; 0 within a burst."""
        return interval(path, self.limits.rates)

    def idle(self, path: str) -> float:
        """The seconds since something was sent at the rates of a path, see `Pacer.idle`."""
        return self._pacer.idle(path)

    def alive(self, book: Book | None = None) -> bool:
        """Whether the token is accepted where no permission is needed; raises GoneSilent."""
        return self._probe(book or Book()) == probing.ACCEPTED

    def close(self) -> None:
        """Closes the connections, those that are lent as soon as they come back."""
        self._cores.shutdown(wait=False)
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for wire in idle:
            wire.close()

    # ------------------------------------------------------------------ one try

    def _outcome(
        self,
        request: Request,
        received: Received,
        read: Callable[[bytes], T],
        secrets: tuple[str, ...],
        make: Callable[[Answer[T]], Any] | None,
    ) -> Answer[T]:
        """What a try brought, see `trial.outcome`, and what was made of it."""
        answer = trial.outcome(request, received, read, self.token, secrets, self.clock.now())
        if make is None:
            return answer
        bodiless = replace(received, body=b"")
        return replace(answer, made=make(answer), received=bodiless, text=b"")

    def _once(
        self, request: Request, book: Book, sent: Callable[[], None], total: float | None = None
    ) -> Received:
        """Asks once, calls `sent` when that left; raises Retry when no whole answer comes."""
        if not request.sent:
            book.requests.append(request)
        request.sent += 1
        query = urlencode(request.params, quote_via=quote, safe=",")
        target = API_BASE + request.path + (f"?{query}" if query else "")
        try:
            with self._lent() as wire:
                received = wire.get(target, self._headers, total or self.limits.total, sent)
        except WireError as error:
            raise trial.Retry(error.failure, error.message) from error
        self._answered = True
        request.status = received.status
        request.bytes += len(received.body)
        request.seconds += received.seconds
        request.request_id = self.token.scrub(received.headers.get("x-rqid", ""))[:_LONGEST_ID]
        request.date = self._note_time(received, book)
        return received

    @contextmanager
    def _turn(self, path: str, urgency: int = 0) -> Iterator[Callable[[], None]]:
        """The turn of one request, until what it brought was read; yields what tells that it left.

        Who waits for a rate keeps nobody from asking elsewhere meanwhile.
        """
        with self._lock:
            queue = self._queues[rate_of(path, self.limits.rates)[0]]
        with queue.head(urgency):
            for seconds in self._pacer.turns(path):
                if seconds > 0:
                    stopping.pause(self.clock, seconds)
            while True:
                stopping.patiently(lambda seconds: self._under_way.acquire(timeout=seconds))
                seconds = self._pacer.use(path)
                if not seconds:
                    break
                self._under_way.release()
                stopping.pause(self.clock, seconds)
        told = False

        def sent() -> None:
            nonlocal told
            if not told:
                told = True
                self._pacer.sent(path)

        try:
            stopping.check()
            yield sent
        finally:
            sent()
            self._under_way.release()

    @contextmanager
    def _lent(self) -> Iterator[Wire]:
        """A connection for one request: the one that was given back last, else a new one."""
        with self._lock:
            wire = self._idle.pop() if self._idle else None
        if wire is None:
            wire = Wire(self.address, self.limits, self.clock, self._proxy, self._certificates)
        try:
            yield wire
        finally:
            with self._lock:
                kept = not self._closed
                if kept:
                    self._idle.append(wire)
            if not kept:
                wire.close()

    def _note_time(self, received: Received, book: Book) -> str:
        """The console's clock as its `Date` header tells it, empty where that is no date."""
        try:
            moment = parsedate_to_datetime(received.headers.get("date", "")).astimezone(UTC)
        except (ValueError, OverflowError):
            return ""
        now = self.clock.now()
        with self._lock:
            for time in (self.server_time, book.time):
                time.note(moment, now)
        return format_datetime(moment, usegmt=True)

    # ------------------------------------------------------------------ when it brought nothing

    def _before_next(self, request: Request, failed: trial.Retry, attempt: int, book: Book) -> None:
        """Notes a failed try and waits; raises a ConsoleError when it was the last one."""
        failed.message, failed.excerpt = self._kept(failed.message), self._kept(failed.excerpt)
        request.failures.append(f"{failed.failure.value}: {failed.message}")
        if failed.failure is Failure.THROTTLED:
            self._pacer.throttled(request.path)
        step = next_step(
            failed.failure,
            attempt=attempt,
            limits=self.limits,
            jitter=self._random.random(),
            retry_after=failed.after,
        )
        if isinstance(step, Wait):
            stopping.pause(self.clock, step.seconds)
            return
        if failed.failure is Failure.UNREACHABLE and not self._answered:
            raise NotReachable(
                f"The console cannot be reached: {failed.message}.",
                hint="Check the address, the network and, behind one, the proxy.",
            )
        probed = self._probe(book)
        raise probing.exhausted(self.address.netloc, request.path, failed, step.why, probed)

    def _probe_again(self, book: Book) -> int:
        """The status of the probe, asked again while it only says that the console stumbles."""
        for attempt in range(self.limits.tries):
            if attempt:
                stopping.pause(self.clock, self.limits.pause)
            status = self._probe(book)
            if status in {probing.ACCEPTED, trial.UNAUTHORIZED}:
                break
        return status

    def _probe(self, book: Book) -> int:
        """The status of one short question; raises GoneSilent when there is no answer at all."""
        request = Request(probing.PATH, {})
        try:
            longest = min(self.limits.silence, self.limits.total)
            with self._turn(request.path) as sent:
                return self._once(request, book, sent, longest).status
        except trial.Retry as problem:
            message = self._kept(problem.message)
            request.failures.append(f"{problem.failure.value}: {message}")
            raise GoneSilent(
                f"{self.address.netloc} no longer answers ({message}).",
                hint="Check the network and the console's status page, then run again.",
            ) from problem

    def _scrubbed(self, error: ConsoleError) -> ConsoleError:
        """An error whose words no longer hold the token."""
        error.excerpt = self._kept(error.excerpt)
        error.message = self.token.scrub(error.message)
        error.args = (error.message,)
        return error

    def _kept(self, text: str) -> str:
        """Text without the token, then cut: never the first half of a token."""
        return self.token.scrub(text)[: answers.EXCERPT]
