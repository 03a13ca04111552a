"""`watchkeeper demo`: everything, filled, against a simulated console."""

import contextlib
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watchkeeper.cli._installation import DataFolderOption
from watchkeeper.cli._progress import Bars
from watchkeeper.cli.up import require_free, running
from watchkeeper.errors import UsageError, WatchkeeperError

if TYPE_CHECKING:
    from watchkeeper.bootstrap import Settings
    from watchkeeper.cli.up import Up
    from watchkeeper.jobs.processes import Processes, StopRequest
    from watchkeeper.ledger.folder import DataFolder

NAME = "demo"
_HOST = "127.0.0.1"
_CONSOLE_SECONDS = 60.0
_LOOK_EVERY = 0.2


def command(
    port: Annotated[
        int, typer.Option(help="Listen on that port; where it is taken, on a free one.")
    ] = 8765,
    data: DataFolderOption = None,
    agents: Annotated[int, typer.Option(help="How many agents the simulated console has.")] = 2000,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Forget what an earlier demo collected.")
    ] = False,
    exit_when_ready: Annotated[
        bool, typer.Option("--exit-when-ready", help="Stop once the pages answer, for tests.")
    ] = False,
) -> None:
    """Show Watchkeeper at work: a simulated console, collected and judged, in your browser.

    Needs no console, no token and no settings. Everything listens on this machine only and lies in
    a folder of your own below the system's temporary directory; a second start uses it again and
    is quick. Prints a name, a password and, last, the address to open. Ctrl-C stops everything.
    """
    from watchkeeper import bootstrap
    from watchkeeper.jobs.processes import stop_request
    from watchkeeper.ledger.folder import DataFolder

    for variable in [name for name in os.environ if name.startswith("WATCHKEEPER_")]:
        del os.environ[variable]  # a demo never touches the installation of this environment
    folder = DataFolder((data or _default_folder()).expanduser().absolute())
    settings = bootstrap.load_settings(
        # All of a demo lies in its folder, its key too: nothing in it is secret.
        {"WATCHKEEPER_KEY_FILE": str(folder.keys / "token.key")},
        data=folder.path,
        host=_HOST,
        port=_free_port(port),
    )
    if fresh:
        _forget(folder)
    folder.prepare()
    log = folder.path / "watchkeeper.log"
    with (
        stop_request() as stop,
        running(settings, stop, log=log, admin_password=_password(folder)) as up,
    ):
        # Among the others, not before them: a second demo is refused before it starts a console.
        console = _start_console(up.processes, folder, agents, log, stop)
        if not stop.asked:
            _fill(up, console, folder, stop)
        if not stop.asked:
            _tell(settings, folder)
        if not exit_when_ready:
            up.processes.wait(stop)


def _default_folder() -> Path:
    """A folder per user below the temporary directory; refuses one that somebody else made."""
    path = Path(tempfile.gettempdir()) / f"watchkeeper-demo-{os.geteuid()}"
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    if path.is_symlink() or path.stat().st_uid != os.geteuid():
        raise UsageError(
            f"{path} belongs to somebody else.", hint="Give a folder of your own with --data."
        )
    return path


def _free_port(wanted: int) -> int:
    """The wanted port, or a free one where it is taken or 0."""
    import socket

    if wanted:
        try:
            require_free(_HOST, wanted)
        except UsageError:
            pass
        else:
            return wanted
    with socket.create_server((_HOST, 0)) as probe:
        free = int(probe.getsockname()[1])
    if wanted:
        print(f"Port {wanted} is taken, {free} is used.")
    return free


def _forget(folder: "DataFolder") -> None:
    """Removes everything of an earlier demo; raises AlreadyRunning when that still runs."""
    import shutil

    from watchkeeper.ledger import postgres

    marks = ("cache", "keys", "postgres", "locker", "static", "uploads", "lists", "up.lock")
    if folder.path.exists():
        strange = [
            each.name
            for each in folder.path.iterdir()
            if each.name not in marks and not each.name.endswith((".log", ".log.1"))
        ]
        if strange:
            raise UsageError(
                f"{folder.path} holds {strange[0]!r}, which no demo made; nothing was removed.",
                hint="Give the folder of a demo, or an empty one, with --data.",
            )
    with folder.held():
        postgres.stop_leftover(folder)
        for each in folder.path.iterdir():
            if each.is_dir():
                shutil.rmtree(each)
            elif each.name != "up.lock":
                each.unlink()


def _password(folder: "DataFolder") -> str:
    """The demo's password, the same at every start."""
    import secrets

    return folder.secret("demo.password", lambda: secrets.token_urlsafe(9))


