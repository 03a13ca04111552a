"""Twenty connections for ten minutes: every turn taken once, each trouble named.

`make soak` runs it. It starts `watchkeeper up` and twenty simulated consoles, shortens every
interval, lets them be, and then reads what was sealed and what is said of each connection.
"""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from watchkeeper.clock import SYSTEM_CLOCK
from watchkeeper.simulator import Company, running

MINUTES = 10.0
INTERVAL = timedelta(minutes=2)
TICK = timedelta(minutes=1)  # the schedule looks that often
_SMALL = {"agents": 40, "threats": 8, "activities": 30, "sites": 3, "users": 8}
_PROGRAM = (sys.executable, "-m", "watchkeeper")
_SKEW = timedelta(minutes=40)


@dataclass(frozen=True)
class Case:
    """One console: its faults, and the diagnosis there must be (empty: none but its policies')."""

    name: str
    faults: tuple[str, ...] = ()
    diagnosis: str = ""
    state: str = "ok"
    paused: bool = False
    skew: timedelta = timedelta()


CASES = (
    *(Case(f"well-{number}") for number in range(1, 9)),
    Case("slow-1", ("slow:250",)),
    Case("slow-2", ("slow:100",)),
    Case("expired-1", ("token-expired",), "The API token is no longer accepted", "token dead"),
    Case("expired-2", ("token-expired",), "The API token is no longer accepted", "token dead"),
    Case("revoked", ("token-revoked:150",), "The API token was revoked", "token dead"),
    Case("site-scoped", ("site-scope",), "one site is seen"),
    Case("denied-users", ("denied-401:users",), "Console users: not permitted"),
    Case("denied-agents", ("denied-403:agents",), "Agents: not permitted"),
    Case("maintenance", ("503:always",), "in maintenance or failing", "unreachable"),
    Case("skewed", (), "clock is", skew=_SKEW),
    Case("paused-1", paused=True),
    Case("paused-2", paused=True),
)


def main() -> None:
    """Runs it and prints what was found; exit code 1 when anything is not as it must be."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="watchkeeper-soak-")))
        folder.chmod(0o711)  # started as root, PostgreSQL has an account of its own
        os.environ["XDG_CONFIG_HOME"] = str(folder / "configuration")
        data = folder / "data"
        consoles = {}
        for number, case in enumerate(CASES):
            company = Company(seed=number, now=SYSTEM_CLOCK.now() + case.skew, **_SMALL)  # type: ignore[arg-type]
            consoles[case.name] = stack.enter_context(running(company, faults=case.faults))
        with _up(folder, data):
            _connect(data, consoles)
            for left in range(round(minutes), 0, -1):
                print(f"{left} minutes left", flush=True)
                SYSTEM_CLOCK.sleep(60 * minutes / round(minutes))
            faults = _judge(data, minutes)
    print("\n".join(faults) or "Everything is as it must be.")
    sys.exit(1 if faults else 0)


@contextlib.contextmanager
def _up(folder: Path, data: Path) -> Iterator[None]:
    """`watchkeeper up` for the time of the block, once its pages answer."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    log = folder / "said"
    with log.open("w") as said:
        up = subprocess.Popen(
            [*_PROGRAM, "up", "--data", str(data), "--port", port], stdout=said, stderr=said
        )
    try:
        while not re.search(r"runs at http://", log.read_text()):
            if up.poll() is not None:
                raise RuntimeError(log.read_text())
            SYSTEM_CLOCK.sleep(0.2)
        yield
    finally:
        up.terminate()
        up.wait(60)
        print(log.read_text())


def _connect(data: Path, consoles: dict[str, Any]) -> None:
    """Connects every console with short intervals; those to be paused before they are collected."""
    from watchkeeper import bootstrap

    app = bootstrap.build(bootstrap.load_settings(data=data))
    from watchkeeper.jobs import runs
    from watchkeeper.ledger.connections import connect
    from watchkeeper.ledger.models import Connection
    from watchkeeper.resources import catalogue
    from watchkeeper.sentinelone.address import parse_address
    from watchkeeper.sentinelone.token import parse_token

    parts = app.installation
    short = {name: INTERVAL.total_seconds() for name in catalogue()}
    for case in CASES:
        console = consoles[case.name]
        address, token = parse_address(console.url), parse_token(console.token)
        now = parts.clock.now()
        connect(case.name, address, token, vault=parts.vault, actor="soak", now=now)
        Connection.objects.filter(name=case.name).update(intervals=short, paused=case.paused)
        if not case.paused:
            runs.ask(case.name, trigger="first")


def _judge(data: Path, minutes: float) -> list[str]:
    """Everything that is not as it must be."""
    from watchkeeper.ledger.models import AssessmentEntry, CollectionEntry

    said = subprocess.run(
        [*_PROGRAM, "connections", "--json", "--data", str(data)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    told = {each["name"]: each for each in json.loads(said)}
    faults: list[str] = []
    for case in CASES:
        own = CollectionEntry.objects.filter(connection__name=case.name, subject="")
        taken = Counter(own.values_list("resource", flat=True))
        results = Counter(
            AssessmentEntry.objects.filter(connection__name=case.name, newest=True).values_list(
                "result", flat=True
            )
        )
        view = told[case.name]
        titles = [each["title"] for each in view["diagnoses"]]
        print(
            f"{case.name:14} {view['state']:12} collections {sum(taken.values()):4}, "
            f"of threats {taken['threats']}, results {dict(results)}, told: {titles[:2]}"
        )
        faults += _schedule_faults(case, own, minutes)
        faults += _words_faults(case, view, titles, results)
    return faults


def _schedule_faults(case: Case, own: Any, minutes: float) -> list[str]:
    """Turns that were missed, taken twice, or overlapped."""
    faults = []
    if case.paused:
        return [f"{case.name}: collected although paused"] if own.exists() else []
    if case.state != "ok":
        return []
    for resource in sorted({*own.values_list("resource", flat=True)}):
        rows = list(own.filter(resource=resource).order_by("started"))
        for one, next_one in pairwise(rows):
            if next_one.started < one.ended:
                faults.append(f"{case.name}: {resource} overlaps at {next_one.started}")
            apart = next_one.started - one.started
            if resource != "system" and apart < INTERVAL / 4 - TICK / 2:
                faults.append(f"{case.name}: {resource} again after {apart}")
            if apart > INTERVAL + 2 * TICK:
                faults.append(f"{case.name}: {resource} only after {apart}")
        least = int(timedelta(minutes=minutes) / (INTERVAL + TICK))
        if len(rows) < least:
            faults.append(f"{case.name}: {resource} {len(rows)} times, at least {least} were due")
    return faults


def _words_faults(
    case: Case, view: dict[str, Any], titles: list[str], results: Counter[str]
) -> list[str]:
    """A state or diagnosis that is not the right one, and anything green that must not be."""
    faults = []
    if not case.paused and view["state"] != case.state:
        faults.append(f"{case.name}: state {view['state']!r} and not {case.state!r}")
    if case.diagnosis and not any(case.diagnosis in title for title in titles):
        faults.append(f"{case.name}: nothing says {case.diagnosis!r}, but {titles}")
    ours = ("runs in Detect", "do not protect", "Mitigation is missing")
    others = [title for title in titles if not any(each in title for each in ours)]
    if not case.diagnosis and others:
        faults.append(f"{case.name}: told without reason: {others}")
    if case.state != "ok" and set(results) - {"ERROR", "STALE"}:
        faults.append(f"{case.name}: is not all ERROR or STALE: {dict(results)}")
    return faults


if __name__ == "__main__":
    main()
