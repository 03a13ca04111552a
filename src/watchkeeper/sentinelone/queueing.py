"""Who waits for the same rate: who is the most urgent goes first, but nobody is passed for ever."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from watchkeeper.sentinelone import stopping

# Who was passed so often goes next. A cursor is kept by the console for a while only, and who is
# never urgent is served half as often as in a queue of eight without urgency.
MOST_PASSED = 16


@dataclass(slots=True, eq=False)
class _Waiting:
    """Somebody in a queue, and how often it had called when he came.

    `turn` is set when he is at its head.
    """

    urgency: int
    called: int
    turn: threading.Event = field(default_factory=threading.Event)


class Queue:
    """One waits at its head, for whatever he waits for; the others wait for him to leave it."""

    def __init__(self) -> None:
        """Empty."""
        self._head: _Waiting | None = None
        self._others: list[_Waiting] = []  # by age
        self._called = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many wait to come to its head."""
        return len(self._others)

    @contextmanager
    def head(self, urgency: int) -> Iterator[None]:
        """The block is entered at the head of the queue; raises Stopped as `patiently` does."""
        with self._lock:
            mine = _Waiting(urgency, self._called)
            self._others.append(mine)
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
                self._call_next()

    def _call_next(self) -> None:
        if self._head is not None or not self._others:
            return
        oldest = self._others[0]
        if self._called - oldest.called >= MOST_PASSED:
            self._head = oldest
        else:
            self._head = max(self._others, key=lambda each: each.urgency)  # of equals the oldest
        self._others.remove(self._head)
        self._called += 1
        self._head.turn.set()
