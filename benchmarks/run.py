"""Measures Watchkeeper beside a plain download and two other programs: `make bench`."""

import itertools
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import environment, report
from benchmarks.console import Console, serving
from benchmarks.measure import Failed, Figures, measure

HERE = Path(__file__).parent
SIZES = (10_000, 100_000)
ROUNDS = 3
FLOOR = "plain download"


@dataclass(frozen=True, slots=True)
class Case:
    """A program to measure: a file in `cases`, and the interpreter that has what it needs."""

    name: str
    file: str
    python: Path
    slow: bool = False

    def run(self, console: Console) -> Figures:
        """One round, in a folder of its own."""
        with tempfile.TemporaryDirectory(prefix="watchkeeper-bench-") as name:
            folder = Path(name)
            case = HERE / "cases" / f"{self.file}.py"
            command = (self.python, case, console.url, console.token_file, folder)
            return measure([str(part) for part in command], folder)


def rounds(case: Case, *, full: bool) -> int:
    """How often it is measured: who takes minutes is measured once unless all is asked for."""
    return 1 if case.slow and not full else ROUNDS


def measure_all(cases: Sequence[Case], agents: int, *, full: bool) -> list[report.Line]:
    """Every case at one size, in turns, so that a busy minute hits them all."""
    figures: dict[str, list[Figures]] = {case.name: [] for case in cases}
    faults: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as name, serving(agents, Path(name)) as console:
        cases[0].run(console)  # the console makes its records when first asked
        for turn, case in itertools.product(range(ROUNDS), cases):
            if turn >= rounds(case, full=full) or case.name in faults:
                continue
            try:
                found = case.run(console)
            except Failed as fault:
                faults[case.name] = str(fault)
            else:
                figures[case.name].append(found)
                print(f"{agents:>9,} agents, round {turn + 1}: {case.name} {found.wall:.2f} s")
    return [
        report.Line(name, agents, () if name in faults else done, faults.get(name, ""))
        for name, done in figures.items()
    ]


def main() -> None:
    full = "--full" in sys.argv[1:]
    ours, others = Path(sys.executable), environment.make()
    cases = (
        Case(FLOOR, "plain_download", ours),
        Case("watchkeeper, collect", "watchkeeper_collect", ours),
        Case("watchkeeper run", "watchkeeper_run", ours),
        Case("cartography", "cartography_agents", others),
        Case("dlt", "dlt_duckdb", others, slow=True),
    )
    machine = report.machine()
    lines = [line for agents in SIZES for line in measure_all(cases, agents, full=full)]
    found = report.table(lines, FLOOR)
    versions = environment.versions(ours, "watchkeeper", "pyarrow", "urllib3")
    versions |= environment.versions(others, "cartography", "dlt", "duckdb")
    page = HERE / "results.md"
    page.write_text(report.document(found, machine, versions), encoding="utf-8")
    print(f"\n{found}\n\nWritten to {page.relative_to(HERE.parent)}")


if __name__ == "__main__":
    main()
