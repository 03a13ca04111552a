"""Threads that ask: they stop when who reads them stops, and share few connections."""

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import psutil
import pytest

from tests.collection.conftest import QUICK, client
from tests.waiting import until
from watchkeeper.collection.crew import Put, gathered
from watchkeeper.collection.engine import collect
from watchkeeper.collection.job import Job, Step
from watchkeeper.collection.reading import Reading
from watchkeeper.locker.locker import Locker
from watchkeeper.resources import catalogue
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.exchange import Book
from watchkeeper.sentinelone.limits import Limits
from watchkeeper.simulator import Company, Running, running

pytestmark = pytest.mark.slow

# Far longer than any test waits.
LONG = 60.0
DAY = "2026-01-01T00:00:00.000000Z"
SOON = 5.0
SLOW = replace(QUICK, rates=(("/", 1 / LONG, 1),))
PATIENT = replace(QUICK, pause=LONG, longest_pause=LONG)


class Enough(Exception):
    """Raised by who reads."""


def small() -> Company:
    return Company(agents=20, threats=2, activities=20, users=5, now=datetime.now(UTC))


def asking(
    console: Console, path: str, times: int = 1, book: Book | None = None
) -> Callable[[Put[int]], None]:
    """A task that asks a few times and hands on how often it has."""

    def task(put: Put[int]) -> None:
        for number in range(times):
            console.ask(path, {"limit": "1", "skip": str(number)}, msgspec.json.decode, book=book)
            put(number)

    return task


class Watched:
    """Tasks that tell when the last of them has ended."""

    def __init__(self, *tasks: Callable[[Put[int]], None]) -> None:
        self.left = len(tasks)
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.tasks = [self._watched(task) for task in tasks]

    def _watched(self, task: Callable[[Put[int]], None]) -> Callable[[Put[int]], None]:
        def watched(put: Put[int]) -> None:
            try:
                task(put)
            finally:
                with self.lock:
                    self.left -= 1
                    if not self.left:
                        self.ended.set()

        return watched


def immediately(put: Put[int]) -> None:
    put(-1)


@pytest.mark.parametrize(("limits", "faults"), [(SLOW, []), (PATIENT, ["503:users:always"])])
def test_who_waits_for_a_turn_or_to_ask_again_stops_with_who_reads(
    limits: Limits, faults: list[str]
) -> None:
    with running(small(), faults=faults) as sim:
        console = client(sim, limits)
        book = Book()
        crew = Watched(*[asking(console, "/users", 3, book)] * 4, immediately)

        def until_asked() -> None:
            with closing(gathered(crew.tasks, workers=5)) as found:
                for item in found:
                    if item == -1:
                        until(lambda: len(sim.requests) > 0)
                        raise Enough

        with pytest.raises(Enough):
            until_asked()
        assert crew.ended.wait(SOON)
        assert len(sim.requests) <= 4  # each task's first at most, none was sent after that
        assert all(asked.sent for asked in book.requests)
        console.close()


def test_after_an_error_nobody_asks_any_more() -> None:
    with running(small(), faults=["denied-403:sites"]) as sim:
        console = client(sim, SLOW)
        crew = Watched(*[asking(console, "/users", 3)] * 2, asking(client(sim), "/sites"))
        with pytest.raises(Exception, match="forbidden"):
            list(gathered(crew.tasks, workers=3))
        assert crew.ended.is_set()
        assert len(sim.requests) <= 3
        console.close()


def test_who_hands_on_to_nobody_stops() -> None:
    def endless(put: Put[int]) -> None:
        while True:
            put(0)

    crew = Watched(*[endless] * 3)
    with closing(gathered(crew.tasks, workers=3)) as found:
        assert next(found) == 0
    assert crew.ended.wait(SOON)


class Connections:
    """The connections to a console that were ever seen open."""

    def __init__(self, sim: Running) -> None:
        self.port = int(sim.url.rsplit(":", 1)[1])
        self.seen: set[int] = set()

    def __call__(self, _step: Step) -> None:
        for each in psutil.Process().net_connections("tcp4"):
            if each.raddr and each.raddr.port == self.port:
                self.seen.add(each.laddr.port)


def test_there_are_never_more_connections_than_walks(locker: Locker) -> None:
    company = Company(
        agents=2_500, sites=40, accounts=25, threats=40, activities=300, users=10,
        now=datetime.now(UTC),
    )  # fmt: skip
    with running(company) as sim:
        console = client(sim)
        seen = Connections(sim)
        for _ in range(2):
            report = collect(console, locker, "acme", on_progress=seen)
            assert all(found.complete for found in report.collections)
        assert 1 < len(seen.seen) <= console.limits.walks + 1
        console.close()
        seen.seen.clear()
        until(lambda: not open_ones(seen))


def open_ones(connections: Connections) -> set[int]:
    """Those open to the console now; what its client closed waits for the system only."""
    return {
        each.laddr.port
        for each in psutil.Process().net_connections("tcp4")
        if each.raddr
        and each.raddr.port == connections.port
        and each.status == psutil.CONN_ESTABLISHED
    }


def test_the_policies_above_the_sites_are_each_asked_for_once(locker: Locker) -> None:
    company = Company(agents=60, sites=30, accounts=24, threats=2, activities=20, users=5)
    with running(company) as sim:
        console = client(sim)
        report = collect(console, locker, "acme", only=["policies"])
        asked = [
            seen.path
            for seen in sim.requests
            if "/accounts/" in seen.path or seen.path.endswith("/tenant/policy")
        ]
        console.close()
    assert report.collections[-1].complete
    assert len(asked) == len(set(asked)) == 25


def test_of_two_parts_the_one_with_more_left_asks_first(locker: Locker) -> None:
    with running(small()) as sim:
        # Slower than it takes to begin two threads.
        console = client(sim, Limits(rates=(("/", 1.0, 1),)))
        reading = Reading(Job(console, locker, "acme"), catalogue()["agents"])
        reading.facts["parts"] = [
            {"filter": {"createdAt__lt": DAY}, "rows": 1, "count_last": 9},
            {"filter": {"createdAt__gte": DAY}, "rows": 1, "count_last": 5},
        ]
        console.alive()  # from here on one has to wait for the rate

        def ask(part: int) -> None:
            told = reading.facts["parts"][part]
            reading.ask("/agents", {"limit": "1", **told["filter"]}, part=part)

        threads = [threading.Thread(target=ask, args=(part,)) for part in (1, 1, 0)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
        reading.leave()
        console.close()
        asked = ["createdAt__lt" in seen.query for seen in sim.requests if "limit" in seen.query]
    # The first was alone when it came.
    assert asked == [False, True, False]
