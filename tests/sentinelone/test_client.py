"""The client over HTTP: its rates, its tries, and how it connects."""

import heapq
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.collection.conftest import PACED, QUICK, client
from tests.sentinelone.turns import asked
from watchkeeper.collection.engine import collect
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection
from watchkeeper.sentinelone.exchange import Answer, Request
from watchkeeper.sentinelone.limits import (
    PUBLISHED_RATES,
    Limits,
    Pacer,
    interval,
    pacer_of,
    rate_of,
    slower,
)
from watchkeeper.sentinelone.transport import within
from watchkeeper.simulator import Company, running


@pytest.fixture(scope="module")
def small() -> Company:
    return Company(agents=50, threats=5, activities=50, users=5, now=datetime.now(UTC))


# ---------------------------------------------------------------------- answers


def test_what_is_made_of_an_answer_sees_all_of_it_and_then_its_body_is_gone(
    small: Company,
) -> None:
    with running(small) as sim:
        console = client(sim, QUICK)

        def make(answer: Answer[dict[str, Any]]) -> tuple[bytes, bytes, int]:
            return answer.text, answer.received.body, len(answer.value["data"])

        try:
            kept = console.ask("/agents", {"limit": "3"}, msgspec.json.decode)
            asked = console.ask("/agents", {"limit": "3"}, msgspec.json.decode, make=make)
        finally:
            console.close()
    assert asked.made == (kept.text, kept.received.body, 3)
    assert (asked.text, asked.received.body) == (b"", b"")
    assert asked.value == kept.value
    assert asked.received.status == kept.received.status


_words = st.text(max_size=9)


@given(
    st.dictionaries(_words | st.just("cursor"), _words, max_size=3),
    st.lists(_words, max_size=2),
    st.tuples(_words, _words, st.none() | st.integers(0, 9), st.none() | st.integers(0, 9)),
)
def test_a_settled_request_tells_what_it_told_before(
    params: dict[str, str], failures: list[str], rest: tuple[str, str, int | None, int | None]
) -> None:
    identity, date, page, total = rest
    request = Request("/agents", params, 200, page=page, date=date, total=total)
    request.request_id, request.failures = identity, failures
    told = bytes(request.told())
    assert msgspec.json.decode(told) == request.as_json()
    for _ in range(2):
        request.settle()
        assert bytes(request.told()) == told


# ---------------------------------------------------------------------- rates