def _start_console(
    processes: "Processes", folder: "DataFolder", agents: int, log: Path, stop: "StopRequest"
) -> str:
    """Starts the simulated console; returns its address once it answers."""
    import socket

    from watchkeeper.clock import SYSTEM_CLOCK

    token_file = _token_file(folder)
    token_file.unlink(missing_ok=True)
    port = _free_port(0)
    size = ["--agents", str(agents), "--accounts", "3", "--sites", "12"]
    processes.start_guarded(
        "The simulated console",
        [
            *(sys.executable, "-m", "watchkeeper", "simulate", "--port", str(port)),
            *(*size, "--token-file", str(token_file), "--lists", str(_lists(folder))),
        ],
        environment=os.environ,
        log=log,
    )
    print(f"A simulated console with {agents:,} agents is starting …", flush=True)
    deadline = SYSTEM_CLOCK.monotonic() + _CONSOLE_SECONDS
    while not stop.wait(0.05):
        processes.check()
        if token_file.exists():
            with contextlib.suppress(OSError), socket.create_connection((_HOST, port), timeout=1):
                break
        if SYSTEM_CLOCK.monotonic() > deadline:
            raise WatchkeeperError(
                f"The simulated console is not ready after {_CONSOLE_SECONDS:.0f} s.",
                hint=f"See {log}.",
            )
    return f"http://{_HOST}:{port}"


def _lists(folder: "DataFolder") -> Path:
    """Where the company's own lists lie."""
    return folder.path / "lists"


def _token_file(folder: "DataFolder") -> Path:
    return folder.keys / "demo.token"


def _fill(up: "Up", console: str, folder: "DataFolder", stop: "StopRequest") -> None:
    """Connects the simulated console and waits until what is due is collected and judged."""
    from watchkeeper.jobs import runs
    from watchkeeper.ledger.connections import connect
    from watchkeeper.ledger.models import RunState
    from watchkeeper.ledger.schedule import due_of
    from watchkeeper.sentinelone.address import parse_address
    from watchkeeper.sentinelone.token import parse_token

    parts = up.app.installation
    connection = connect(
        NAME,
        parse_address(console),
        parse_token(_token_file(folder).read_text("utf-8")),
        vault=parts.vault,
        actor="demo",
        now=parts.clock.now(),
    )
    # Whose token it is, always: that shows that the new address and token work.
    wanted = {"own_user", *due_of(connection, parts.clock.now())}
    run = runs.ask(NAME, sorted(wanted), trigger="demo")
    with Bars() as bars:
        while run.state in {RunState.WAITING, RunState.RUNNING}:
            if stop.wait(_LOOK_EVERY):
                return
            up.processes.check()
            run.refresh_from_db()
            bars.show(run.progress)
    if run.state != RunState.DONE:
        raise WatchkeeperError(
            f"The simulated console could not be collected: {run.reason}",
            hint=f"See {folder.path / 'watchkeeper.log'}, or start over with --fresh.",
        )
    _bring_lists(up, folder, stop)
    judged = connection.assessments.filter(newest=True)
    failing = judged.filter(result="FAIL").count()
    print(f"{judged.count()} controls judged, {failing} of them fail.")


def _bring_lists(up: "Up", folder: "DataFolder", stop: "StopRequest") -> None:
    """Loads the company's lists of assets and people once, and waits until they were judged by.

    Not that of ends of support: so one sees what a control says of a list that is missing.
    """
    from watchkeeper.jobs import listing
    from watchkeeper.jobs.stating import Actor
    from watchkeeper.ledger.models import RunState
    from watchkeeper.lists import bringing, load, sources
    from watchkeeper.lists.mapping import Mapping

    parts = up.app.installation
    locker = parts.locker()
    for kind in ("assets", "people"):
        if load.held(locker, NAME, kind):
            continue
        given = sources.read(
            "file", {"path": str(_lists(folder) / f"{kind}.csv")}, kind, parts.clock
        )
        understood = bringing.understand(locker, NAME, kind, "company", given, Mapping())
        _, run = listing.load(locker, NAME, Actor("demo", "demo"), understood)
        print(f"{kind.capitalize()}: {len(understood.applied.rows):,} rows loaded from a list")
        while run is not None and run.state in {RunState.WAITING, RunState.RUNNING}:
            if stop.wait(_LOOK_EVERY):
                return
            up.processes.check()
            run.refresh_from_db()


def _tell(settings: "Settings", folder: "DataFolder") -> None:
    """Name, password and, on the last line, the address."""
    from watchkeeper.access.models import Person
    from watchkeeper.access.people import FIRST_ADMIN

    password = _password(folder)
    person = Person.objects.filter(username=FIRST_ADMIN).first()
    known = person is not None and person.check_password(password)
    print(f"Name: {FIRST_ADMIN}   Password: {password if known else 'the one you chose'}")
    print("Ctrl-C stops it. Open:")
    print(settings.address, flush=True)
