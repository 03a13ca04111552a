"""The web server's own process: light, so that it starts while the rest is still being prepared.

`python -m watchkeeper.web.server HOST PORT` serves the installation of the environment and ends
with the process that started it. The server's workers load Django, not this process.
"""

import os
import sys

APPLICATION = "watchkeeper.bootstrap:wsgi"


def serve(host: str, port: int) -> None:
    """Serves the pages until SIGTERM or SIGINT; the settings must be in the environment, too."""
    import granian  # noqa: PLC0415 - who only names the command does not need it
    from granian.constants import Interfaces  # noqa: PLC0415
    from granian.log import LogLevels  # noqa: PLC0415

    server = granian.Granian(
        APPLICATION,
        factory=True,
        interface=Interfaces.WSGI,
        address=host,
        port=port,
        workers=1,
        blocking_threads=min(8, 2 * (os.cpu_count() or 1) + 1),
        websockets=False,
        workers_kill_timeout=5,
        log_level=LogLevels.warning,
    )
    server.serve()


def command(host: str, port: int) -> list[str]:
    """The command that starts such a process."""
    return [sys.executable, "-m", "watchkeeper.web.server", host, str(port)]


if __name__ == "__main__":
    from watchkeeper.jobs.processes import end_with_starter

    os.umask(0o077)
    end_with_starter()
    serve(sys.argv[1], int(sys.argv[2]))
