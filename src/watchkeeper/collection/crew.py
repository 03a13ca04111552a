"""Several walks at once: threads that ask, one thread that keeps the books."""

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

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


def gathered(tasks: Iterable[Task[T]], *, workers: int, ahead: int = 4) -> Generator[T, None, None]:
    """What the tasks hand on, as it comes; at most `ahead` items wait to be read.

    The first error of a task is raised after everything that was handed on before it was read;
    the other tasks end at their next item, pause or request. So they do when who reads closes
    this: use `contextlib.closing`. The threads are daemons: a program that is told to stop does
    not wait for an answer.
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
            item = board.handed.get()
            if isinstance(item, _Ended):
                running -= 1
                failure = failure or item.error
            else:
                board.room.release()
                yield item
    finally:
        board.stopping.set()
        board.abandoned.set()
    if failure is not None:
        raise failure
