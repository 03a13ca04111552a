"""`watchkeeper up`: everything on one machine, in the foreground."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watchkeeper.cli._console import TOKEN_VARIABLE
from watchkeeper.cli._installation import DataFolderOption
from watchkeeper.errors import UsageError

if TYPE_CHECKING:
    from watchkeeper.access.people import Credentials
    from watchkeeper.bootstrap import App, Settings
    from watchkeeper.jobs.processes import Processes, StopRequest

HostOption = Annotated[
    str | None, typer.Option("--host", metavar="HOST", help="Listen there [default: 127.0.0.1].")
]
PortOption = Annotated[
    int | None, typer.Option("--port", metavar="PORT", help="Listen on that port [default: 8765].")
]
_READY_SECONDS = 60.0


def command(
    host: HostOption = None,
    port: PortOption = None,
    data: DataFolderOption = None,
) -> None:
    """Run Watchkeeper on this machine: database, web pages and worker, until Ctrl-C.

    Starts an embedded PostgreSQL in the data folder (or uses WATCHKEEPER_DATABASE_URL), brings its
    tables up to date, serves the pages and collects from the connections on their schedule. The
    first start prints the name and the password of the first admin, once. Ctrl-C or SIGTERM stops
    everything in order; exit code 0. More workers can join (`watchkeeper worker`).

    Example: watchkeeper up --data ~/watchkeeper --port 8765
    """
    from watchkeeper import bootstrap
    from watchkeeper.jobs.processes import stop_request

    settings = bootstrap.load_settings(data=data, host=host, port=port)
    with stop_request() as stop, running(settings, stop, on_admin=_show) as up:
        if stop.asked:
            return
        print(f"Watchkeeper runs at {settings.address} (Ctrl-C stops it)")
        sys.stdout.flush()
        up.processes.wait(stop)


def _show(admin: "Credentials") -> None:
    """Says the password as soon as there is one: a start that is stopped must not lose it."""
    print(f"The first admin is {admin.name!r}, the password {admin.password}")
    print("It is shown this once. Sign in and change it.", flush=True)


@dataclass(frozen=True)
class Up:
    """A running installation."""

    app: "App"
    processes: "Processes"


@contextlib.contextmanager
def running(
    settings: "Settings",
    stop: "StopRequest",
    *,
    log: Path | None = None,
    admin_password: str | None = None,
    on_admin: "Callable[[Credentials], None] | None" = None,
) -> Iterator[Up]:
    """A running installation, stopped in order at the end of the block.

    `log` takes what the web server and the worker say, instead of the terminal; `on_admin` is
    called when this start made the first admin, with `admin_password` or a generated one.
    Raises AlreadyRunning, UsageError for a taken port, ChildDied.
    """
    from watchkeeper import bootstrap
    from watchkeeper.jobs.processes import Processes
    from watchkeeper.ledger.folder import DataFolder
    from watchkeeper.web import server

    os.umask(0o077)  # evidence names machines and people
    folder = DataFolder(settings.data)
    processes = Processes()
    if not os.access(settings.data, os.F_OK):  # what cannot begin leaves no folder behind
        require_free(settings.host, settings.port)
    with folder.held():
        require_free(settings.host, settings.port)
        with bootstrap.database_soon(settings) as database:
            app = bootstrap.build(settings, collects=True)
            app.collect_static()
            environment = os.environ | settings.environment()
            environment.pop(TOKEN_VARIABLE, None)  # for other commands; nobody here needs it
            try:
                # The web server loads what it needs while the database is made, and waits for it.
                pages = server.command(settings.host, settings.port)
                processes.start("The web server", pages, environment=environment, log=log)
                embedded = database()
                if embedded is not None:
                    processes.watch("PostgreSQL", embedded.process)
                app.prepare()
                admin = app.first_admin(admin_password)
                if admin is not None and on_admin is not None:
                    on_admin(admin)
                _wait_until_ready(settings, processes, stop)
                program = [sys.executable, "-m", "watchkeeper", "worker", "--lifeline"]
                if not stop.asked:
                    processes.start("The worker", program, environment=environment, log=log)
                yield Up(app, processes)
            finally:
                for name in processes.stop():
                    print(f"{name} had to be killed; its work is done again.", file=sys.stderr)


def require_free(host: str, port: int) -> None:
    """Raises UsageError when something listens there already, or nothing can."""
    import socket

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UsageError(
                f"{host} port {port} cannot be listened on: {error.strerror or error}.",
                hint="Stop what uses it, or give another one with --port.",
            ) from error


def _wait_until_ready(settings: "Settings", processes: "Processes", stop: "StopRequest") -> None:
    """Returns once the web server and the database answer, or when a stop is asked for."""
    import http.client
    from urllib.parse import urlsplit

    from watchkeeper.clock import SYSTEM_CLOCK
    from watchkeeper.errors import WatchkeeperError

    address = urlsplit(settings.address)
    deadline = SYSTEM_CLOCK.monotonic() + _READY_SECONDS
    while not stop.wait(0.05):
        processes.check()
        asked = http.client.HTTPConnection(address.hostname or "", address.port, timeout=5)
        try:
            asked.request("GET", "/alive/")
            status = asked.getresponse().status
            if status == http.client.OK:
                return
            said = f"it answers {status}"
        except (OSError, http.client.HTTPException) as error:
            said = str(error)
        finally:
            asked.close()
        if SYSTEM_CLOCK.monotonic() > deadline:
            raise WatchkeeperError(
                f"The web server is not ready after {_READY_SECONDS:.0f} s: {said}.",
                hint="See what it said above.",
            )
