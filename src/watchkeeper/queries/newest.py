"""Which sealed collections a question about devices or threats is answered from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q

from watchkeeper.errors import LockerError
from watchkeeper.ledger.models import CollectionEntry
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection
from watchkeeper.model.stream import current
from watchkeeper.resources import everything

_MOST_REACHES = 10_000
_reaches: dict[tuple[str, str], Collection] = {}  # by locker and folder; what is sealed stays so


@dataclass(frozen=True, slots=True)
class Sealed:
    """A collection's folder in the locker, its id and when it ended."""

    path: str
    id: str
    ended: datetime


def newest_complete(connection: int, resource: str, upto: str = "") -> Sealed | None:
    """The newest complete collection of a resource of state, None when there is none yet.

    With `upto`, the id of a collection: that one, None where it is no complete one of these.
    """
    found = CollectionEntry.objects.filter(
        connection=connection, resource=resource, verdict="complete", subject=""
    )
    if upto:
        found = found.filter(identity=upto)
    newest = found.order_by("-ended", "-id").first()
    return _sealed(newest) if newest else None


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


def stream(locker: Locker, connection: int, resource: str, upto: str = "") -> tuple[Sealed, ...]:
    """The collections of a stream that hold rows, oldest first: all that it is made of today.

    Of one that is read whole now and then, the newest whole one and what came after it, also what
    was not complete: what it holds is known. With `upto`, the id of one of its collections, what
    it was made of then; empty where it is none. Raises LockerError when something may be missing
    between them.
    """
    found = CollectionEntry.objects.filter(
        connection=connection, resource=resource, subject=""
    ).order_by("-ended", "-id")
    if upto:
        last = found.filter(identity=upto).first()
        if last is None:
            return ()
        found = found.filter(Q(ended__lt=last.ended) | Q(ended=last.ended, pk__lte=last.pk))
    if everything()[resource].incremental is None:
        return tuple(_sealed(each) for each in found.filter(distinct__gt=0))[::-1]
    met: list[CollectionEntry] = []
    state = current(_told(locker, each.path) for each in _noted(found.iterator(200), met))
    if state.gap:
        raise LockerError(
            f"{everything()[resource].title} are not known without a gap: {state.gap}.",
            hint="Collect them again: the next collection reads all of them.",
        )
    return tuple(_sealed(each) for each in reversed(met) if each.distinct)


def _noted(
    entries: Iterable[CollectionEntry], met: list[CollectionEntry]
) -> Iterator[CollectionEntry]:
    """The entries one by one, each noted in `met` when it is taken."""
    for each in entries:
        met.append(each)
        yield each


def known(locker: Locker, path: str) -> int | None:
    """How many records are known with that collection; None where it holds all there are itself."""
    found: int | None = _told(locker, path).manifest.get("reach", {}).get("known")
    return found


def _told(locker: Locker, path: str) -> Collection:
    """A sealed collection, and of its manifest what it reaches."""
    place = (locker.store.where, path)
    if place not in _reaches:
        found = locker.sealed(path)
        told = {name: found.manifest[name] for name in ("reach",) if name in found.manifest}
        if len(_reaches) >= _MOST_REACHES:
            _reaches.clear()
        _reaches[place] = replace(found, manifest=told)
    return _reaches[place]


def collection_id(path: str) -> str:
    """The id in a collection's or assessment's folder name."""
    return path.rsplit("/id=", 1)[-1]


def _sealed(entry: CollectionEntry) -> Sealed:
    return Sealed(entry.path, collection_id(entry.path), entry.ended)