@pytest.mark.slow
def test_two_runs_of_one_process_share_the_rates_of_a_console(small: Company) -> None:
    with running(small, faults=["rate-limits"]) as sim:
        consoles = [client(sim, PACED), client(sim, PACED)]

        def ask(which: int) -> None:
            for number in range(30):
                params = {"limit": "1", "skip": str(number)}
                consoles[which].ask("/agents", params, msgspec.json.decode)

        threads = [threading.Thread(target=ask, args=(which,)) for which in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for console in consoles:
            console.close()
        assert len(sim.requests) == 60
        assert sim.busiest_second("/agents") <= 25
        assert {seen.status for seen in sim.requests} == {200}


def test_other_consoles_and_other_rates_have_turns_of_their_own() -> None:
    fast = Limits(rates=(("/", 1000.0, 1000),))
    mine = pacer_of("one.example", Limits(), time.monotonic)
    assert pacer_of("one.example", Limits(), time.monotonic) is mine
    assert pacer_of("one.example:8443", Limits(), time.monotonic) is not mine
    assert pacer_of("one.example", fast, time.monotonic) is not mine
    assert pacer_of("one.example", Limits(), lambda: 0.0) is not mine


# So many of a rate that has no burst may come late, in one moment with one that is in time.
FEW = 4


def used(
    pacer: Pacer,
    walks: list[list[str]],
    clock: list[float],
    late: Random | None = None,
    held: Callable[[], float] = lambda: 0.0,
) -> list[tuple[float, str]]:
    """When several walks at once ask which path, each as soon as it has all its turns.

    With `late` every pause takes longer than it was to, as it does where processors are few; with
    `held` a place among the requests under way has to be waited for.
    """
    moments: list[tuple[float, str]] = []
    waiting: list[tuple[float, int, Iterator[float], str]] = []
    left = [iter(walk) for walk in walks]

    def next_of(walk: int) -> None:
        path = next(left[walk], None)
        if path is not None:
            heapq.heappush(waiting, (clock[0], walk, asked(pacer, path, held()), path))

    for walk in range(len(walks)):
        next_of(walk)
    while waiting:
        clock[0], walk, turns, path = heapq.heappop(waiting)
        seconds = next(turns, None)
        if seconds is None:
            moments.append((clock[0], path))
            next_of(walk)
        else:
            longer = late.uniform(0, 0.3) if late is not None and seconds else 0.0
            heapq.heappush(waiting, (clock[0] + seconds + longer, walk, turns, path))
    return moments


@given(
    st.lists(
        st.lists(st.sampled_from(["/agents", "/agents/x", "/agents/x/y"]), max_size=20), max_size=8
    )
)
def test_what_is_slowed_below_a_published_rate_counts_towards_it(walks: list[list[str]]) -> None:
    clock = [0.0]
    pacer = Pacer(slower(["/agents/x=5", "/agents/x/y=2"]), lambda: clock[0])
    moments = used(pacer, walks, clock)
    assert len(moments) == sum(map(len, walks))
    for number, (begun, _) in enumerate(moments):
        for count, (ended, _) in enumerate(moments[number:], start=1):
            assert count <= 1 + FEW + 25 * (ended - begun) + 1e-6
    if moments:
        slowed = sum(path.startswith("/agents/x") for _, path in moments)
        assert slowed <= 1 + 5 * moments[-1][0] + 1e-6


@given(st.integers(0, 10**6), st.integers(2, 12))
def test_who_wakes_late_never_makes_a_second_too_full(seed: int, walks: int) -> None:
    clock = [0.0]
    pacer = Pacer(PUBLISHED_RATES, lambda: clock[0])
    moments = used(pacer, [["/agents"] * 12] * walks, clock, Random(seed))  # noqa: S311 - no secret
    assert len(moments) == 12 * walks
    for number, (begun, _) in enumerate(moments):
        assert sum(moment < begun + 0.9999 for moment, _ in moments[number:]) <= 25


@given(
    st.integers(0, 10**6), st.sampled_from(["/agents", "/groups/1/policy", "/users", "/accounts"])
)
def test_who_waits_for_a_place_among_the_others_never_exceeds_a_rate(seed: int, path: str) -> None:
    """As when all places are taken for seconds and then come free in one moment."""
    clock = [0.0]
    chance = Random(seed)  # noqa: S311 - no secret
    pacer = Pacer(slower(["/groups/1=2.5"]), lambda: clock[0])
    frees = [chance.uniform(0, 9) for _ in range(3)]

    def held() -> float:
        return max(0.0, chance.choice([clock[0], *frees]) - clock[0])

    moments = [moment for moment, _ in used(pacer, [[path] * 5] * 15, clock, held=held)]
    assert len(moments) == 75
    _, rate, burst = rate_of(path, slower(["/groups/1=2.5"]))
    for number, begun in enumerate(moments):
        within = sum(moment < begun + 0.9999 for moment in moments[number:])
        assert burst > 1 or within <= rate
        for count, ended in enumerate(moments[number:], start=1):
            assert count <= max(burst, 1 + FEW) + rate * (ended - begun) + 1e-6


def test_paths_that_the_vendor_limits_apart_stay_apart() -> None:
    pacer = Pacer(slower(["/threats/1=3"]), lambda: 0.0)
    assert len(list(pacer.turns("/threats/1/timeline"))) == 2
    assert len(list(pacer.turns("/threats/2/timeline"))) == 1
    assert len(list(pacer.turns("/users"))) == 1
    assert [len(list(pacer.turns(prefix))) for prefix, _, _ in PUBLISHED_RATES] == [1] * len(
        PUBLISHED_RATES
    )


@pytest.mark.parametrize(
    ("path", "seconds"),
    [("/agents", 1 / 25), ("/agents/1/x", 1 / 3), ("/threats", 0.0), ("/threats/1/timeline", 0.5)],
)
def test_who_asks_as_often_as_is_allowed_knows_how_often_that_is(path: str, seconds: float) -> None:
    """The slowest of the rates that a path is held to; none while a burst may be had."""
    assert interval(path, slower(["/agents/1=3", "/threats/1=2"])) == pytest.approx(seconds)


def test_it_is_known_since_when_nobody_asked() -> None:
    clock = [100.0]
    pacer = Pacer(slower(["/agents/x=5"]), lambda: clock[0])
    assert pacer.idle("/agents/x") == math.inf
    for path in ("/agents/x", "/agents"):
        for seconds in asked(pacer, path):
            clock[0] += seconds
        clock[0] += 3.0
    # Both are held to the vendor's rate, whoever else is.
    assert pacer.idle("/agents/x") == pacer.idle("/agents") == pytest.approx(3.0)
    assert pacer.idle("/users") == math.inf


# ---------------------------------------------------------------------- tries


def read(sim: object, folder: Path, resource: str) -> Collection:
    console = client(sim)
    try:
        report = collect(console, Locker.open(folder, create=True), "acme", only=[resource])
    finally:
        console.close()
    return report.collections[-1]


def test_a_try_that_failed_is_told_for_pages_and_counts(small: Company, tmp_path: Path) -> None:
    with running(small, faults=["500:users"]) as sim:
        users = read(sim, tmp_path / "locker", "users")
    assert users.complete
    asked = [each for each in users.manifest["requests"] if each["path"].endswith("/users")]
    assert {"countOnly" in each["params"] for each in asked} == {True, False}
    first = {str(each["params"]): each for each in reversed(asked)}
    assert [each["failures"] for each in first.values()] == [["server error: 500"]] * len(first)


def test_requests_that_brought_nothing_are_told(small: Company, tmp_path: Path) -> None:
    with running(small, faults=["503:users:always"]) as sim:
        users = read(sim, tmp_path / "locker", "users")
    assert not users.complete
    asked = {each["path"].rsplit("/", 1)[1]: each for each in users.manifest["requests"]}
    assert asked["users"]["failures"] == ["server error: 503"] * QUICK.tries
    assert asked["users"]["status"] == 503
    assert asked["info"]["status"] == 200


# ---------------------------------------------------------------------- connecting


def test_a_name_that_is_looked_up_for_ever_is_given_up() -> None:
    ours, theirs = socket.socketpair()
    go = threading.Event()

    def late() -> socket.socket:
        assert go.wait(10)
        return ours

    assert within(0.05, late) is None
    go.set()
    with theirs:
        theirs.settimeout(5)
        assert theirs.recv(1) == b""  # what came too late was closed


def test_what_connecting_says_is_handed_on() -> None:
    def refused() -> socket.socket:
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        within(5, refused)
    ours, theirs = socket.socketpair()
    assert within(5, lambda: ours) is ours
    ours.close()
    theirs.close()
