"""The composition root: settings in, a working installation out. The only reader of settings.

    settings = bootstrap.load_settings()
    with bootstrap.database(settings):          # starts the embedded PostgreSQL where it is used
        app = bootstrap.build(settings)         # configures Django, once per process
        app.migrate()

`wsgi()` is what the web server loads.
"""

import contextlib
import functools
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError, ProgrammingError, connection
from django.db.migrations.executor import MigrationExecutor

from watchkeeper import settings as declared
from watchkeeper.bootstrap.configuration import django_configuration
from watchkeeper.clock import SYSTEM_CLOCK, Clock
from watchkeeper.controls import ids, tenant
from watchkeeper.errors import UsageError
from watchkeeper.ledger import postgres
from watchkeeper.ledger.cluster import DatabaseError
from watchkeeper.ledger.folder import AlreadyRunning, DataFolder
from watchkeeper.ledger.installation import Installation
from watchkeeper.ledger.keys import KeyRing, key_ring
from watchkeeper.ledger.secrets import Vault
from watchkeeper.sentinelone.address import Address
from watchkeeper.sentinelone.token import Token
from watchkeeper.settings import Settings
from watchkeeper.web import server

if TYPE_CHECKING:
    from watchkeeper.access.people import Credentials
    from watchkeeper.ledger.connections import Options
    from watchkeeper.ledger.models import Connection
    from watchkeeper.locker.locker import Locker

__all__ = [
    "App",
    "NotRunning",
    "Settings",
    "answering",
    "build",
    "database",
    "load_settings",
    "reached",
    "serve",
    "unknown_settings",
    "wsgi",
]

load_settings = declared.load
unknown_settings = declared.unknown

_MIGRATION_LOCK = 7_265_011  # any number, as long as every Watchkeeper takes the same
_TABLES_SECONDS, _LOOK_EVERY = 60.0, 0.1
# Of the files that packages bring: the other reader of API descriptions, half of all there is.
_UNUSED = ["redoc*"]


@dataclass(frozen=True)
class App:
    """A configured installation of this process."""

    settings: Settings
    folder: DataFolder
    installation: Installation
    keys: KeyRing

    def prepare(self) -> None:
        """What must be there before pages and jobs, besides style sheets: tables and a locker."""
        self.migrate()
        self.make_locker()

    def make_locker(self) -> None:
        """Makes the locker where there is none, and ends the seals that were cut off."""
        from watchkeeper.locker.locker import Locker  # noqa: PLC0415 - heavy

        Locker.open(self.settings.locker, create=True, clock=self.installation.clock)

    def first_admin(self, password: str | None = None) -> "Credentials | None":
        """The first admin, when this call made one: nobody existed yet."""
        from watchkeeper.access.people import first_admin  # noqa: PLC0415 - after build

        return first_admin(password)

    def migrate(self) -> list[str]:
        """Brings the database's tables up to this version; one process at a time.

        Returns the names of the steps it took. Raises DatabaseError.
        """
        with answering(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
            try:
                missing = self.missing_migrations()
                call_command("migrate", interactive=False, verbosity=0)
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])
        return missing

    def missing_migrations(self) -> list[str]:
        """The steps that the database's tables are behind this version; raises DatabaseError."""
        with answering():
            executor = MigrationExecutor(connection)
            plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        return [f"{step.app_label}.{step.name}" for step, _ in plan]

    def be_current(self, *, alone: bool) -> None:
        """Makes the tables, or brings them up to date where this process is `alone` with them.

        Raises DatabaseError where processes of another version may be using them.
        """
        missing = self.missing_migrations()
        if missing and not alone and MigrationExecutor(connection).loader.applied_migrations:
            raise DatabaseError(
                f"The database's tables are {len(missing)} steps behind this version.",
                hint="Stop what runs on it, then run `watchkeeper migrate`, or `watchkeeper up`.",
            )
        if missing:
            self.migrate()

    def connect(
        self,
        name: str,
        address: Address,
        token: Token,
        *,
        actor: str,
        options: "Options | None" = None,
    ) -> "Connection":
        """Adds or changes a connection and asks for all of it to be collected.

        Without `options` those of a connection that is there stay as they are.
        """
        from watchkeeper.jobs import runs  # noqa: PLC0415 - after build
        from watchkeeper.ledger.connections import connect  # noqa: PLC0415 - after build

        with answering():
            parts = self.installation
            now = parts.clock.now()
            added = connect(
                name, address, token, vault=parts.vault, actor=actor, now=now, options=options
            )
            runs.ask(name, trigger="first")
        return added

    def collect_static(self) -> None:
        """Copies style sheets, scripts and icons to where the web server serves them from."""
        options = {"interactive": False, "verbosity": 0, "clear": True}
        call_command("collectstatic", ignore_patterns=_UNUSED, **options)


Started = Callable[[], postgres.Server | None]
"""Waits until the database answers; gives the embedded server, None where it is another."""


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[postgres.Server | None]:
    """The database while it is needed: the embedded one is started and stopped.

    The caller holds the data folder (`DataFolder.held`).
    """
    with database_soon(settings) as started:
        yield started()


@contextlib.contextmanager
def database_soon(settings: Settings) -> Iterator[Started]:
    """The same, started in the background: there is enough to do meanwhile."""
    if settings.database_url:
        yield lambda: None
        return
    starter = ThreadPoolExecutor(1, thread_name_prefix="database")
    starting = starter.submit(postgres.start, DataFolder(settings.data))
    starter.shutdown(wait=False)
    try:
        yield starting.result
    finally:
        if starting.exception() is None:  # waits for its end, either way
            starting.result().stop()


