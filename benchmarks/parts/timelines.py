"""Thousands of small lists: the timelines of every threat, and then only of what changed."""

from benchmarks.bench import COLLECT, FLOOR, Bench, Program
from benchmarks.findings import Found, Line

TITLE = "Timelines"
THREATS = 6000
LATENCY = 40
CHANGED = 1.0  # percent
_SEQUENTIAL = 200  # of them are enough to know the pace of one after another
_TIMELINES = COLLECT.given("threats", "timelines")
_PUBLISHED = 100.0
_SHARE = 0.8


def measure(bench: Bench, found: Found) -> None:
    """A first run over all of them, a second after some changed, beside one after another."""
    threats = bench.size(THREATS)
    plain = Program("one after another", "plain_timelines", (str(min(_SEQUENTIAL, threats)),))
    first = f"{threats:,} timelines, {LATENCY} ms each"
    again = f"the next run, {CHANGED:g} % of the threats changed"
    with (
        bench.console(agents=2000, threats=threats) as console,
        bench.folder() as kept,
    ):
        bench.warm(console, FLOOR)
        console.tell("latency", LATENCY)
        found.lines.append(bench.line(plain, f"{plain.told[0]} of them", threats, console))
        for case in (first, again):
            found.lines.append(bench.line(_TIMELINES, case, threats, console, kept))
            console.tell("touch", CHANGED)
    _judge(found, threats, first, again)


def _judge(found: Found, threats: int, first: str, again: str) -> None:
    def pace() -> tuple[str, bool]:
        line = found.line(COLLECT.name, first)
        a_second = _asked(line) / line.wall
        return f"{a_second:.0f} a second, the whole process", a_second >= _SHARE * _PUBLISHED

    def once_more() -> tuple[str, bool]:
        asked = _asked(found.line(COLLECT.name, again))
        changed = -(-threats // round(100 / CHANGED))
        return f"{asked:,} asked for, {changed:,} changed", asked == changed

    found.judge(f"{first}: at least {_SHARE} of {_PUBLISHED:.0f} a second", pace)
    found.judge(f"{again}: that many timelines are asked for", once_more)


def _asked(line: Line) -> int:
    asked: int = line.last.facts["seen"]["by_prefix"].get("/threats/", 0)
    return asked
