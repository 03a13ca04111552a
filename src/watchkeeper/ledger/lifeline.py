"""A program that ends when its starter is gone, however that went.

A small shell stands between: it holds the program and watches its own standard input, a pipe that
the starter keeps open. When the pipe ends, the shell asks the program to stop.
"""

import subprocess
from collections.abc import Sequence
from typing import IO, Any

# $1 is the signal that asks to stop, the rest is the program.
_GUARD = """
exec 3<&0
signal=$1
shift
"$@" </dev/null 3<&- &
program=$!
( read -r _ <&3; kill -$signal $program ) &
guard=$!
wait $program
status=$?
kill $guard 2>/dev/null
wait $guard 2>/dev/null
exit $status
"""


def start_guarded(
    command: Sequence[str],
    *,
    stop_signal: str,
    output: IO[bytes] | None,
    **popen: Any,
) -> "subprocess.Popen[bytes]":
    """Starts the program behind its guard, in a session of its own: Ctrl-C is the starter's.

    Close the process's `stdin` to stop it. `output` takes what it says; `popen` is passed on.
    """
    return subprocess.Popen(  # noqa: S603 - our own programs
        ["/bin/sh", "-c", _GUARD, "watchkeeper-guard", stop_signal, *command],
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        start_new_session=True,
        **popen,
    )
