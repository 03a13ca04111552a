"""A list made from a declaration: what is shown of a resource, and what may be asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from watchkeeper.locker import layout
from watchkeeper.locker.locker import Locker
from watchkeeper.model.resource import Nature, Resource
from watchkeeper.queries import listing, sealed, shelf
from watchkeeper.queries.listing import Asked, Choice, Listing
from watchkeeper.queries.newest import Sealed, newest_complete, stream
from watchkeeper.queries.paging import Page
from watchkeeper.queries.shelf import Shape, Table
from watchkeeper.resources import everything


@dataclass(frozen=True)
class Register:
    """One list: `shown` columns of a resource, `searched` ones, filters and sorts as SQL.

    `order` is how the list comes unasked; `default_sort` names it. `computed` are columns shown
    beside those of the resource, as SQL over them; `kept` are columns that only filters, sorts and
    computed ones use. Of a stream's versions of a record the newest is that with the latest
    `updated`. `closed` names the filters that have these values and no others.
    """

    resource: str
    shown: tuple[str, ...]
    searched: tuple[str, ...]
    filters: Mapping[str, str]
    offered: tuple[str, ...]
    sorts: Mapping[str, str]
    default_sort: str
    order: str
    newest_first: bool = False
    computed: Mapping[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()
    updated: str = "updated_at"
    closed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def declared(self) -> Resource:
        """The resource it lists."""
        return everything()[self.resource]

    @cached_property
    def key(self) -> str:
        """The column a record is found by; the first where the resource has no key of its own."""
        names = [column.name for column in self.declared.columns]
        return self.declared.key if self.declared.key in names else names[0]

    @cached_property
    def shape(self) -> Shape:
        """How its table is made."""
        kept = (*self.shown, *self.kept)
        columns = tuple(dict.fromkeys((*kept, *self.searched)))
        streamed = self.declared.nature is Nature.STREAM
        return Shape(
            name=self.resource,
            file=layout.TABLE,
            relation=lambda files: sealed.relation(self.declared, files, columns),
            columns=kept,
            searched=self.searched,
            order=self.order,
            key=self.key,
            newest=f"{self.updated} DESC NULLS LAST" if streamed else "",
        )

    @cached_property
    def listing(self) -> Listing:
        """What may be asked of its table."""
        return Listing(
            columns=(*self.shown, *(f"{sql} AS {name}" for name, sql in self.computed.items())),
            filters=self.filters,
            sorts=self.sorts,
            default_sort=self.default_sort,
            made_by="" if self.newest_first else self.default_sort,
        )

    def collections(self, locker: Locker, connection: int, upto: str = "") -> tuple[Sealed, ...]:
        """What it is made of: a stream's collections, or the newest complete one; oldest first.

        With `upto`, the id of a collection: what it was made of when that was the newest.
        """
        if self.declared.nature is Nature.STREAM:
            return stream(locker, connection, self.resource, upto)
        newest = newest_complete(connection, self.resource, upto)
        return (newest,) if newest else ()

    def table(self, locker: Locker, collections: tuple[Sealed, ...]) -> Table:
        """Its rows over these collections, laid out for lists."""
        return shelf.table(locker, self.shape, [each.path for each in collections])


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a register, the collections it rests on, and what its filters offer."""

    page: Page[dict[str, Any]]
    collections: tuple[Sealed, ...]
    choices: dict[str, tuple[Choice, ...]]

    @property
    def newest(self) -> Sealed:
        """The newest of the collections."""
        return self.collections[-1]


def listed(
    register: Register, locker: Locker, connection: int, asked: Asked, upto: str = ""
) -> Listed | None:
    """A page of the register; None when nothing whole was collected yet.

    With `upto`, the id of a collection: of what it held then, None where that is none of its own.
    """
    collections = register.collections(locker, connection, upto)
    if not collections:
        return None
    table = register.table(locker, collections)
    return Listed(register.listing.page(table, asked), collections, choices(register, table))


def choices(register: Register, table: Table) -> dict[str, tuple[Choice, ...]]:
    """What the filters of a register offer."""
    return _choices(table, tuple((name, register.filters[name]) for name in register.offered))


@lru_cache(maxsize=64)
def _choices(table: Table, offered: tuple[tuple[str, str], ...]) -> dict[str, tuple[Choice, ...]]:
    return listing.choices(table, dict(offered))
