"""What several endpoints share: the connection an address names, and the time."""

from datetime import datetime
from typing import Any

from django.http import Http404

from watchkeeper.access.roles import Action
from watchkeeper.api.callers import whoever_may
from watchkeeper.ledger.installation import installation
from watchkeeper.queries.connections import ConnectionView, connection

SEE: list[Any] = whoever_may(Action.SEE)
EXPORT: list[Any] = whoever_may(Action.EXPORT)
COLLECT: list[Any] = whoever_may(Action.COLLECT)
DECIDE: list[Any] = whoever_may(Action.DECIDE)
LOAD: list[Any] = whoever_may(Action.LOAD)
SET: list[Any] = whoever_may(Action.SET)
CONNECT: list[Any] = whoever_may(Action.CONNECT)


def named(name: str) -> ConnectionView:
    """The connection of that name, one that was removed too; raises Http404."""
    found = connection(name)
    if found is None:
        raise Http404("There is no such connection.")
    return found


def now() -> datetime:
    """The installation's time."""
    return installation().clock.now()
