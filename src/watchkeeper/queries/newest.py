"""Which sealed collections a question about devices or threats is answered from."""

from dataclasses import dataclass
from datetime import datetime

from watchkeeper.ledger.models import CollectionEntry


@dataclass(frozen=True, slots=True)
class Sealed:
    """A collection's folder in the locker, its id and when it ended."""

    path: str
    id: str
    ended: datetime


def newest_complete(connection: int, resource: str) -> Sealed | None:
    """The newest complete collection of a resource of state, None when there is none yet."""
    found = (
        CollectionEntry.objects.filter(
            connection=connection, resource=resource, verdict="complete", subject=""
        )
        .order_by("-ended", "-id")
        .first()
    )
    return _sealed(found) if found else None


def newest_of_device(connection: int, agent: str) -> Sealed | None:
    """The newest complete collection of one device alone, None when it was never read alone."""
    found = (
        CollectionEntry.objects.filter(
            connection=connection,
            resource="agents",
            verdict="complete",
            subject=f"agent:{agent}",
            distinct__gt=0,
        )
        .order_by("-ended", "-id")
        .first()
    )
    return _sealed(found) if found else None


def stream(connection: int, resource: str) -> tuple[Sealed, ...]:
    """Every collection of a stream that holds rows, oldest first."""
    found = CollectionEntry.objects.filter(
        connection=connection, resource=resource, distinct__gt=0
    ).order_by("ended", "id")
    return tuple(_sealed(each) for each in found)


def collection_id(path: str) -> str:
    """The id in a collection's or assessment's folder name."""
    return path.rsplit("/id=", 1)[-1]


def _sealed(entry: CollectionEntry) -> Sealed:
    return Sealed(entry.path, collection_id(entry.path), entry.ended)
