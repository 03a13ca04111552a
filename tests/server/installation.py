"""One installation for the tests of a process: a real embedded PostgreSQL in a temporary folder.

A folder of tests that needs a configured Django imports the fixtures in its conftest:

    from tests.server.installation import app, ledger

Importing this module configures Django; `app` starts the database; `ledger` undoes what a test
wrote.
"""

import atexit
import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from watchkeeper import bootstrap
from watchkeeper.bootstrap import App
from watchkeeper.ledger.folder import DataFolder
from watchkeeper.queries import shelf

_FOLDER = Path(tempfile.mkdtemp(prefix="wk-tests-"))
_KEY_FILE = _FOLDER / "elsewhere" / "token.key"
_SETTINGS = bootstrap.load_settings({"WATCHKEEPER_KEY_FILE": str(_KEY_FILE)}, data=_FOLDER)
_APP = bootstrap.build(_SETTINGS)
shelf.keep_in(_APP.folder.cache)
# A worker's threads end with a test; a connection that outlives its job would be left open.
django_settings.DATABASES["default"]["CONN_MAX_AGE"] = 0
# The real one is slow on purpose, and tests sign in often.
django_settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
_open = contextlib.ExitStack()


def _close() -> None:
    from django.db import connections  # noqa: PLC0415 - only now is there something to close

    connections.close_all()
    _open.close()
    shutil.rmtree(_FOLDER, ignore_errors=True)


atexit.register(_close)
_started: list[App] = []


@pytest.fixture(scope="session")
def app() -> App:
    """The installation with its database running and its tables made; stopped with the process."""
    if not _started:
        _open.enter_context(DataFolder(_FOLDER).held())
        _open.enter_context(bootstrap.database(_SETTINGS))
        _APP.migrate()
        _started.append(_APP)
    return _APP


@pytest.fixture
def ledger(app: App) -> Iterator[App]:
    """The installation; what the test writes into the database is undone."""
    from django.db import transaction  # noqa: PLC0415 - Django is configured above

    with transaction.atomic():
        yield app
        transaction.set_rollback(True)
