"""A simulated console in a process of its own, which no figure includes."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Console:
    """Where it listens, and the file with its token."""

    url: str
    token_file: Path


@contextlib.contextmanager
def serving(agents: int, folder: Path) -> Iterator[Console]:
    """A console with that many agents, until the block ends."""
    token_file = folder / "token"
    command = [sys.executable, "-m", "watchkeeper", "simulate", "--agents", str(agents)]
    with subprocess.Popen(
        [*command, "--token-file", token_file], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            url = process.stdout.readline().strip() if process.stdout else ""
            if not url:
                raise RuntimeError("the simulated console did not start")
            yield Console(url, token_file)
        finally:
            process.terminate()
