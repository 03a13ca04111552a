"""The figures as a table, and the machine and versions they belong to."""

import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.measure import Figures

HEADINGS = (
    "Program",
    "Agents",
    "Rows kept",
    "Wall s",
    "Agents/s",
    "Agents/CPU s",
    "Peak MB",
    "Wall, times the download",
    "CPU, times the download",
    "Rounds",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One program at one size: its rounds, or why there are none."""

    program: str
    agents: int
    rounds: Sequence[Figures]
    fault: str = ""


def table(lines: Sequence[Line], floor: str) -> str:
    """A Markdown table; `floor` names the program the others are compared with at each size."""
    floors = {line.agents: line.rounds for line in lines if line.program == floor}
    body = [_cells(line, floors[line.agents]) for line in lines]
    rule = ["---", *["---:"] * (len(HEADINGS) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in [HEADINGS, rule, *body])


def _cells(line: Line, floor: Sequence[Figures]) -> list[str]:
    name = [line.program, f"{line.agents:,}"]
    if not line.rounds:
        return [*name, f"did not end well: {line.fault}", *["–"] * (len(HEADINGS) - 3)]
    wall, cpu = _middle(line.rounds)
    floor_wall, floor_cpu = _middle(floor)
    rows = line.rounds[-1].rows
    agents = line.agents if rows is None else rows
    return [
        *name,
        "none" if rows is None else f"{rows:,}",
        f"{wall:.2f}",
        f"{agents / wall:,.0f}",
        f"{agents / cpu:,.0f}",
        f"{max(each.peak_mb for each in line.rounds):,.0f}",
        f"{wall / floor_wall:.1f}",
        f"{cpu / floor_cpu:.1f}",
        str(len(line.rounds)),
    ]


def _middle(rounds: Sequence[Figures]) -> tuple[float, float]:
    return median(each.wall for each in rounds), median(each.cpu for each in rounds)


def machine() -> str:
    """What ran this, in a line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GiB of memory, "
        f"{platform.system()} {platform.machine()}, load {load:.1f} before the first round"
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def document(found: str, machine: str, versions: Mapping[str, str]) -> str:
    """The page `results.md`."""
    programs = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f"""# Results

Written by `make bench` on {time.strftime("%Y-%m-%d", time.gmtime())}; [README.md](README.md) says \
how to read it and what is not fair about it.

- Machine: {machine}
- Versions: Python {platform.python_version()}, {programs}

{found}
"""
