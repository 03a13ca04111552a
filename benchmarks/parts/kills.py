"""A collection killed at random moments and begun again: nothing lost, little asked for twice."""

import random
import signal
import subprocess
import time
from pathlib import Path

from benchmarks.bench import CASES, COLLECT, FLOOR, Bench, Program
from benchmarks.console import Console
from benchmarks.findings import Found, Missing, Table
from benchmarks.measure import Failed

TITLE = "Killed and begun again"
AGENTS = 20_000
MOMENTS, FEW = 100, 10
LATENCY = 20  # as a console at some distance, so that there is something in flight
# Parts of one list under way at once; what the console had answered may come again.
IN_FLIGHT = 8
_PATIENCE = 10  # so many moments are tried for one that counts
_ENOUGH = 30.0  # seconds for one more
_BY_SITE = COLLECT.given("sites", "groups", "agents")


def measure(bench: Bench, found: Found) -> None:
    """Kill, begin again, look at what is there; as often as there is time for."""
    agents = bench.size(AGENTS)
    moments = MOMENTS if bench.full else FEW
    chance = random.Random(7)  # noqa: S311 - moments, no secrets
    trials: list[dict[str, int]] = []
    with bench.console(agents=agents, sites=20, uneven=True) as console:
        bench.warm(console, FLOOR, _BY_SITE)
        console.tell("latency", LATENCY)
        whole = bench.once(_BY_SITE, console)
        for _ in range(_PATIENCE * moments):
            if len(trials) == moments or bench.left < _ENOUGH:
                break
            trial = _trial(bench, console, chance.uniform(0.1, 1.0) * whole.wall)
            if trial is None:
                continue  # it had not begun, or was done
            trials.append(trial)
            bench.say(f"killed {len(trials)} of {moments}: {trial}")
    _judge(found, trials, agents)


def _trial(bench: Bench, console: Console, after: float) -> dict[str, int] | None:
    """One kill and the run after it; None when nothing had been asked, or all was done."""
    with bench.folder() as kept, bench.folder() as aside:
        case = CASES / f"{_BY_SITE.file}.py"
        command = [bench.ours, case, console.url, console.token_file, kept, *_BY_SITE.told]
        console.forget()
        with (aside / "said").open("wb") as said:
            process = subprocess.Popen(
                [str(part) for part in command], stdout=said, stderr=said, cwd=aside
            )
            time.sleep(after)  # noqa: TID251 - a real process is waited for
            process.send_signal(signal.SIGKILL)
            process.wait()
        before = console.seen()
        if _done(kept) or not before["by_prefix"]:
            return None
        try:
            bench.once(_BY_SITE, _Remembering(console), kept)
            seen = console.seen()
            state = bench.once(Program("state", "locker_state", (str(kept),)), console)
        except Failed as fault:
            bench.say(f"begun again it did not end well: {fault}")
            return {"again": 0, "rows": 0, "distinct": 0, "complete": 0}
        return {
            "asked before": sum(before["by_prefix"].values()),
            "again": seen["repeated"],
            "rows": state.rows or 0,
            "distinct": state.facts["distinct"],
            "complete": int(state.facts["complete"]),
        }


def _done(kept: Path) -> bool:
    """Whether the run had ended, although its process may not have: then nothing goes on."""
    locker = kept / "locker"
    sealed = locker.glob("collections/**/resource=agents/**/manifest.json")
    return any(sealed) and not any(locker.glob("open/run-*/run.json"))


class _Remembering(Console):
    """The console, which does not forget what it saw before the kill."""

    def __init__(self, console: Console) -> None:
        super().__init__(console.url, console.token_file, console.process, console.folder)

    def forget(self) -> None:
        """Does not."""


def _judge(found: Found, trials: list[dict[str, int]], agents: int) -> None:
    if not trials:
        raise Missing("no kill was in the middle")
    whole = sum(
        trial["complete"] == 1 and trial["rows"] == trial["distinct"] == agents for trial in trials
    )
    most = max(trial["again"] for trial in trials)
    headings = ("Killed", "Complete afterwards, every row once", "Pages asked for again, at most")
    row = (f"{len(trials)} times", str(whole), str(most))
    found.tables.append(Table(f"kill -9 during {agents:,} agents", headings, (row,)))
    found.judge(
        f"{agents:,} agents, kill -9 at {len(trials)} random moments: complete, every row once",
        lambda: (f"{whole} of {len(trials)}", whole == len(trials)),
    )
    found.judge(
        f"of these, at most the {IN_FLIGHT} pages in flight are asked for again, of every list",
        lambda: (f"{most} at most", most <= IN_FLIGHT),
    )
