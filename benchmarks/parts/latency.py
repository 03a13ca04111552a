"""A console that takes its time, with agents on few and many sites of uneven size."""

from dataclasses import replace

from benchmarks.bench import COLLECT, FLOOR, Bench
from benchmarks.findings import Found

TITLE = "Waiting for the console"
AGENTS = 100_000
SITES = (1, 20, 500)
LATENCIES = (0, 20, 200)
JUDGED = 20  # sites
# As a run without `--only` does it: who knows the sites reads them side by side.
BY_SITE = COLLECT.given("sites", "groups", "agents")
# Nothing is known of the console but what its counts tell.
ALONE = replace(COLLECT, name="watchkeeper, agents alone")
# The same work with one request at a time: what several at once are compared with.
IN_TURN = replace(ALONE.given("agents", "walks=1"), name="watchkeeper, agents alone, in turn")

_SHARE = 0.25
_MOST_A_SECOND = 25


def measure(bench: Bench, found: Found) -> None:
    """Every number of sites at every latency, beside a sequential download."""
    agents = bench.size(AGENTS)
    for sites in SITES:
        with bench.console(agents=agents, sites=sites, uneven=True) as console:
            bench.warm(console, FLOOR, BY_SITE, ALONE)
            # A slow console is asked for other pages than a quick one: for parts of the list.
            console.tell("latency", LATENCIES[-1])
            bench.warm(console, BY_SITE, ALONE)
            for latency in LATENCIES:
                console.tell("latency", latency)
                case = _case(agents, sites, latency)
                programs = [FLOOR, BY_SITE, ALONE]
                if latency == LATENCIES[-1] and sites == JUDGED:
                    programs.append(IN_TURN)
                found.lines += bench.lines(programs, case, agents, console, 1)
    _judge(found, agents)


def _case(agents: int, sites: int, latency: int) -> str:
    plural = "site" if sites == 1 else "uneven sites"
    return f"{agents:,} agents, {sites} {plural}, {latency} ms a page"


def _judge(found: Found, agents: int) -> None:
    case = _case(agents, JUDGED, LATENCIES[-1])

    def share() -> tuple[str, bool]:
        ours, in_turn = found.line(ALONE.name, case), found.line(IN_TURN.name, case)
        floor = found.line(FLOOR.name, case)
        ratio = ours.wall / in_turn.wall
        beside = f"{ours.wall / floor.wall:.2f} of the plain download's {floor.wall:.1f} s"
        return f"{ratio:.2f} of {in_turn.wall:.1f} s; {beside}", ratio <= _SHARE

    def all_of_it() -> tuple[str, bool]:
        ours, floor = found.line(COLLECT.name, case), found.line(FLOOR.name, case)
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

    wanted = f"{case}: at most a quarter of the wall"
    found.judge(f"{wanted} of the same with one request at a time", share)
    found.judge(f"{wanted} of the plain download, sites and groups first", all_of_it)
    found.judge(f"never more than {_MOST_A_SECOND} requests a second for agents", pace)
