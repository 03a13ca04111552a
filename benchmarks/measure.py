"""One program, run once as a whole process: what it took and what it kept."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LONGEST = 900.0  # seconds; who takes longer is ended and told as such


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds of wall clock and of processor (user and system), and the most memory held."""

    wall: float
    cpu: float
    peak_mb: float
    rows: int | None


class Failed(RuntimeError):
    """The program ended with a fault, or did not end; its last words are the message."""


def measure(command: Sequence[str], folder: Path) -> Figures:
    """Runs the command, whose last line on stdout is JSON with the rows it kept."""
    said, complained = folder / "stdout", folder / "stderr"
    with said.open("wb") as stdout, complained.open("wb") as stderr:
        begun = time.perf_counter()
        process = subprocess.Popen(command, stdout=stdout, stderr=stderr, cwd=folder)
        too_long = threading.Timer(LONGEST, process.kill)
        too_long.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        too_long.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        words = complained.read_text(encoding="utf-8", errors="replace").splitlines()
        raise Failed(f"{process.returncode}: {' / '.join(words[-3:])}")
    return Figures(
        wall=wall,
        cpu=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10),
        rows=json.loads(said.read_text(encoding="utf-8").splitlines()[-1])["rows"],
    )
