"""A console that takes its time, with agents on few and many sites of uneven size."""

from dataclasses import replace
from functools import partial

from benchmarks.bench import COLLECT, FLOOR, Bench
from benchmarks.findings import Found

TITLE = "Waiting for the console"
AGENTS = 100_000
SITES = (1, 20, 500)
LATENCIES = (0, 20, 200)
# As a run without `--only` does it: who knows the sites reads them side by side.
BY_SITE = COLLECT.given("sites", "groups", "agents")
# Nothing is known of the console but what its counts tell.
ALONE = replace(COLLECT, name="watchkeeper, agents alone")

_SHARE = 0.25
_MOST_A_SECOND = 25


def measure(bench: Bench, found: Found) -> None:
    """Every number of sites at every latency, beside a sequential download."""
    agents = bench.size(AGENTS)
    for sites in SITES:
        with bench.console(agents=agents, sites=sites, uneven=True) as console:
            bench.warm(console, BY_SITE, ALONE)
            for latency in LATENCIES:
                console.tell("latency", latency)
                case = _case(agents, sites, latency)
                found.lines += bench.lines((FLOOR, BY_SITE, ALONE), case, agents, console, 1)
    _judge(found, agents)


def _case(agents: int, sites: int, latency: int) -> str:
    plural = "site" if sites == 1 else "uneven sites"
    return f"{agents:,} agents, {sites} {plural}, {latency} ms a page"


def _judge(found: Found, agents: int) -> None:
    case = _case(agents, 20, 200)

    def share(program: str) -> tuple[str, bool]:
        ours, floor = found.line(program, case), found.line(FLOOR.name, case)
        ratio = ours.wall / floor.wall
        return f"{ratio:.2f} of {floor.wall:.1f} s", ratio <= _SHARE

    def pace() -> tuple[str, bool]:
        lines = [
            found.line(program, _case(agents, sites, latency))
            for program in (COLLECT.name, ALONE.name)
            for sites in SITES
            for latency in LATENCIES
        ]
        most = max(line.last.facts["seen"]["busiest_second"]["/agents"] for line in lines)
        return f"{most} in the busiest second of every case", most <= _MOST_A_SECOND

    wanted = f"{case}: at most a quarter of the sequential download's wall"
    found.judge(f"{wanted}, sites and groups included", partial(share, COLLECT.name))
    found.judge(f"{wanted}, agents alone", partial(share, ALONE.name))
    found.judge(f"never more than {_MOST_A_SECOND} requests a second for agents", pace)
