"""Makes what lists are shown from before anybody asks for it."""

import functools
import threading
from collections.abc import Callable, Iterator

import structlog
from django.db import Error as DatabaseError
from django.db import close_old_connections

from watchkeeper.errors import WatchkeeperError
from watchkeeper.ledger.models import AssessmentEntry, Connection
from watchkeeper.locker.locker import Locker
from watchkeeper.queries import fleet, items, registers
from watchkeeper.queries.devices import DEVICES
from watchkeeper.queries.register import Register, choices
from watchkeeper.queries.threats import THREATS

_LOOK_EVERY = 2.0
_log = structlog.get_logger("watchkeeper.queries")


def keep_ready(locker: Callable[[], Locker], stop: threading.Event) -> None:
    """Prepares every connection whenever the index has grown, until told to stop."""
    prepared: dict[int, int] = {}
    while not stop.wait(_LOOK_EVERY):
        close_old_connections()
        try:
            for connection, entry in Connection.objects.values_list("pk", "indexed_entry"):
                if prepared.get(connection) != entry:
                    prepare(locker(), connection)
                    prepared[connection] = entry
        except (DatabaseError, WatchkeeperError) as error:
            _log.warning("lists are not prepared yet", reason=" ".join(str(error).split()))


def prepare(locker: Locker, connection: int) -> None:
    """Makes the tables for a connection's lists. What fails is logged; its page will say why."""
    for step in _steps(locker, connection):
        try:
            step()
        except WatchkeeperError as error:
            _log.warning("a list could not be prepared", reason=str(error))


def _steps(locker: Locker, connection: int) -> Iterator[Callable[[], object]]:
    yield functools.partial(_register, DEVICES, locker, connection)
    yield functools.partial(_register, THREATS, locker, connection)
    yield lambda: fleet.fleet(locker, connection)
    judged = AssessmentEntry.objects.filter(connection=connection, newest=True)
    for entry in judged.order_by("control"):
        yield functools.partial(items.made, locker, entry.path)
    for register in registers.ALL:
        yield functools.partial(_register, register, locker, connection)


def _register(register: Register, locker: Locker, connection: int) -> None:
    collections = register.collections(locker, connection)
    if collections:
        choices(register, register.table(locker, collections))
