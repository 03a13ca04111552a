"""How far a run is, for people."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from watchkeeper.cli._console import records

if TYPE_CHECKING:
    from rich.progress import TaskID


class Counting:
    """How far a long step is: a bar on a terminal, nothing elsewhere."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        out = Console(highlight=False, stderr=True)
        self._tasks: dict[str, TaskID] = {}
        self._bar = Progress(
            TextColumn("{task.description:<16}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=out,
            disable=not out.is_terminal,
        )

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def __call__(self, what: str, done: int, total: int) -> None:
        """Shows that so much of it is done."""
        if what not in self._tasks:
            self._tasks[what] = self._bar.add_task(what, total=total)
        self._bar.update(self._tasks[what], completed=done, total=total)


class Bars:
    """A run's progress: bars on a terminal, a line per finished resource elsewhere."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        out = Console(highlight=False)
        self._lines = not out.is_terminal
        self._told: set[str] = set()
        self._tasks: dict[str, TaskID] = {}
        self._bar = Progress(
            TextColumn("{task.description:<24}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}"),
            console=out,
            disable=self._lines,
        )

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, progress: Mapping[str, Mapping[str, Any]]) -> None:
        """Shows how far the run is, from what it wrote down."""
        for name, step in progress.items():
            done = step["verdict"]
            if name not in self._tasks:
                self._tasks[name] = self._bar.add_task(step["title"], total=None, state="")
            self._bar.update(
                self._tasks[name],
                completed=step["rows"],
                total=step["rows"] if done else step["expected"],
                state=done or "",
            )
            if done and self._lines and name not in self._told:
                self._told.add(name)
                print(f"{step['title']}: {done}, {records(step['rows'])}", flush=True)
