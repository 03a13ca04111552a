"""What a diagnosis may rest on, and what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from functools import lru_cache
from typing import Any

from watchkeeper.locker import records
from watchkeeper.locker.locker import Locker
from watchkeeper.locker.stream import newest
from watchkeeper.queries.collections import CollectionRow
from watchkeeper.queries.connections import ConnectionView
from watchkeeper.queries.freshness import Freshness
from watchkeeper.queries.newest import stream
from watchkeeper.resources import catalogue

MOST_NAMED = 8


class Weight(IntEnum):
    """How grave a trouble is."""

    STOPPED = 0  # nothing is collected
    BLIND = 1  # something that should be seen is not
    WRONG = 2  # what is seen is not as it should be
    SOON = 3  # it will go wrong


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One trouble: what it is, the facts it rests on, what to do next; `since` where known.

    `collection` is the id of one that shows it.
    """

    weight: Weight
    title: str
    facts: tuple[str, ...]
    step: str
    since: datetime | None = None
    collection: str = ""


@dataclass(frozen=True)
class Facts:
    """A connection as it is now; tables and manifests are read from the locker when asked for."""

    connection: ConnectionView
    fresh: Mapping[str, Freshness]
    locker: Locker
    now: datetime

    def newest(self, resource: str) -> CollectionRow | None:
        """The newest collection of a resource, whatever its verdict."""
        return self.fresh[resource].newest

    def complete(self, resource: str) -> CollectionRow | None:
        """The newest complete one."""
        return self.fresh[resource].newest_complete

    def rows(self, resource: str, columns: Sequence[str]) -> list[dict[str, Any]]:
        """Columns of the current state of a resource; empty when there is none.

        That is its newest complete collection, or what a list of changes adds up to.
        """
        if catalogue()[resource].incremental is not None:
            paths = tuple(each.path for each in stream(self.locker, self.connection.id, resource))
        else:
            found = self.complete(resource)
            paths = (found.path,) if found is not None else ()
        return _rows(self.locker, resource, paths, tuple(columns)) if paths else []

    def manifest(self, found: CollectionRow) -> Mapping[str, Any]:
        """What a collection's manifest says."""
        return records.collection(found.path, *self.locker.manifest(found.path)).manifest


@lru_cache(maxsize=64)
def _rows(
    locker: Locker, resource: str, paths: tuple[str, ...], columns: tuple[str, ...]
) -> list[dict[str, Any]]:
    collections = [records.collection(path, *locker.manifest(path)) for path in paths]
    found: list[dict[str, Any]] = newest(
        locker, catalogue()[resource], columns, collections
    ).to_pylist()
    return found


def named(names: Sequence[str]) -> str:
    """The first few of some names, and how many more there are."""
    shown = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return f"{shown} and {more:,} more" if more > 0 else shown
