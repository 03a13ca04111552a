"""Ten times the agents: what one of them costs, and the most memory held, must stay the same."""

from benchmarks.bench import COLLECT, FLOOR, Bench
from benchmarks.findings import Found

TITLE = "A million agents"
SIZES = (100_000, 1_000_000)

_MOST_MB = 350.0
_TENTH = 0.10
_OF_SMALL = 10  # as many pages as in a round of the large one
_OF_LARGE = (1, 3)  # in the short run, in the long one


def measure(bench: Bench, found: Found) -> None:
    """Both sizes, beside the download."""
    for number in SIZES:
        agents = bench.size(number)
        with bench.console(agents=agents) as console:
            bench.warm(console, FLOOR, COLLECT)
            # The most memory of many short rounds is what one long round will have met, too.
            rounds = _OF_SMALL if number < SIZES[-1] else _OF_LARGE[bench.full]
            found.lines += bench.lines(
                (FLOOR, COLLECT), f"{agents:,} agents", agents, console, rounds
            )
    _judge(found, *(bench.size(number) for number in SIZES))


def _judge(found: Found, some: int, many: int) -> None:
    def peaks() -> tuple[float, float]:
        small = found.line(COLLECT.name, f"{some:,} agents").peak
        return small, found.line(COLLECT.name, f"{many:,} agents").peak

    def memory() -> tuple[str, bool]:
        _, large = peaks()
        return f"{large:.0f} MB", large < _MOST_MB

    def flat() -> tuple[str, bool]:
        small, large = peaks()
        change = large / small - 1
        return f"{change:+.0%} ({small:.0f} MB, {large:.0f} MB)", change <= _TENTH

    def cost() -> tuple[str, bool]:
        small = found.line(COLLECT.name, f"{some:,} agents").cpu / some
        large = found.line(COLLECT.name, f"{many:,} agents").cpu / many
        change = large / small - 1
        figure = f"{change:+.0%} ({small * 1e6:.0f} µs, {large * 1e6:.0f} µs)"
        return figure, change <= _TENTH

    found.judge(f"{many:,} agents: peak memory below {_MOST_MB:.0f} MB", memory)
    found.judge(f"{many:,} agents: peak memory at most a tenth above {some:,}", flat)
    found.judge(f"{many:,} agents: processor time of one at most a tenth above {some:,}", cost)
