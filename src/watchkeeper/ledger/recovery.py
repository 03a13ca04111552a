"""The index built again from the locker, connections that only the locker still knows included."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from watchkeeper.ledger.audit import record
from watchkeeper.ledger.index import rebuild
from watchkeeper.ledger.models import Connection, ConnectionState
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection
from watchkeeper.resources import catalogue

_AGAIN = "Enter the token again, then resume the connection: only the locker still knew it."


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What the index holds of a connection again; `came_back`: the database did not know it."""

    connection: str
    collections: int
    assessments: int
    came_back: bool


def reindex(
    locker: Locker, *, now: datetime, actor: str, on_connection: Callable[[Rebuilt], None]
) -> list[Rebuilt]:
    """Builds the whole index again, a connection at a time; pages show the older one until then.

    Raises Tampered when a manifest is not what was sealed: that connection keeps what it had.
    """
    back = {connection.name for connection in _bring_back(locker, now, actor)}
    found = []
    for connection in Connection.objects.order_by("name"):
        built = rebuild(locker, connection)
        one = Rebuilt(
            connection.name, built.collections, built.assessments, connection.name in back
        )
        found.append(one)
        on_connection(one)
    record(actor, "index.rebuilt", "", connections=len(found), came_back=sorted(back))
    return found


def _bring_back(locker: Locker, now: datetime, actor: str) -> list[Connection]:
    """Connections of the locker that the database does not know: without a token, paused."""
    known = set(Connection.objects.values_list("name", flat=True))
    found = []
    for name in locker.connections():
        console = _console(locker, name)
        if name in known or console is None:
            continue
        with transaction.atomic():
            connection = Connection.objects.create(
                name=name,
                console=console,
                token_ciphertext="",
                state=ConnectionState.TOKEN_LOST,
                state_reason=_AGAIN,
                state_since=now,
                paused=True,
            )
            record(actor, "connection.came_back", name, console=console)
        found.append(connection)
    return found


def _console(locker: Locker, name: str) -> str | None:
    """The console's address, as the newest collection of any resource tells it."""
    newest = [
        collection
        for resource in catalogue()
        if (collection := _newest(locker, name, resource)) is not None
    ]
    return max(newest, key=lambda each: each.started).console if newest else None


def _newest(locker: Locker, name: str, resource: str) -> Collection | None:
    """The newest that can be read."""
    return next((each for each in locker.newest_first(name, resource) if not each.damaged), None)
