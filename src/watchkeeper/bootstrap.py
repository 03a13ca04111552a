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
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import django
from django.conf import settings as django_settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import OperationalError, ProgrammingError, connection
from django.db.migrations.executor import MigrationExecutor

from watchkeeper import settings as declared
from watchkeeper.clock import SYSTEM_CLOCK, Clock
from watchkeeper.errors import UsageError
from watchkeeper.ledger import database as database_entry
from watchkeeper.ledger import postgres
from watchkeeper.ledger.cluster import DatabaseError, Place
from watchkeeper.ledger.folder import DataFolder
from watchkeeper.ledger.installation import Installation
from watchkeeper.ledger.secrets import Vault, new_key
from watchkeeper.sentinelone.address import Address
from watchkeeper.sentinelone.token import Token
from watchkeeper.settings import Settings
from watchkeeper.web import server

if TYPE_CHECKING:
    from watchkeeper.access.people import Credentials
    from watchkeeper.ledger.models import Connection
    from watchkeeper.locker.locker import Locker

__all__ = ["App", "Settings", "build", "database", "load_settings", "serve", "wsgi"]

load_settings = declared.load

_MIGRATION_LOCK = 7_265_011  # any number, as long as every Watchkeeper takes the same
_SESSION_SECONDS = 12 * 3600
_TABLES_SECONDS, _LOOK_EVERY = 60.0, 0.1


@dataclass(frozen=True)
class App:
    """A configured installation of this process."""

    settings: Settings
    folder: DataFolder
    installation: Installation

    def prepare(self) -> None:
        """What must be there before pages and jobs, besides style sheets: tables and a locker.

        Nothing else may be writing to the locker.
        """
        from watchkeeper.locker.locker import Locker  # noqa: PLC0415 - heavy

        self.migrate()
        Locker.open(self.settings.locker, create=True, clock=self.installation.clock)

    def first_admin(self, password: str | None = None) -> "Credentials | None":
        """The first admin, when this call made one: nobody existed yet."""
        from watchkeeper.access.people import first_admin  # noqa: PLC0415 - after build

        return first_admin(password)

    def migrate(self) -> None:
        """Brings the database's tables up to this version; one process at a time."""
        with _answering(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_MIGRATION_LOCK])
            try:
                call_command("migrate", interactive=False, verbosity=0)
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_MIGRATION_LOCK])

    def connect(self, name: str, address: Address, token: Token, *, actor: str) -> "Connection":
        """Adds or changes a connection and asks for all of it to be collected."""
        from watchkeeper.jobs import runs  # noqa: PLC0415 - after build
        from watchkeeper.ledger.connections import connect  # noqa: PLC0415 - after build

        with _answering():
            parts = self.installation
            now = parts.clock.now()
            added = connect(name, address, token, vault=parts.vault, actor=actor, now=now)
            runs.ask(name, trigger="first")
        return added

    def collect_static(self) -> None:
        """Copies style sheets, scripts and icons to where the web server serves them from."""
        call_command("collectstatic", interactive=False, verbosity=0, clear=True)


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


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    """Names the fault when the database does not answer, or is not ready."""
    try:
        yield
    except (OperationalError, ProgrammingError) as error:
        raise DatabaseError(
            f"The database does not answer as it should: {' '.join(str(error).split())}",
            hint="Check WATCHKEEPER_DATABASE_URL and whether that PostgreSQL runs.",
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
    vault = Vault(settings.keys or [folder.secret("token.key", new_key)])
    installation = Installation(
        locker=functools.partial(_open_locker, settings.locker, clock),
        vault=vault,
        allowed_consoles=settings.allowed_consoles,
        clock=clock,
    )
    django_settings.configure(
        **django_configuration(settings, folder, installation, collects=collects)
    )
    django.setup()
    app = App(settings, folder, installation)
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
    _wait_for_tables()
    ready = (app.installation.locker, threading.Event())
    threading.Thread(target=keep_ready, args=ready, name="lists", daemon=True).start()
    return application


def _wait_for_tables() -> None:
    """Returns once the database has the tables of this version: another process makes them."""
    deadline = SYSTEM_CLOCK.monotonic() + _TABLES_SECONDS
    while True:
        try:
            executor = MigrationExecutor(connection)
            if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
                return
        except OperationalError:  # it does not run yet
            connection.close()
        if SYSTEM_CLOCK.monotonic() > deadline:
            raise DatabaseError(
                f"The database has not been brought up to date for {_TABLES_SECONDS:.0f} s.",
                hint="`watchkeeper up` does that, or `watchkeeper connect`.",
            )
        SYSTEM_CLOCK.sleep(_LOOK_EVERY)


def _end_with(parent: Any) -> None:
    """Ends this process when the one that keeps it is gone."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _open_locker(where: str, clock: Clock) -> "Locker":
    from watchkeeper.locker.locker import Locker  # noqa: PLC0415 - heavy

    return Locker.open(where, clock=clock)


def django_configuration(
    settings: Settings, folder: DataFolder, installation: Installation, *, collects: bool = False
) -> dict[str, Any]:
    """Django's settings, from ours."""
    if settings.database_url:
        parameters = database_entry.url_parameters(settings.database_url)
    else:
        parameters = Place(folder).parameters()
    return {
        "WATCHKEEPER": installation,
        "SECRET_KEY": folder.secret("django.key"),
        "DEBUG": False,
        "ALLOWED_HOSTS": list(settings.allowed_hosts),
        "INSTALLED_APPS": _APPS,
        "MIDDLEWARE": [
            "watchkeeper.access.headers.Headers",
            "django.middleware.security.SecurityMiddleware",
            "whitenoise.middleware.WhiteNoiseMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.auth.middleware.LoginRequiredMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
            "django_htmx.middleware.HtmxMiddleware",
        ],
        "ROOT_URLCONF": "watchkeeper.web.urls",
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        "DATABASES": {"default": database_entry.django_database(parameters)},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "USE_I18N": False,
        "PROCRASTINATE_IMPORT_PATHS": ["watchkeeper.jobs.tasks"],
        "LOGGING": _logging(),
        **_people(),
        **_protection(settings),
        **_static(folder, collects=collects),
    }


_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "procrastinate.contrib.django",
    "watchkeeper.ledger",
    "watchkeeper.access",
    "watchkeeper.web",
]


