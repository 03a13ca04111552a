"""Who waits for the same rate: who is the most urgent goes first, else who came first."""

import heapq
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from watchkeeper.sentinelone import stopping


@dataclass(order=True, slots=True)
class _Waiting:
    """Somebody in a queue; `turn` is set when he is at its head."""

    place: tuple[int, int]
    turn: threading.Event = field(default_factory=threading.Event, compare=False)


class Queue:
    """One waits at its head, for whatever he waits for; the others wait for him to leave it."""

    def __init__(self) -> None:
        """Empty."""
        self._head: _Waiting | None = None
        self._others: list[_Waiting] = []
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many wait to come to its head."""
        return len(self._others)

    @contextmanager
    def head(self, urgency: int) -> Iterator[None]:
        """The block is entered at the head of the queue; raises Stopped as `patiently` does."""
        with self._lock:
            mine = _Waiting((-urgency, next(self._numbers)))
            heapq.heappush(self._others, mine)
            self._call_next()
        try:
            stopping.patiently(mine.turn.wait)
            yield
        finally:
            with self._lock:
                if self._head is mine:
                    self._head = None
                else:
                    self._others.remove(mine)
                    heapq.heapify(self._others)
                self._call_next()

    def _call_next(self) -> None:
        if self._head is None and self._others:
            self._head = heapq.heappop(self._others)
            self._head.turn.set()
