"""When a request leaves: a second is full of what was sent in it, not of what was allowed."""

import socket
import threading
from collections import deque
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sentinelone.test_odd_answers import QUICK, SECRET, console
from watchkeeper.clock import SYSTEM_CLOCK
from watchkeeper.errors import NotReachable
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.limits import PUBLISHED_RATES, Pacer
from watchkeeper.sentinelone.token import parse_token
from watchkeeper.sentinelone.transport import Wire, WireError

PATIENCE = 20.0


def sent(seed: int, requests: int, longest: float) -> list[float]:
    """When requests for agents leave: at once, or up to so many seconds after they were allowed."""
    clock, chance = [0.0], Random(seed)  # noqa: S311 - no secret
    pacer = Pacer(PUBLISHED_RATES, lambda: clock[0])
    leaving: list[float] = []
    left: list[float] = []

    def until(moment: float) -> None:
        while leaving and leaving[0] <= moment:
            clock[0] = leaving.pop(0)
            pacer.sent("/agents")
            left.append(clock[0])
        clock[0] = moment

    for _ in range(requests):
        for seconds in pacer.turns("/agents"):
            until(clock[0] + seconds)
        while (wait := pacer.use("/agents")) > 0:
            until(clock[0] + wait)
        leaving.append(clock[0] + chance.choice([0.0, chance.uniform(0, longest)]))
        leaving.sort()
    until(clock[0] + 2 * longest)
    return left


@given(st.integers(0, 10**6), st.sampled_from([0.02, 0.5, 3.0]))
def test_what_leaves_late_never_makes_a_second_too_full(seed: int, longest: float) -> None:
    left = sent(seed, 120, longest)
    assert len(left) == 120
    recent = deque[float]()
    for moment in left:
        while recent and recent[0] <= moment - 0.9999:
            recent.popleft()
        recent.append(moment)
        assert len(recent) <= 24


def test_nobody_waits_longer_where_all_leave_at_once() -> None:
    """Within the first second are 24 and not one less: what was sent is not kept for longer."""
    left = sent(1, 97, 0.0)
    assert left[96] - left[0] == pytest.approx(4.0, abs=0.01)


def test_what_is_still_to_be_sent_fills_a_second_and_is_asked_after_now_and_then() -> None:
    clock = [0.0]
    pacer = Pacer(PUBLISHED_RATES, lambda: clock[0])
    for _ in range(24):
        clock[0] += sum(pacer.turns("/agents"))
        assert pacer.use("/agents") == 0
        assert pacer.idle("/agents") == 0
    clock[0] += 30
    assert sum(pacer.turns("/agents")) == 0
    assert pacer.use("/agents") == pytest.approx(1 / 24)
    pacer.sent("/agents")
    clock[0] += 0.25
    # 23 are still on their way, and one was sent: a second after that there is room again.
    assert pacer.use("/agents") == pytest.approx(0.75)
    assert pacer.idle("/agents") == 0


def test_what_cannot_be_sent_is_not_told_as_sent() -> None:
    left = threading.Event()
    wire = Wire(parse_address(_refusing()), QUICK, SYSTEM_CLOCK)
    try:
        with pytest.raises(WireError):
            wire.get("/x", {}, PATIENCE, left.set)
    finally:
        wire.close()
    assert not left.is_set()


def test_that_a_request_left_is_told_before_it_is_answered() -> None:
    left = threading.Event()

    def answering(_: str) -> tuple[int, bytes]:
        return (200, b"{}") if left.wait(PATIENCE) else (500, b"it was not told")

    with console(answering) as asked:
        wire = Wire(asked.address, QUICK, SYSTEM_CLOCK)
        try:
            received = wire.get("/x", {}, PATIENCE, left.set)
        finally:
            wire.close()
    assert (received.status, received.body) == (200, b"{}")


def _refusing() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"http://127.0.0.1:{server.getsockname()[1]}"


def test_what_could_not_be_sent_is_not_waited_for() -> None:
    closed = Console(parse_address(_refusing()), parse_token(SECRET), limits=QUICK)
    try:
        with pytest.raises(NotReachable):
            closed.ask("/agents", {}, bytes)
        # While one is to be sent there is no time since the last.
        assert closed.idle("/agents") > 0
    finally:
        closed.close()
