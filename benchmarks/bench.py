"""What every part measures with: the programs, the interpreters, the time that is left."""

import itertools
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.console import Console, serving
from benchmarks.findings import Line
from benchmarks.measure import LONGEST, Failed, Figures, measure

CASES = Path(__file__).parent / "cases"
ROUNDS = 3
_SMALL = 50


@dataclass(frozen=True, slots=True)
class Program:
    """Something to measure: a file in `cases`, what it is told, and whose libraries it needs."""

    name: str
    file: str
    told: tuple[str, ...] = ()
    theirs: bool = False
    slow: bool = False

    def given(self, *told: str) -> "Program":
        """The same, told something else."""
        return Program(self.name, self.file, told, self.theirs, self.slow)


FLOOR = Program("plain download", "plain_download")
COLLECT = Program("watchkeeper, collect", "watchkeeper_collect", ("agents",))


@dataclass(frozen=True, slots=True)
class Bench:
    """One run of the benchmarks; `deadline` is on the monotonic clock."""

    ours: Path
    others: Path
    full: bool
    small: bool
    deadline: float
    begun: float = field(default_factory=time.monotonic)

    def size(self, number: int) -> int:
        """How many to measure with: fewer when all is only tried out."""
        return max(20, number // _SMALL) if self.small else number

    @property
    def left(self) -> float:
        """Seconds until the end of the run."""
        return self.deadline - time.monotonic()

    def say(self, text: str) -> None:
        """A line of progress."""
        minutes, seconds = divmod(int(time.monotonic() - self.begun), 60)
        print(f"{minutes:>3}:{seconds:02} {text}", flush=True)

    def console(self, **sizes: object) -> AbstractContextManager[Console]:
        """A console of a company of these sizes."""
        told = ", ".join(f"{name} {value}" for name, value in sizes.items())
        self.say(f"a console starts: {told}")
        return serving(**sizes)

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """A folder that is gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="watchkeeper-bench-") as name:
            yield Path(name)

    def once(self, program: Program, console: Console, folder: Path | None = None) -> Figures:
        """One run of a program, in a folder of its own unless one is given; raises Failed."""
        if self.left <= 0:
            raise Failed("no time was left")
        folder = folder or console.fresh()
        python = self.others if program.theirs else self.ours
        case = CASES / f"{program.file}.py"
        command = (python, case, console.url, console.token_file, folder, *program.told)
        console.forget()
        found = measure([str(part) for part in command], folder, min(LONGEST, self.left))
        found.facts["seen"] = console.seen()
        return found

    def warm(self, console: Console, *programs: Program) -> None:
        """Asks for everything once: the console makes its pages when they are first wanted."""
        for program in programs:
            with suppress(Failed):  # it will fail again where that is told
                self.once(program, console)

    def line(
        self,
        program: Program,
        case: str,
        agents: int,
        console: Console,
        folder: Path | None = None,
    ) -> Line:
        """A program in a case, once."""
        try:
            found = self.once(program, console, folder)
        except Failed as fault:
            self.say(f"{case}: {program.name} did not end well: {fault}")
            return Line(program.name, case, agents, (), str(fault))
        self.say(f"{case}: {program.name} {found.wall:.2f} s, {found.cpu:.2f} s of processor")
        return Line(program.name, case, agents, (found,))

    def lines(
        self, programs: Sequence[Program], case: str, agents: int, console: Console, rounds: int
    ) -> list[Line]:
        """Programs in a case, in turns, so that a busy minute hits them all.

        Who takes minutes is measured once, unless all is asked for.
        """
        done: dict[str, list[Figures]] = {each.name: [] for each in programs}
        faults: dict[str, str] = {}
        for turn, program in itertools.product(range(rounds), programs):
            if program.name in faults or (turn and program.slow and not self.full):
                continue
            line = self.line(program, case, agents, console)
            done[program.name] += line.rounds
            if line.fault:
                faults[program.name] = line.fault
        return [
            Line(name, case, agents, tuple(figures), faults.get(name, ""))
            for name, figures in done.items()
        ]
