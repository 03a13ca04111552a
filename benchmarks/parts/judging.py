"""All controls over a large fleet: judged, every item sealed, what does not pass indexed."""

from benchmarks.bench import Bench, Program
from benchmarks.findings import Found, Line, Table

TITLE = "Judging a large fleet"
AGENTS = 1_000_000
FAILING = 0.2  # of as many items as there are agents

_SECONDS = 30.0
_MOST_MB = 2000.0
_SIZES = {"threats": 1000, "activities": 20_000, "users": 500, "sites": 40}


def measure(bench: Bench, found: Found) -> None:
    """Fills a locker, which is not measured, and judges it."""
    agents = bench.size(AGENTS)
    case = f"{agents:,} agents and {agents:,} assets"
    with bench.console(agents=agents, **_SIZES) as console, bench.folder() as kept:
        kept.chmod(0o755)  # started as root, PostgreSQL has an account of its own
        fill = Program("filling", "judging_filled", (str(kept),))
        for day in (0, 1):
            console.tell("day", day)
            bench.once(fill, console)
            bench.say(f"day {day}: {agents:,} agents are in the locker")
        judge = Program("watchkeeper, judge and index", "judging_all", (str(kept),))
        line = bench.line(judge, case, agents, console)
    found.lines.append(line)
    _tell(found, line)

    def seconds() -> tuple[str, bool]:
        facts = line.last.facts
        together = facts["judged"] + facts["indexed"]
        words = f"{together:.1f} s, {facts['indexed']:.1f} s of them to index"
        return words, together <= _SECONDS

    def memory() -> tuple[str, bool]:
        return f"{line.peak:,.0f} MB", line.peak < _MOST_MB

    def enough() -> tuple[str, bool]:
        failing = line.last.facts["failing"]
        return f"{failing:,}", failing >= FAILING * agents

    found.judge(f"{case}: at least {FAILING * agents:,.0f} items fail", enough)
    found.judge(f"{case}: judged, sealed and indexed within {_SECONDS:.0f} s", seconds)
    found.judge(f"{case}: peak memory below {_MOST_MB:,.0f} MB", memory)


def _tell(found: Found, line: Line) -> None:
    controls = line.last.facts["controls"]
    rows = tuple(
        (
            each["id"],
            each["result"],
            f"{each['items']:,}",
            f"{each['failing']:,}",
            f"{each['seconds']:.2f}",
        )
        for each in sorted(controls, key=lambda each: -each["seconds"])
    )
    headings = ("Control", "Result", "Items", "Failing", "Seconds")
    found.tables.append(Table("Every control, read, judged and sealed", headings, rows))
