"""Cuts what takes too long: one thread for everything that is watched, however much that is.

A timer of its own for each would be a thread for each, and there is one for every request.
"""

import heapq
import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from watchkeeper.clock import SYSTEM_CLOCK


@dataclass(order=True, slots=True)
class _Watch:
    """What is to be cut at `deadline` (monotonic seconds) unless it has ended by then."""

    deadline: float
    number: int
    cut: Callable[[], None] = field(compare=False)
    ended: bool = field(default=False, compare=False)


class Watchdog:
    """Threads may share it; its own thread begins with the first thing that is watched."""

    def __init__(self) -> None:
        """Watches nothing yet."""
        self._changed = threading.Condition()
        self._watched: list[_Watch] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    @contextmanager
    def cutting(self, seconds: float, cut: Callable[[], None]) -> Iterator[None]:
        """Calls `cut` when the block has not ended after that many seconds, never after its end.

        `cut` must not wait for anything: whoever begins or ends a block waits for it.
        """
        watch = _Watch(SYSTEM_CLOCK.monotonic() + seconds, next(self._numbers), cut)
        with self._changed:
            heapq.heappush(self._watched, watch)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
            elif self._watched[0] is watch:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                watch.ended = True
                self._forget_ended()

    def _forget_ended(self) -> None:
        """What began first mostly ends first: thousands of ended ones never wait for their time."""
        while self._watched and self._watched[0].ended:
            heapq.heappop(self._watched)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._forget_ended()
                if not self._watched:
                    self._changed.wait()
                    continue
                left = self._watched[0].deadline - SYSTEM_CLOCK.monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                heapq.heappop(self._watched).cut()


WATCHDOG = Watchdog()
