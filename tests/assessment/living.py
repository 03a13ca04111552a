"""A simulated company lived day by day: collected, stated, judged, compared with what is true."""

import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.stated import state
from tests.unpaced import UNPACED
from watchkeeper.assessment import assess
from watchkeeper.clock import Clock
from watchkeeper.collection.engine import collect
from watchkeeper.controls import catalogue
from watchkeeper.locker.locker import Locker
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.token import parse_token
from watchkeeper.simulator import Company, running
from watchkeeper.simulator.statements import statements
from watchkeeper.simulator.truth import Collected, truth

DAY = timedelta(days=1)
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def company(seed: int, day: int) -> Company:
    """A small company on a day of its life; the clock moves with it."""
    return Company(
        agents=120,
        threats=30,
        activities=150,
        users=16,
        sites=4,
        seed=seed,
        now=START + day * DAY,
        day=day,
        pace=DAY,
    )


def differences(seed: int, first: int, last: int) -> Iterator[str]:
    """Where the controls say something else than is true, on the days `first` to `last`.

    The day before the first is collected too: some controls compare.
    """
    at = START + (first - 1) * DAY
    clock = Clock(now=lambda: at)
    vouched: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, running(company(seed, first - 1)) as served:
        locker = Locker.open(Path(folder) / "locker", create=True, clock=clock)
        earlier: Company | None = None
        for day in range(first - 1, last + 1):
            now = company(seed, day)
            at = now.now
            served.set_company(now)
            console = Console(
                parse_address(served.url), parse_token(served.token), limits=UNPACED, clock=clock
            )
            try:
                collect(console, locker, "acme")
            finally:
                console.close()
            stated = statements(now)
            state(locker, "acme", stated)
            # Lists are loaded anew; what was vouched for once stays until it is vouched for again.
            # Of versions the one recorded last counts, whenever it was told.
            for row in stated["attestations"]:
                before = vouched.setdefault(row["id"], row)
                if row["recorded_at"] >= before["recorded_at"]:
                    vouched[row["id"]] = row
            if earlier is not None:
                known = stated | {"attestations": list(vouched.values())}
                collected, offset = _own_work(locker)
                true = truth(
                    now, earlier, statements=known, collected=collected, clock_offset_ms=offset
                )
                for found in _compared(locker, now, true):
                    yield f"seed {seed}, day {day}: {found}"
            earlier = now


def _own_work(locker: Locker) -> tuple[list[Collected], float | None]:
    """Our own attempts at what the console has, and the clock as the newest of them saw it.

    Read from the manifests as an auditor would read them.
    """
    attempts: list[Collected] = []
    offset = None
    for each in locker.collections("acme"):
        told = json.loads(locker.manifest(each.path)[0])
        if not told["source"]["console"]:
            continue  # what people stated
        window = told.get("window")
        reach = (_moment(window["from"]), _moment(window["to"])) if window else None
        verdict = told["completeness"]["verdict"]
        times = (_moment(told["time"]["started"]), _moment(told["time"]["ended"]))
        attempts.append((told["resource"], verdict, *times, reach))
        offset = told["time"].get("clock_offset_ms", offset)
    return attempts, offset


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _compared(locker: Locker, company: Company, true: dict[str, dict[str, Any]]) -> Iterator[str]:
    for found in assess(locker, "acme", catalogue().values(), now=company.now):
        expected = true[found.control]
        items = {row["subject"]: row for row in locker.items(found).to_pylist()}
        outcomes = {subject: row["outcome"] for subject, row in items.items()}
        for subject in sorted(outcomes.keys() | expected["items"].keys()):
            said, wanted = outcomes.get(subject), expected["items"].get(subject)
            if said != wanted:
                why = items[subject]["reason"] if subject in items else "not listed"
                yield f"{found.control} {subject} is {said} ({why}), true is {wanted}"
        if found.result.value != expected["result"]:
            yield f"{found.control} says {found.result.value}, true is {expected['result']}"
