"""Cost against size as a picture: two panels, both axes logarithmic, names beside the lines."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

from benchmarks.findings import Found, Line

# Program: colour on light and on dark ground, width of its line, its dashes.
STYLES = {
    "plain download": ("#6b7280", "#9ca3af", 2.0, "5 4"),
    "watchkeeper, collect": ("#0b63ce", "#60a5fa", 3.5, ""),
    "watchkeeper run": ("#0b63ce", "#60a5fa", 2.0, "2 3"),
    "cartography": ("#b45309", "#fbbf24", 2.0, ""),
    "regscale-cli": ("#7c3aed", "#c4b5fd", 2.0, ""),
    "airbyte-cdk": ("#0f766e", "#5eead4", 2.0, ""),
    "dlt, tuned": ("#be123c", "#fb7185", 2.0, ""),
}
WIDTH, HEIGHT = 1080, 480
_TOP, _BOTTOM = 76, 430
_GAP = 16.0  # between two names
_NAME = 162.0  # as long as the longest
_STEPS = (1, 2, 5)

Point = tuple[float, float]
Curves = dict[str, list[Point]]


@dataclass(frozen=True, slots=True)
class Scale:
    """A logarithmic axis: from `low` to `high` in what is measured, from `start` to `end` drawn."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value is drawn."""
        share = (log10(value) - log10(self.low)) / (log10(self.high) - log10(self.low))
        return self.start + share * (self.end - self.start)

    def ticks(self, steps: Sequence[int] = _STEPS) -> Iterator[float]:
        """Round values within the axis."""
        for decade in range(floor(log10(self.low)), ceil(log10(self.high)) + 1):
            for step in steps:
                value = step * 10.0**decade
                if self.low * 0.999 <= value <= self.high * 1.001:
                    yield value


@dataclass(frozen=True, slots=True)
class Panel:
    """One of the pictures side by side."""

    title: str
    below: str
    left: float
    right: float
    curves: Curves


