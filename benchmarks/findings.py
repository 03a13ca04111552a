"""What a part of the benchmarks found: its lines, its targets and its tables."""

from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

from benchmarks.measure import Figures


class Missing(LookupError):
    """A figure that a target needs was not measured."""


@dataclass(frozen=True, slots=True)
class Line:
    """One program in one case: its rounds, or why there are none."""

    program: str
    case: str
    agents: int
    rounds: tuple[Figures, ...] = ()
    fault: str = ""

    @property
    def wall(self) -> float:
        """Seconds, the middle of the rounds."""
        return median(each.wall for each in self.measured)

    @property
    def cpu(self) -> float:
        """Seconds of user and system time, the middle of the rounds."""
        return median(each.cpu for each in self.measured)

    @property
    def peak(self) -> float:
        """MB, the most of any round."""
        return max(each.peak_mb for each in self.measured)

    @property
    def measured(self) -> tuple[Figures, ...]:
        """The rounds; raises Missing when there are none."""
        if not self.rounds:
            raise Missing(f"{self.program} with {self.case}")
        return self.rounds

    @property
    def last(self) -> Figures:
        """The last round."""
        return self.measured[-1]


@dataclass(frozen=True, slots=True)
class Target:
    """What must be shown, the figure, and whether it is met; None when it was not measured."""

    wanted: str
    figure: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Table:
    """Figures that fit no line, ready to print."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(slots=True)
class Found:
    """Everything a part found, when, and on what machine."""

    measured: str = ""
    machine: str = ""
    lines: list[Line] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    fault: str = ""

    def line(self, program: str, case: str) -> Line:
        """The line of a program in a case; raises Missing when there is none."""
        for each in self.lines:
            if (each.program, each.case) == (program, case):
                return each
        raise Missing(f"{program} with {case}")

    def judge(self, wanted: str, judgement: Callable[[], tuple[str, bool]]) -> None:
        """Adds a target; what was not measured is neither met nor missed."""
        try:
            figure, met = judgement()
        except Missing as missing:
            self.targets.append(Target(wanted, f"not measured: {missing}", None))
        else:
            self.targets.append(Target(wanted, figure, met))
