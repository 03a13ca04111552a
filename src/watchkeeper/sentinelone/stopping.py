"""Waiting and asking that can be called off by whoever has several questions under way at once."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from watchkeeper.clock import Clock

# So soon a pause notices that it was called off, in seconds.
_LOOK_EVERY = 0.25
_stop: ContextVar[threading.Event | None] = ContextVar("stop", default=None)


class Stopped(Exception):
    """Raised in place of what was to be done once a stop was asked for."""


@contextmanager
def heeding(stop: threading.Event) -> Iterator[None]:
    """Within the block, in this thread, nothing is waited for or asked once `stop` is set.

    It is not handed from call to call, as what lies between a crew and its console's client need
    not know of it.
    """
    before = _stop.set(stop)
    try:
        yield
    finally:
        _stop.reset(before)


def check() -> None:
    """Raises Stopped when a stop was asked for."""
    stop = _stop.get()
    if stop is not None and stop.is_set():
        raise Stopped


def patiently(attempt: Callable[[float], bool]) -> None:
    """Waits until an attempt of so many seconds succeeds; raises Stopped once a stop was asked for.

    `attempt` is the `wait` of an event or the `acquire` of a semaphore.
    """
    check()
    while not attempt(_LOOK_EVERY):
        check()


def pause(clock: Clock, seconds: float) -> None:
    """Waits by the clock; raises Stopped soon after a stop was asked for."""
    if _stop.get() is None:
        clock.sleep(seconds)
        return
    while seconds > 0:
        check()
        clock.sleep(min(seconds, _LOOK_EVERY))
        seconds -= _LOOK_EVERY
    check()
