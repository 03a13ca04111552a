"""Several walks at once: threads that ask, one thread that keeps the books."""

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from watchkeeper.sentinelone import stopping
from watchkeeper.sentinelone.stopping import Stopped, heeding

T = TypeVar("T")
Put = Callable[[T], None]
Task = Callable[[Put[T]], None]
_POLL = 0.2


@dataclass(frozen=True, slots=True)
class _Ended:
    """A worker has nothing more to do, or broke off with an error."""

    error: BaseException | None = None


@dataclass(slots=True)
class _Board(Generic[T]):
    """What the workers and the reader of a crew share."""

    tasks: Iterator[Task[T]]
    handed: "queue.SimpleQueue[T | _Ended]"
    room: threading.Semaphore
    lock: threading.Lock
    stopping: threading.Event
    abandoned: threading.Event

    def put(self, item: T) -> None:
        """Hands an item on; waits while many are unread. Raises Stopped when it must not go on."""
        while not self.room.acquire(timeout=_POLL):
            if self.abandoned.is_set():
                raise Stopped
        self.handed.put(item)
        if self.stopping.is_set():
            raise Stopped

    def work(self) -> None:
        """Takes one task after the other until there are none, or one has failed."""
        error: BaseException | None = None
        try:
            with heeding(self.stopping):
                while not self.stopping.is_set():
                    with self.lock:
                        task = next(self.tasks, None)
                    if task is None:
                        break
                    task(self.put)
        except Stopped:
            pass
        except BaseException as raised:  # noqa: BLE001 - raised again by who reads
            error = raised
            self.stopping.set()
        self.handed.put(_Ended(error))


def gathered(
    tasks: Iterable[Task[T]], *, workers: int, ahead: int = 4, patience: float = 0.0
) -> Generator[T, None, None]:
    """What the tasks hand on, as it comes; at most `ahead` items wait to be read.

    The first error of a task is raised after everything that was handed on before it was read;
    the other tasks end at their next item, pause or request. So they do when who reads closes
    this: use `contextlib.closing`. They are given `patience` seconds to do so, and no more: the
    threads are daemons, so a program that is told to stop does not wait for an answer. Where who
    reads belongs to a crew himself he heeds its stop: Stopped is raised.
    """
    board: _Board[T] = _Board(
        iter(tasks),
        queue.SimpleQueue(),
        threading.Semaphore(ahead),
        threading.Lock(),
        threading.Event(),
        threading.Event(),
    )
    threads = [threading.Thread(target=board.work, daemon=True) for _ in range(max(1, workers))]
    for thread in threads:
        thread.start()
    running, failure = len(threads), None
    try:
        while running:
            item = _next(board.handed)
            if isinstance(item, _Ended):
                running -= 1
                failure = failure or item.error
            else:
                board.room.release()
                yield item
    finally:
        board.stopping.set()
        board.abandoned.set()
        end = time.monotonic() + patience
        for thread in threads:
            thread.join(max(0.0, end - time.monotonic()))
    if failure is not None:
        raise failure


def _next(handed: "queue.SimpleQueue[T | _Ended]") -> T | _Ended:
    """The next item; raises Stopped once the crew of who waits for it was stopped."""
    while True:
        try:
            return handed.get(timeout=_POLL)
        except queue.Empty:
            stopping.check()
