"""Watchkeeper beside a plain download and the programs that others use, without delay."""

from dataclasses import replace
from functools import partial

from benchmarks.bench import COLLECT, FLOOR, ROUNDS, Bench, Program
from benchmarks.findings import Found

TITLE = "Beside other programs"
RUN = Program("watchkeeper run", "watchkeeper_run")
# What it would take if the vendor allowed any number of requests; the others keep to no rate.
UNLIMITED = replace(COLLECT.given("agents", "rates=none"), name="watchkeeper, no rate kept")
CARTOGRAPHY = Program("cartography", "cartography_agents", theirs=True)
REGSCALE = Program("regscale-cli", "regscale_agents", theirs=True)
# As it comes it leaves agents out, and so has fewer pages to wait for: judged both ways.
REGSCALE_ALL = Program("regscale-cli, all agents", "regscale_agents", ("all",), theirs=True)
AIRBYTE = Program("airbyte-cdk", "airbyte_agents", theirs=True, slow=True)
TUNED = Program("dlt, tuned", "dlt_duckdb", ("tuned",), theirs=True, slow=True)
DLT = Program("dlt", "dlt_duckdb", theirs=True, slow=True)
# What is compared most comes three times a turn: a machine's speed changes by the minute.
PAIR = (FLOOR, COLLECT)
PROGRAMS = (
    *(*PAIR, RUN, REGSCALE),
    *(*PAIR, CARTOGRAPHY, UNLIMITED),
    *(*PAIR, REGSCALE_ALL, AIRBYTE, TUNED),
)
FEW, MANY = 10_000, 100_000

_MOST_CPU = 4.0
_REGSCALE_WALL = 2.0
_DLT_CPU = 50.0


def measure(bench: Bench, found: Found) -> None:
    """Every program at every size, in turns."""
    for number in (FEW, MANY):
        agents = bench.size(number)
        case = f"{agents:,} agents"
        with bench.console(agents=agents) as console:
            bench.warm(console, FLOOR, UNLIMITED)
            found.lines += bench.lines(PROGRAMS, case, agents, console, ROUNDS)
            # As it comes, dlt takes a minute for the few and many minutes for the many.
            if number == FEW or bench.full:
                found.lines.append(bench.line(DLT, case, agents, console))
    few, many = (f"{bench.size(number):,} agents" for number in (FEW, MANY))
    _judge(found, many, many if bench.full else few)


def _judge(found: Found, case: str, slow: str) -> None:
    """Judges in the case of the many, and those that are slow in a case of theirs."""

    def times(program: Program, what: str, case: str = case, ours: Program = COLLECT) -> float:
        """What the other one takes of it, times what Watchkeeper takes."""
        other, own = found.line(program.name, case), found.line(ours.name, case)
        return float(getattr(other, what)) / float(getattr(own, what))

    def floor() -> tuple[str, bool]:
        ratio = 1 / times(FLOOR, "cpu")
        return f"{ratio:.2f} times", ratio <= _MOST_CPU

    def regscale(program: Program) -> tuple[str, bool]:
        ratio, unlimited = (times(program, "wall", ours=own) for own in (COLLECT, UNLIMITED))
        told = f"{ratio:.2f} times less, {unlimited:.1f} at no rate"
        return told, ratio >= _REGSCALE_WALL

    def cartography() -> tuple[str, bool]:
        ratio = times(CARTOGRAPHY, "wall")
        return f"{ratio:.2f} times less", ratio > 1

    def dlt() -> tuple[str, bool]:
        ratio, tuned = times(DLT, "cpu", slow), times(TUNED, "cpu", slow)
        told = f"{ratio:.0f} times less than as it comes, {tuned:.0f} times less than tuned"
        return told, ratio >= _DLT_CPU

    found.judge(
        f"{case}: processor time for fetch, seal, decode and Parquet at most {_MOST_CPU:.0f} times "
        "that of a plain download",
        floor,
    )
    wanted = f"{case}: at least {_REGSCALE_WALL:.0f} times less wall than regscale-cli"
    found.judge(f"{wanted}, which asks for all of them", partial(regscale, REGSCALE_ALL))
    found.judge(f"{wanted} as it comes, for fewer of them", partial(regscale, REGSCALE))
    found.judge(f"{case}: less wall than cartography", cartography)
    found.judge(
        f"{slow}: at least {_DLT_CPU:.0f} times less processor time than dlt into DuckDB", dlt
    )