def _people() -> dict[str, Any]:
    """Accounts and passwords."""
    validation = "django.contrib.auth.password_validation"
    return {
        "AUTH_USER_MODEL": "access.Person",
        "LOGIN_URL": "access:sign_in",
        "LOGIN_REDIRECT_URL": "/",
        "LOGOUT_REDIRECT_URL": "access:sign_in",
        "AUTH_PASSWORD_VALIDATORS": [
            {"NAME": f"{validation}.UserAttributeSimilarityValidator"},
            {"NAME": f"{validation}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
            {"NAME": f"{validation}.CommonPasswordValidator"},
        ],
    }


def _protection(settings: Settings) -> dict[str, Any]:
    """Cookies and headers; over https, cookies never travel without it."""
    return {
        "SESSION_COOKIE_NAME": "watchkeeper_session",
        "SESSION_COOKIE_AGE": _SESSION_SECONDS,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": settings.secure,
        "CSRF_COOKIE_NAME": "watchkeeper_csrf",
        "CSRF_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_SAMESITE": "Lax",
        "CSRF_COOKIE_SECURE": settings.secure,
        "CSRF_TRUSTED_ORIGINS": [settings.public_url] if settings.public_url else [],
        "SECURE_CONTENT_TYPE_NOSNIFF": True,
        "SECURE_REFERRER_POLICY": "same-origin",
        "SECURE_CROSS_ORIGIN_OPENER_POLICY": "same-origin",
        "X_FRAME_OPTIONS": "DENY",
        "DATA_UPLOAD_MAX_MEMORY_SIZE": 1_000_000,
    }


def _static(folder: DataFolder, *, collects: bool) -> dict[str, Any]:
    """Static files: collected and named by their content; before that, as packages have them."""
    collected = (folder.static / "staticfiles.json").exists()
    storage = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    return {
        "STATIC_URL": "/static/",
        "STATIC_ROOT": folder.static,
        "STORAGES": {
            "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
            "staticfiles": {
                "BACKEND": storage
                if collected or collects
                else "django.contrib.staticfiles.storage.StaticFilesStorage"
            },
        },
        "WHITENOISE_USE_FINDERS": not collected,
    }


def _logging() -> Mapping[str, Any]:
    """Warnings and worse to standard error; what was asked for (with its query) is not logged."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
        "handlers": {"terminal": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["terminal"], "level": "WARNING"},
    }
