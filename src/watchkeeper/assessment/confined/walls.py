"""What the kernel forbids a process from now on; it cannot be taken back."""

import resource
import signal
from pathlib import Path

ROOM = 1_500_000_000
"""Bytes of address space beyond what is in use: the engine's own limit and what it leaves out."""

_UNKNOWN_USE = 4_000_000_000  # where nothing tells how much is in use


def confine(seconds: float) -> None:
    """ROOM more memory, nothing written to a file, and an end after so many seconds of any kind."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _lower(resource.RLIMIT_AS, _in_use() + ROOM)
    _lower(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + seconds) + 2)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)
    end_after(seconds)


def open_nothing_more() -> None:
    """No file and no socket: what is open stays open, everything else must have been read."""
    _lower(resource.RLIMIT_NOFILE, 0)


def end_after(seconds: float) -> None:
    """The kernel ends the process then, whatever it does; asked again, counted anew."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _lower(what: int, to: int) -> None:
    _, hard = resource.getrlimit(what)
    to = to if hard == resource.RLIM_INFINITY else min(to, hard)
    resource.setrlimit(what, (to, to))


def _in_use() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return _UNKNOWN_USE
    return pages * resource.getpagesize()
