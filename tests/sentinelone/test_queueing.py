"""Who waits for a rate: the most urgent first, nobody forgotten."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.collection.conftest import client
from tests.waiting import until
from watchkeeper.sentinelone.limits import Limits
from watchkeeper.sentinelone.queueing import MOST_PASSED, Queue
from watchkeeper.sentinelone.stopping import Stopped, heeding
from watchkeeper.simulator import Company, running

SOON = 60.0


class Crowd:
    """Threads that stand in a queue; `served` has their numbers as each came to its head."""

    def __init__(self) -> None:
        self.queue = Queue()
        self.served: list[int] = []
        self.threads: list[threading.Thread] = []

    @contextmanager
    def held_up(self) -> Iterator[None]:
        """Somebody is at the head all the while; then he leaves, and so does everybody."""
        with self.queue.head(0):
            yield
        for thread in self.threads:
            thread.join(SOON)
            assert not thread.is_alive()

    def joins(self, number: int, urgency: int, stop: threading.Event | None = None) -> None:
        """One more, who is in the queue when this returns."""
        there = threading.Event()

        def stand() -> None:
            try:
                with heeding(stop or threading.Event()):
                    there.set()
                    with self.queue.head(urgency):
                        self.served.append(number)
            except Stopped:
                self.served.append(-number)

        waiting = len(self.queue)
        thread = threading.Thread(target=stand, daemon=True)
        self.threads.append(thread)
        thread.start()
        assert there.wait(SOON)
        until(lambda: len(self.queue) > waiting)


@given(st.lists(st.integers(-3, 3), max_size=8))
def test_the_most_urgent_goes_first_else_who_came_first(urgencies: list[int]) -> None:
    crowd = Crowd()
    with crowd.held_up():
        for number, urgency in enumerate(urgencies):
            crowd.joins(number, urgency)
    expected = sorted(range(len(urgencies)), key=lambda number: (-urgencies[number], number))
    assert crowd.served == expected
    assert len(crowd.queue) == 0


def test_who_is_not_urgent_is_not_passed_for_ever() -> None:
    crowd = Crowd()
    with crowd.held_up():
        crowd.joins(0, urgency=0)
        for number in range(1, MOST_PASSED + 9):
            crowd.joins(number, urgency=1)
    assert crowd.served.index(0) == MOST_PASSED
    assert sorted(crowd.served) == list(range(MOST_PASSED + 9))


def test_who_is_stopped_leaves_and_holds_nobody_up() -> None:
    crowd, stop = Crowd(), threading.Event()
    with crowd.held_up():
        crowd.joins(1, urgency=9, stop=stop)
        crowd.joins(2, urgency=1)
        crowd.joins(3, urgency=5)
        stop.set()
        until(lambda: crowd.served == [-1])
    assert crowd.served == [-1, 3, 2]


def test_who_fails_at_its_head_holds_nobody_up() -> None:
    queue = Queue()
    with pytest.raises(ZeroDivisionError), queue.head(0):
        raise ZeroDivisionError
    with queue.head(0):
        assert len(queue) == 0


def test_of_many_requests_the_most_urgent_are_sent_first() -> None:
    company = Company(agents=20, threats=1, activities=1, users=1, now=datetime.now(UTC))
    with running(company) as sim:
        # Each waits for this rate longer than it takes to begin a few threads.
        console = client(sim, Limits(rates=(("/", 1.0, 1),)))

        def ask(number: int) -> None:
            params = {"limit": "1", "skip": str(number)}
            console.ask("/agents", params, msgspec.json.decode, urgency=number)

        ask(0)  # from here on one has to wait for the rate
        threads = [threading.Thread(target=ask, args=(number,)) for number in (0, 2, 1, 3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(SOON)
            assert not thread.is_alive()
        console.close()
        asked = [int(seen.query["skip"][0]) for seen in sim.requests]
    # Who came when all others were still to come may have been first in the queue.
    assert len(asked) == 5
    assert asked[2:] == sorted(asked[2:], reverse=True)