def draw(parts: Sequence[Found]) -> str:
    """The whole picture as SVG."""
    lines = [line for found in parts for line in found.lines if line.rounds]
    panels = [
        Panel(
            "Processor time, seconds",
            "of the whole process, user and system",
            62,
            WIDTH / 2 - 20,
            _curves(lines, "cpu"),
        ),
        Panel(
            "Peak memory, MB",
            "the largest resident set of the whole process",
            WIDTH / 2 + 62,
            WIDTH - 20,
            _curves(lines, "peak"),
        ),
    ]
    drawn = "\n".join(piece for panel in panels if panel.curves for piece in _panel(panel))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" \
width="{WIDTH}" height="{HEIGHT}" role="img" aria-labelledby="title">
<title id="title">Processor time and peak memory against the number of agents</title>
<style>
{_css()}
</style>
<rect class="ground" width="{WIDTH}" height="{HEIGHT}" rx="8"/>
{drawn}
</svg>
"""


def _css() -> str:
    light = [f".c{n} {{ --c: {style[0]}; }}" for n, style in enumerate(STYLES.values())]
    dark = [f".c{n} {{ --c: {style[1]}; }}" for n, style in enumerate(STYLES.values())]
    return f"""text {{ font: 13px system-ui, -apple-system, sans-serif; fill: #374151; }}
.title {{ font-size: 15px; font-weight: 600; fill: #111827; }}
.quiet {{ fill: #6b7280; font-size: 12px; }}
.ground {{ fill: #ffffff; }}
.grid {{ stroke: #e5e7eb; }}
.axis {{ stroke: #9ca3af; }}
.curve {{ fill: none; stroke: var(--c); stroke-linejoin: round; stroke-linecap: round; }}
.dot {{ fill: var(--c); stroke: #ffffff; stroke-width: 1.5; }}
.name {{ fill: var(--c); font-weight: 600; paint-order: stroke; stroke: #ffffff; stroke-width: 4; }}
{" ".join(light)}
@media (prefers-color-scheme: dark) {{
text {{ fill: #d1d5db; }}
.title {{ fill: #f3f4f6; }}
.quiet {{ fill: #9ca3af; }}
.ground {{ fill: #111827; }}
.grid {{ stroke: #273244; }}
.axis {{ stroke: #6b7280; }}
.dot, .name {{ stroke: #111827; }}
{" ".join(dark)}
}}"""


def _curves(lines: Sequence[Line], what: str) -> Curves:
    """A curve per program through its sizes; what was measured first at a size counts."""
    points: dict[str, dict[int, float]] = {}
    for line in lines:
        if line.program in STYLES and line.case == f"{line.agents:,} agents":
            points.setdefault(line.program, {}).setdefault(line.agents, getattr(line, what))
    return {name: sorted(found.items()) for name, found in points.items()}


def _panel(panel: Panel) -> Iterator[str]:
    points = [point for curve in panel.curves.values() for point in curve]
    sizes, costs = [x for x, _ in points], [y for _, y in points]
    # Room on the right for the names of those that reach the last size.
    last = panel.right - _NAME
    across = Scale(min(sizes), max(sizes) * 1.01, panel.left + 14, last)
    up = Scale(min(costs) * 0.75, max(costs) * 1.35, _BOTTOM, _TOP)
    yield f'<text class="title" x="{panel.left - 34:.0f}" y="32">{panel.title}</text>'
    yield f'<text class="quiet" x="{panel.left - 34:.0f}" y="51">{panel.below}</text>'
    for value in up.ticks():
        y = up.at(value)
        yield _rule("grid", panel.left, y, last + 8, y)
        yield _text(panel.left - 8, y + 4, f"{value:,g}", "end")
    for value in across.ticks((1,)):
        x = across.at(value)
        yield _rule("grid", x, _TOP, x, _BOTTOM)
        yield _text(x, _BOTTOM + 20, f"{value:,.0f}", "middle")
    yield _rule("axis", panel.left, _BOTTOM, last + 8, _BOTTOM)
    yield _text((panel.left + last) / 2, _BOTTOM + 41, "agents", "middle")
    for name, curve in panel.curves.items():
        yield from _curve(name, [(across.at(x), up.at(y)) for x, y in curve])
    yield from _names(panel, across, up)


def _curve(name: str, points: Sequence[Point]) -> Iterator[str]:
    number = list(STYLES).index(name)
    _, _, width, dashes = STYLES[name]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    yield f'<polyline class="curve c{number}" stroke-width="{width}"{dashed} points="{path}"/>'
    for x, y in points:
        yield f'<circle class="dot c{number}" cx="{x:.1f}" cy="{y:.1f}" r="{width / 2 + 2.5:.1f}"/>'


def _names(panel: Panel, across: Scale, up: Scale) -> Iterator[str]:
    """Every curve's name where it ends, moved apart where they would touch."""
    by_end: dict[float, list[tuple[float, str]]] = {}
    for name, curve in panel.curves.items():
        size, cost = curve[-1]
        by_end.setdefault(size, []).append((up.at(cost), name))
    for size, names in by_end.items():
        heights = _apart(sorted(y for y, _ in names))
        for height, (_, name) in zip(heights, sorted(names), strict=True):
            number = list(STYLES).index(name)
            yield _text(across.at(size) + 11, height + 4, escape(name), "start", f"name c{number}")


def _apart(heights: Sequence[float]) -> list[float]:
    """The same heights, in order, none nearer to the next than names are high."""
    placed: list[list[float]] = []  # runs of names that touch
    for height in heights:
        placed.append([height])
        while len(placed) > 1 and _top(placed[-1]) - _bottom(placed[-2]) < _GAP:
            run = placed.pop()
            placed[-1] += run
    return [
        _middle(run) + (index - (len(run) - 1) / 2) * _GAP
        for run in placed
        for index in range(len(run))
    ]


def _middle(run: Sequence[float]) -> float:
    return sum(run) / len(run)


def _top(run: Sequence[float]) -> float:
    return _middle(run) - (len(run) - 1) / 2 * _GAP


def _bottom(run: Sequence[float]) -> float:
    return _middle(run) + (len(run) - 1) / 2 * _GAP


def _rule(kind: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str, kind: str = "quiet") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'
