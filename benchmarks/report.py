"""The page `results.md`: the targets, every part's figures, and the machines they belong to."""

import os
import platform
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.bench import FLOOR
from benchmarks.findings import Found, Line, Table

Parts = Mapping[str, tuple[str, Found]]
_MET = {True: "yes", False: "**no**", None: "–"}
_NONE = "–"

HEADINGS = (
    "Program",
    "Case",
    "Rows kept",
    "Wall s",
    "Processor s",
    "Rows per processor s",
    "Peak MB",
    "Wall, times the floor",
    "Processor, times the floor",
    "Requests",
    "Rounds",
)


def document(parts: Parts, versions: Mapping[str, str], now: Sequence[str] = ()) -> str:
    """All of it; `now` names the parts of this run, the others are from an earlier one."""
    programs = ", ".join(f"{name} {version}" for name, version in versions.items())
    earlier = [
        f"- {title}: measured earlier, {found.measured}"
        for name, (title, found) in parts.items()
        if now and name not in now
    ]
    sections = "\n\n".join(section(name, *part) for name, part in parts.items())
    head = "\n".join((f"- Versions: Python {platform.python_version()}, {programs}", *earlier))
    return f"""# Results

Written by `make bench` on {time.strftime("%Y-%m-%d", time.gmtime())}; [README.md](README.md) says \
how to read it and what is not fair about it.

{head}

![What a number of agents costs: processor time and memory](cost.svg)

## Targets

{targets(parts)}

{sections}
"""


def targets(parts: Parts) -> str:
    """What was to be shown, the figure, and whether it is met."""
    rows = [
        (title, each.wanted, each.figure, _MET[each.met])
        for title, found in parts.values()
        for each in found.targets
    ]
    return _table(Table("", ("Part", "Target", "Figure", "Met"), tuple(rows)), numbers=False)


def section(name: str, title: str, found: Found) -> str:
    """One part: its lines and its tables."""
    when = f"Measured {found.measured} on {found.machine}; `make bench ONLY={name}` does it again."
    pieces = [f"## {title}", when]
    if found.fault:
        pieces.append(f"Did not end well: {found.fault}")
    if found.lines:
        rows = tuple(_cells(line, found.lines) for line in found.lines)
        pieces.append(_table(Table("", HEADINGS, rows), texts=2))
    for table in found.tables:
        pieces += [f"{table.title}:", _table(table)]
    return "\n\n".join(pieces)


def _cells(line: Line, lines: Sequence[Line]) -> tuple[str, ...]:
    name = (line.program, line.case)
    if not line.rounds:
        fault = line.fault.replace("|", "/")
        return (*name, f"did not end well: {fault}", *[_NONE] * (len(HEADINGS) - 3))
    rows = line.last.rows
    floor = next(
        (
            each
            for each in lines
            if (each.program, each.case) == (FLOOR.name, line.case) and each.rounds
        ),
        None,
    )
    return (
        *name,
        "none" if rows is None else f"{rows:,}",
        f"{line.wall:.2f}",
        f"{line.cpu:.2f}",
        _NONE if rows is None else f"{rows / line.cpu:,.0f}",
        f"{line.peak:,.0f}",
        f"{line.wall / floor.wall:.2f}" if floor else _NONE,
        f"{line.cpu / floor.cpu:.2f}" if floor else _NONE,
        f"{line.last.facts['seen']['requests']:,}",
        str(len(line.rounds)),
    )


def _table(table: Table, *, texts: int = 1, numbers: bool = True) -> str:
    """Markdown; behind the first `texts` columns figures stand to the right."""
    many = len(table.headings)
    rule = ["---"] * many if not numbers else ["---"] * texts + ["---:"] * (many - texts)
    return "\n".join(f"| {' | '.join(row)} |" for row in [table.headings, rule, *table.rows])


def machine() -> str:
    """What ran this, in a line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB of memory, "
        f"{platform.system()} {platform.machine()}, load {load:.1f} at the beginning"
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