class NotRunning(UsageError):
    """What a command needs of a running installation is not there."""


def _missing(data: Path) -> NotRunning:
    """What to do about a folder without a database."""
    if (data / "locker").is_dir():
        return NotRunning(
            f"There is no database in {data}, only its locker.",
            hint="`watchkeeper restore` brings a backup back; without one `watchkeeper reindex` "
            "builds what the locker tells of.",
        )
    return NotRunning(
        f"There is no installation in {data}.",
        hint="Name its folder with --data, or start one with `watchkeeper up`.",
    )


@contextlib.contextmanager
def reached(
    settings: Settings, *, start: bool = True, migrate: bool = True, make: bool = True
) -> Iterator[App]:
    """The installation with its database answering: the running one's, or one started for it.

    Without `start` an embedded database must run already, without `make` it must have been made,
    else NotRunning is raised. With `migrate` the tables are those of this version: they are made,
    or brought up to date where nobody else can be using them. Raises DatabaseError.
    """
    folder = DataFolder(settings.data)
    embedded = not settings.database_url
    if embedded and not (start and make) and not any(folder.postgres.glob("*/PG_VERSION")):
        raise _missing(settings.data)
    with contextlib.ExitStack() as stack:
        alone = False
        try:
            stack.enter_context(folder.held())
        except AlreadyRunning:
            pass
        else:
            if embedded and not start:
                raise NotRunning(
                    f"Watchkeeper does not run on {settings.data}.",
                    hint="Start it with `watchkeeper up`, or name its folder with --data.",
                )
            stack.enter_context(database(settings))
            alone = embedded
        app = build(settings)
        if migrate:
            app.be_current(alone=alone)
        else:
            with answering(), connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        yield app


@contextlib.contextmanager
def answering() -> Iterator[None]:
    """Names the fault when the database does not answer, or is not ready."""
    try:
        yield
    except (OperationalError, ProgrammingError) as error:
        raise DatabaseError(
            f"The database does not answer as it should: {' '.join(str(error).split())}",
            hint="Check WATCHKEEPER_DATABASE_URL and whether that PostgreSQL runs; where "
            "`watchkeeper up` has just been started, try again in a moment.",
        ) from error


_built: list[App] = []


def build(settings: Settings, clock: Clock = SYSTEM_CLOCK, *, collects: bool = False) -> App:
    """Configures Django for these settings; Django knows one configuration per process.

    Called again with the same settings it returns the same App; raises UsageError with others.
    The database need not run yet. `collects`: this process is going to collect static files.
    """
    if _built:
        if _built[0].settings == settings:
            return _built[0]
        raise UsageError("This process is configured for another installation already.")
    folder = DataFolder(settings.data)
    folder.prepare()
    folder.static.mkdir(exist_ok=True)
    keys = key_ring(
        folder,
        given=settings.keys,
        file=settings.key_file,
        configuration=settings.configuration,
        system=settings.system_keyring,
    )
    vault = Vault(settings.keys or keys)
    installation = Installation(
        locker=functools.partial(_open_locker, settings.locker, clock),
        vault=vault,
        uploads=folder.uploads,
        closed=(folder.path, settings.configuration, *filter(None, [keys.place.file])),
        allowed_consoles=settings.allowed_consoles,
        clock=clock,
    )
    django_settings.configure(
        **django_configuration(settings, folder, installation, collects=collects)
    )
    django.setup()
    tenant.use(settings.controls_folder, ids(), needed=settings.controls is not None)
    app = App(settings, folder, installation, keys)
    _built.append(app)
    return app


def serve(settings: Settings) -> None:
    """Serves the pages until SIGTERM or SIGINT; the settings must be in the environment, too."""
    server.serve(settings.host, settings.port)


def wsgi() -> Callable[..., Any]:
    """The pages as a WSGI application, for the settings of the environment; granian loads this."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    app = build(load_settings())
    application = get_wsgi_application()
    from watchkeeper.queries import shelf  # noqa: PLC0415 - after build
    from watchkeeper.queries.ready import keep_ready  # noqa: PLC0415 - after build
    from watchkeeper.web import urls  # noqa: F401, PLC0415 - now, not with the first page

    shelf.keep_in(app.folder.cache)
    wait_for_tables(app)
    ready = (app.installation.locker, threading.Event())
    threading.Thread(target=keep_ready, args=ready, name="lists", daemon=True).start()
    return application


def wait_for_tables(app: App) -> None:
    """Returns once the database has the tables of this version: another process makes them."""
    deadline = SYSTEM_CLOCK.monotonic() + _TABLES_SECONDS
    while True:
        try:
            if not app.missing_migrations():
                return
        except DatabaseError:  # it does not run yet
            connection.close()
        if SYSTEM_CLOCK.monotonic() > deadline:
            raise DatabaseError(
                f"The database has not been brought up to date for {_TABLES_SECONDS:.0f} s.",
                hint="`watchkeeper up` does that, or `watchkeeper migrate`.",
            )
        SYSTEM_CLOCK.sleep(_LOOK_EVERY)


def _end_with(parent: Any) -> None:
    """Ends this process when the one that keeps it is gone."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _open_locker(where: str, clock: Clock) -> "Locker":
    from watchkeeper.locker.locker import Locker  # noqa: PLC0415 - heavy

    return Locker.open(where, clock=clock)
