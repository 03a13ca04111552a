"""How the newest attempt at a resource went, where it was not complete."""

from dataclasses import dataclass

from watchkeeper.ledger.models import CollectionEntry
from watchkeeper.queries.collections import CollectionRow, row
from watchkeeper.resources import everything


@dataclass(frozen=True, slots=True)
class Shortfall:
    """A newest collection that is not complete, and the permission its resource needs."""

    collection: CollectionRow
    permission: str


def shortfall(connection: int, resource: str) -> Shortfall | None:
    """What the newest attempt fell short of; None when it was complete or there was none."""
    newest = (
        CollectionEntry.objects.filter(connection=connection, resource=resource, subject="")
        .order_by("-ended", "-id")
        .first()
    )
    if newest is None or newest.complete:
        return None
    return Shortfall(row(newest), everything()[resource].permission)
