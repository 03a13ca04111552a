"""The processes of one machine: started together, ended together.

A child gets a lifeline: its standard input is a pipe that this process holds open. When this
process is gone, however it went, the pipe ends and the child ends itself (`end_with_starter`).
"""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from watchkeeper.clock import SYSTEM_CLOCK, Clock
from watchkeeper.errors import WatchkeeperError
from watchkeeper.ledger.lifeline import start_guarded

_LOOK_EVERY = 0.1


class ChildDied(WatchkeeperError):
    """A process that has to run ended by itself."""


@dataclass(frozen=True, slots=True)
class Child:
    """A process, what it is called in messages, and whether somebody else stops it."""

    name: str
    process: "subprocess.Popen[bytes]"
    watched: bool = False


class Processes:
    """The children of this process, in the order they were started."""

    def __init__(self, clock: Clock = SYSTEM_CLOCK, *, patience: float = 8.0) -> None:
        """`patience`: seconds a child may take to stop before it is killed."""
        self._clock = clock
        self._patience = patience
        self._children: list[Child] = []

    def watch(self, name: str, process: "subprocess.Popen[bytes]") -> None:
        """Watches a process that somebody else stops."""
        self._children.append(Child(name, process, watched=True))

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        log: Path | None = None,
    ) -> "subprocess.Popen[bytes]":
        """Starts a child that knows lifelines; its output goes to `log`, or where ours goes."""
        with _opened(log) as output:
            process = subprocess.Popen(  # noqa: S603 - our own program
                command, stdin=subprocess.PIPE, stdout=output, stderr=output, env=dict(environment)
            )
        self._children.append(Child(name, process))
        return process

    def start_guarded(
        self, name: str, command: Sequence[str], *, environment: Mapping[str, str], log: Path
    ) -> "subprocess.Popen[bytes]":
        """Starts a child that knows nothing of lifelines, behind a guard that does."""
        with _opened(log) as output:
            process = start_guarded(
                command, stop_signal="TERM", output=output, env=dict(environment)
            )
        self._children.append(Child(name, process))
        return process

    def check(self) -> None:
        """Raises ChildDied when a child has ended by itself."""
        for child in self._children:
            status = child.process.poll()
            if status is not None:
                how = f"signal {-status}" if status < 0 else f"exit code {status}"
                raise ChildDied(
                    f"{child.name} ended by itself ({how}).",
                    hint="Its last words are above, or in the log of the data folder.",
                )

    def wait(self, stop: "StopRequest") -> None:
        """Waits until a stop is asked for; raises ChildDied when a child ends before that."""
        while not stop.asked:
            try:
                self.check()
            except ChildDied:
                self._clock.sleep(_LOOK_EVERY)  # Ctrl-C reaches children first now and then
                if stop.asked:
                    return
                raise
            stop.wait(_LOOK_EVERY)

    def stop(self) -> list[str]:
        """Stops the started children, the youngest first; returns those that had to be killed.

        Killing is safe: what a worker was doing is done again.
        """
        killed = []
        for child in reversed(self._children):
            if child.process.stdin is None or child.watched:
                continue
            child.process.stdin.close()  # its lifeline
            try:
                child.process.wait(self._patience)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
                killed.append(child.name)
        self._children.clear()
        return killed


@contextlib.contextmanager
def _opened(log: Path | None) -> Iterator[IO[bytes] | None]:
    """The log to append to, private; None where the child speaks where we do."""
    if log is None:
        yield None
        return
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
        yield output


class StopRequest:
    """Whether SIGINT or SIGTERM was received."""

    def __init__(self) -> None:
        """Not asked yet."""
        self._event = threading.Event()

    @property
    def asked(self) -> bool:
        """True once a signal came."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Waits at most so long; returns whether a stop was asked for."""
        return self._event.wait(seconds)

    def _receive(self, _number: int, _frame: FrameType | None) -> None:
        self._event.set()


@contextlib.contextmanager
def stop_request() -> Iterator[StopRequest]:
    """Takes SIGINT and SIGTERM as a request for the time of the block; main thread only."""
    request = StopRequest()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, request._receive) for number in numbers}  # noqa: SLF001 - same module
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end_with_starter() -> None:
    """In a child: ends this process (SIGTERM) when its standard input does, in the background."""
    lifeline = os.dup(0)
    silence = os.open(os.devnull, os.O_RDONLY)
    os.dup2(silence, 0)  # nobody else reads the lifeline by accident
    os.close(silence)

    def watch() -> None:
        while os.read(lifeline, 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
