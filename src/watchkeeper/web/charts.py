"""Charts as shapes with plain numbers; templates draw them as SVG, classes colour them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from watchkeeper.model.assessment import Counts, Outcome, Result
from watchkeeper.queries.history import Day, Judged
from watchkeeper.web.words import OUTCOMES, RESULTS

_LEAST = 1.2
EXCEPTED = "excepted"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a bar: `x` and `width` in percent."""

    name: str
    count: int
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of shares and what it says in words."""

    parts: tuple[Part, ...]
    words: str


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a column."""

    name: str
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a chart; `label` is what it says on its own."""

    x: float
    width: float
    blocks: tuple[Block, ...]
    label: str
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns in a box of `width` × `height`, with the places of its axes."""

    width: int
    height: int
    columns: tuple[Column, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    words: str


def shares(counted: Sequence[tuple[str, int]], names: dict[str, str]) -> Bar:
    """A bar of counts; what is there at all stays wide enough to be seen."""
    present = [(name, count) for name, count in counted if count]
    total = sum(count for _, count in present)
    widths = [max(_LEAST, 100 * count / total) for _, count in present]
    scale = 100 / sum(widths) if widths else 1
    parts: list[Part] = []
    x = 0.0
    for (name, count), width in zip(present, widths, strict=True):
        parts.append(Part(name, count, round(x, 3), round(width * scale, 3)))
        x += width * scale
    words = ", ".join(f"{count:,} {names[name].lower()}" for name, count in present)
    return Bar(tuple(parts), words or "nothing to judge")


def outcome_bar(counts: Counts) -> Bar:
    """The share of outcomes of a control, the worst first; excepted failures apart from others."""
    counted = [
        (Outcome.FAIL.value, counts.open),
        (EXCEPTED, counts.excepted),
        (Outcome.UNKNOWN.value, counts.unknown),
        (Outcome.PASS.value, counts.passed),
        (Outcome.NOT_APPLICABLE.value, counts.not_applicable),
    ]
    return shares(counted, {**OUTCOMES, EXCEPTED: "Excepted"})


def result_bar(counted: dict[Result, int]) -> Bar:
    """The share of results over all controls, the worst first."""
    return shares([(result.value, counted.get(result, 0)) for result in Result], RESULTS)


def days_chart(days: Sequence[Day], width: int = 420, height: int = 132) -> Chart:
    """A column a day: how many controls ended it with which result."""
    most = max((day.total for day in days), default=0)
    top = _round_up(most)
    columns: list[Column] = []
    step = width / max(1, len(days))
    for position, day in enumerate(days):
        blocks: list[Block] = []
        y = float(height)
        for result in reversed(Result):
            count = day.results.get(result, 0)
            if count:
                tall = height * count / top
                y -= tall
                blocks.append(Block(result.value, round(y, 2), round(max(0.5, tall - 1), 2)))
        label = f"{_day(day.day)}: {_counted(day.results)}"
        gap = day.total == 0
        columns.append(
            Column(
                round(position * step + step * 0.12, 2),
                round(step * 0.76, 2),
                tuple(blocks),
                label,
                gap,
            )
        )
    judged = [day for day in days if day.total]
    across = tuple(
        Tick(round(position * step + step / 2, 2), _day(day.day))
        for position, day in enumerate(days)
        if (len(days) - 1 - position) % 7 == 0
    )
    last = f" On the last: {_counted(judged[-1].results)}." if judged else ""
    words = f"Results over {len(days)} days; {len(judged)} of them have results.{last}"
    return Chart(width, height, tuple(columns), across, _up(top, height), words)


def failing_chart(history: Sequence[Judged], width: int = 1140, height: int = 120) -> Chart:
    """A column an assessment: how many items failed; those that could not be judged stand apart."""
    most = max((each.counts.failed for each in history), default=0)
    top = _round_up(most)
    slots = max(40, len(history))
    step = width / slots
    offset = width - step * len(history)
    columns: list[Column] = []
    for position, each in enumerate(history):
        x = round(offset + position * step + step * 0.12, 2)
        label = (
            f"{_time(each.judged_at)}: {RESULTS[each.result.value]}, {each.counts.failed:,} failing"
        )
        if each.result is Result.ERROR:
            blocks = (Block("ERROR", 0, height),)
        elif each.counts.failed:
            tall = max(2.0, height * each.counts.failed / top)
            blocks = (Block(each.result.value, round(height - tall, 2), round(tall, 2)),)
        else:
            blocks = (Block(each.result.value, height - 3, 3),)
        columns.append(Column(x, round(step * 0.76, 2), blocks, label))
    across: tuple[Tick, ...] = ()
    if history:
        first = Tick(round(offset + step / 2, 2), _day(history[0].judged_at.date()))
        last = Tick(round(width - step / 2, 2), _day(history[-1].judged_at.date()))
        across = (first, last) if len(history) > 6 else (last,)  # noqa: PLR2004 - room for two
    counts = ", ".join(str(each.counts.failed) for each in history[-10:])
    words = f"Failing items over {len(history)} assessments; the newest ones: {counts}."
    return Chart(width, height, tuple(columns), across, _up(top, height), words)


def _round_up(most: int) -> int:
    """A round number at or above, so that the axis reads well."""
    if most <= 4:  # noqa: PLR2004 - small numbers stand for themselves
        return max(1, most)
    magnitude = 10 ** (len(str(most)) - 1)
    for factor in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10):
        if most <= factor * magnitude:
            return int(factor * magnitude)
    return most


def _up(top: int, height: int) -> tuple[Tick, ...]:
    middle = top // 2
    places = [top, middle, 0] if middle and top % 2 == 0 else [top, 0]
    return tuple(Tick(round(height - height * place / top, 2), f"{place:,}") for place in places)


def _counted(results: dict[Result, int]) -> str:
    told = [
        f"{results[each]} {RESULTS[each.value].lower()}" for each in Result if results.get(each)
    ]
    return ", ".join(told) or "no results"


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


def _time(moment: datetime) -> str:
    return f"{moment.day} {moment:%b %Y %H:%M} UTC"
