"""One program, run once as a whole process: what it took and what it kept.

The most memory that Linux tells of a process is never less than what its starter held, so whoever
measures stays small: nothing here may load a large library.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LONGEST = 900.0  # seconds; who takes longer is ended and told as such
_LAST_WORDS = 300
_NOT_COMPILED = "PYTHONDONTWRITEBYTECODE"


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds of wall clock and of processor (user and system), and the most memory held.

    `facts` is whatever else the program said of its run, and what the console saw of it.
    """

    wall: float
    cpu: float
    peak_mb: float
    rows: int | None
    facts: dict[str, Any] = field(default_factory=dict)


class Failed(RuntimeError):
    """The program ended with a fault, or did not end; its last words are the message."""


def measure(command: Sequence[str], folder: Path, limit: float = LONGEST) -> Figures:
    """Runs the command, whose last line on stdout is JSON with the rows it kept."""
    said, complained = folder / "stdout", folder / "stderr"
    late = threading.Event()
    with said.open("wb") as stdout, complained.open("wb") as stderr:
        # Some machines are told not to keep compiled modules: then every start compiles ours anew,
        # which no installed program does. The warming-up run compiles them.
        kept = {name: each for name, each in os.environ.items() if name != _NOT_COMPILED}
        os.sync()  # what was written by those before shall be on the disk, and not meanwhile
        begun = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=stdout, stderr=stderr, cwd=folder, start_new_session=True, env=kept
        )
        too_long = threading.Timer(limit, _end, (process.pid, late))
        too_long.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # asked to stop: it must not stay behind
            _end(process.pid, late)
            raise
        wall = time.perf_counter() - begun
        too_long.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if late.is_set():
        raise Failed(f"ended after {limit:.0f} s")
    if process.returncode != 0:
        words = complained.read_text(encoding="utf-8", errors="replace").splitlines()
        raise Failed(f"{process.returncode}: {' / '.join(words[-3:])[-_LAST_WORDS:]}")
    facts = _last_line(said)
    return Figures(
        wall=wall,
        cpu=usage.ru_utime + usage.ru_stime,
        peak_mb=usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10),
        rows=facts.pop("rows"),
        facts=facts,
    )


def _end(process: int, late: threading.Event) -> None:
    late.set()
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)


def _last_line(said: Path) -> dict[str, Any]:
    lines = said.read_text(encoding="utf-8").splitlines()
    try:
        facts: dict[str, Any] = json.loads(lines[-1])
    except (IndexError, ValueError) as error:
        raise Failed("its last line is no JSON") from error
    return facts
