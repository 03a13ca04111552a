"""Lists as pages show them: which stand, from where, how mapped, and which controls read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from watchkeeper.controls import catalogue
from watchkeeper.ledger import list_sources
from watchkeeper.ledger.models import ListSource
from watchkeeper.ledger.secrets import Vault
from watchkeeper.lists import load as loads
from watchkeeper.lists.mapping import listable
from watchkeeper.lists.sources import catalogue as catalogue_of_sources
from watchkeeper.locker.locker import Locker
from watchkeeper.model.control import Control
from watchkeeper.model.resource import Resource
from watchkeeper.queries.newest import newest_complete
from watchkeeper.queries.standing import Standing, standings
from watchkeeper.resources import everything
from watchkeeper.statements.concerned import concerned_by_list


@dataclass(frozen=True, slots=True)
class ListRow:
    """A list that stands. `collection` is the id of the one it was loaded by.

    `columns` pairs headers with what they feed, without those that are left out, which `unused`
    are; None where nobody mapped it. `notes` is what its load said a reader must know.
    """

    name: str
    rows: int
    at: datetime
    by: str
    source: str
    came_from: str
    collection: str
    columns: tuple[tuple[str, str], ...] | None
    unused: tuple[str, ...]
    date_order: str
    notes: tuple[str, ...]

    @property
    def width(self) -> int:
        """How many columns it came with."""
        return len(self.columns or ()) + len(self.unused)


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A list that is watched: at which source, where in words, how often, how that went last.

    `due` is when it is looked at again, None while it is paused; `wanted_by` who asked for a load
    that has not happened yet.
    """

    id: int
    kind: str
    name: str
    source: str
    title: str
    where: str
    every: timedelta
    paused: bool
    wanted_by: str
    tried_at: datetime | None
    found_at: datetime | None
    loaded_at: datetime | None
    failures: int
    failing_since: datetime | None
    error: str
    due: datetime | None
    added_by: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of list: its resource, the lists of it that stand, those that are watched, readers.

    `standing` says by control what it says now; one that was never judged is not in it.
    """

    resource: Resource
    lists: tuple[ListRow, ...]
    sources: tuple[SourceRow, ...]
    readers: tuple[Control, ...]
    standing: Mapping[str, Standing]

    @property
    def watched(self) -> frozenset[str]:
        """The names of the lists that are watched."""
        return frozenset(each.name for each in self.sources)

    @property
    def rows(self) -> int:
        """The rows of all lists."""
        return sum(each.rows for each in self.lists)

    def list(self, name: str) -> ListRow | None:
        """The list of that name, None where there is none."""
        return next((each for each in self.lists if each.name == name), None)


def resources() -> tuple[Resource, ...]:
    """The kinds of lists there are."""
    return tuple(each for each in everything().values() if listable(each))


def kind_of(name: str) -> Resource:
    """The resource of that name; raises UsageError."""
    return loads.resource(name)


def readers(resource: str) -> tuple[Control, ...]:
    """The controls that read lists of that resource."""
    known = catalogue()
    return tuple(known[name] for name in concerned_by_list(resource, known))


def kinds(locker: Locker, vault: Vault, connection: int, now: datetime) -> tuple[Kind, ...]:
    """Every kind of list of a connection, also those of which there is no list yet."""
    said = {each.control: each for each in standings(connection, now)}
    watched = sources(vault, connection)
    return tuple(
        Kind(
            each,
            lists(locker, connection, each.name),
            tuple(row for row in watched if row.kind == each.name),
            readers(each.name),
            said,
        )
        for each in resources()
    )


def sources(vault: Vault, connection: int) -> tuple[SourceRow, ...]:
    """The lists of a connection that are watched, by kind and name."""
    found = ListSource.objects.select_related("connection").filter(connection=connection)
    return tuple(source_row(each, vault) for each in found)


def source_row(held: ListSource, vault: Vault) -> SourceRow:
    """A stored source as pages show it."""
    known = catalogue_of_sources().get(held.source)
    return SourceRow(
        held.pk,
        held.kind,
        held.name,
        held.source,
        known.title if known else held.source,
        list_sources.where(held, vault),
        timedelta(seconds=held.interval),
        held.paused,
        held.wanted_by,
        held.tried_at,
        held.found_at,
        held.loaded_at,
        held.failures,
        held.failing_since,
        held.error,
        list_sources.due_at(held),
        held.added_by,
        held.added_at,
    )


def lists(locker: Locker, connection: int, resource: str) -> tuple[ListRow, ...]:
    """The lists of a resource that stand, by name; raises Tampered for what was altered."""
    newest = newest_complete(connection, resource)
    if newest is None:
        return ()
    locker.vouch([newest.path])
    return tuple(_row(each) for each in loads.held_in(locker, locker.sealed(newest.path)))


def _row(held: loads.Held) -> ListRow:
    mapping = held.mapping
    pairs = mapping.pairs if mapping else ()
    return ListRow(
        held.name,
        held.rows,
        held.at,
        held.by,
        held.source,
        held.came_from,
        held.collection.id,
        tuple(pair for pair in pairs if pair[1]) if mapping else None,
        tuple(header for header, column in pairs if not column),
        mapping.date_order if mapping else "",
        held.collection.completeness.notes,
    )
