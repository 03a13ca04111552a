"""A tenant's control is judged in a process of its own, behind walls that the kernel keeps.

The engine's own limits hold for what it counts; one call of a function that makes a text of four
gigabytes or compares two long ones is not counted and not interrupted. So the process that runs a
tenant's SQL may take so much memory, processor time and wall time and no more, opens no file and no
socket, and has nothing of ours in its environment. Whatever becomes of it, the others go on.
"""

import json
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import IO, Any, Unpack

import pyarrow as pa

from watchkeeper.assessment.confined.job import Job, Told, told_from
from watchkeeper.assessment.engine import Judged, Terms, too_long, too_much
from watchkeeper.assessment.faulty import ControlFaulty
from watchkeeper.assessment.sandbox import Sandbox
from watchkeeper.model.control import Control

__all__ = ["TRIAL", "judging", "look_at", "try_out"]

TRIAL = timedelta(seconds=120)
"""How long trying a control may take: all of its examples, in several ways each."""

_CHILD = (sys.executable, "-P", "-m", "watchkeeper.assessment.confined.child")
_PASSED_ON = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "LC_CTYPE")
_TIME_SIGNALS = {signal.SIGALRM, signal.SIGXCPU}
_MEMORY_SIGNALS = {signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGKILL, signal.SIGTRAP}


@contextmanager
def judging(
    control: Control, tables: dict[str, pa.Table], sandbox: Sandbox, **terms: Unpack[Terms]
) -> Iterator[Judged]:
    """As `engine.judging`, within the sandbox's limits and in none of its engines.

    Raises ControlFaulty also for what ended the process.
    """
    named = tuple(tables)
    job = Job(control, named, memory_limit=sandbox.memory_limit, timeout=sandbox.timeout, **terms)
    with _process() as process:
        given, answered = _pipes(process)
        try:
            _give(given, job, tables)
            told = _told(answered, job, process)
            yield Judged(
                counts=told.counts,
                first_unknown=told.first_unknown,
                items=pa.ipc.open_stream(answered),
                excepted_until=told.excepted_until,
                notes=told.notes,
            )
        except (OSError, EOFError, pa.ArrowInvalid) as error:
            if not _ended(process):
                raise
            raise _ending(job, process) from error


def try_out(control: Control) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Faults, then notes, of a control that is tried; see `trial`. Raises ControlFaulty."""
    return _asked(Job(control, None, timeout=TRIAL))


def look_at(control: Control) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The same of its SQL alone, over empty tables."""
    return _asked(Job(control, None, thorough=False))


def _asked(job: Job) -> tuple[tuple[str, ...], tuple[str, ...]]:
    with _process() as process:
        given, answered = _pipes(process)
        try:
            _give(given, job, {})
            told = _told(answered, job, process)
        except (OSError, EOFError) as error:
            raise _ending(job, process) from error
    return told.faults, told.notes


@contextmanager
def _process() -> Iterator[subprocess.Popen[bytes]]:
    """The process, started; gone when this ends."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    process = subprocess.Popen(  # noqa: S603 - ourselves
        _CHILD,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        # Arrow's own allocator takes room in advance that it does not need.
        env=environment | {"ARROW_DEFAULT_MEMORY_POOL": "system"},
    )
    try:
        yield process
    finally:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue  # it left before it had read everything
        process.kill()
        process.wait()


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdin is not None  # noqa: S101 - asked for above
    assert process.stdout is not None  # noqa: S101
    return process.stdin, process.stdout


def _give(given: IO[bytes], job: Job, tables: dict[str, pa.Table]) -> None:
    """Hands the job over, then its tables one by one; `tables` is empty afterwards."""
    pickle.dump(job, given)
    for name in job.tables or ():
        table = tables.pop(name)
        with pa.ipc.new_stream(given, table.schema) as stream:
            stream.write_table(table)
    given.close()


def _told(answered: IO[bytes], job: Job, process: subprocess.Popen[bytes]) -> Told:
    """What the process says before its items; raises ControlFaulty."""
    line = answered.readline()
    if not line.endswith(b"\n"):
        raise _ending(job, process)
    said: Mapping[str, Any] = json.loads(line)
    if "faulty" in said:
        raise ControlFaulty(str(said["faulty"]), hint=str(said["hint"]))
    return told_from(said)


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it ended by itself, and not as it should."""
    try:
        return process.wait(timeout=1) != 0
    except subprocess.TimeoutExpired:
        return False


def _ending(job: Job, process: subprocess.Popen[bytes]) -> ControlFaulty:
    """Why the process is gone, in words."""
    try:
        code = process.wait(timeout=job.timeout.total_seconds())
    except subprocess.TimeoutExpired:
        return too_long(job.control, job.timeout)
    if -code in _TIME_SIGNALS:
        return too_long(job.control, job.timeout)
    if -code in _MEMORY_SIGNALS:
        return too_much(job.control)
    return ControlFaulty(
        f"{job.control.id}: the process that judged it ended by itself (code {code}).",
        hint="`watchkeeper controls test` tries it alone.",
    )
