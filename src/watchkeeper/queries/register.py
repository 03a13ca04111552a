"""A list made from a declaration: what is shown of a resource, and what may be asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass
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
from watchkeeper.resources import catalogue


@dataclass(frozen=True)
class Register:
    """One list: `shown` columns of a resource, `searched` ones, filters and sorts as SQL.

    `order` is how the list comes unasked; `default_sort` names it.
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

    @property
    def declared(self) -> Resource:
        """The resource it lists."""
        return catalogue()[self.resource]

    @cached_property
    def shape(self) -> Shape:
        """How its table is made."""
        columns = tuple(dict.fromkeys((*self.shown, *self.searched)))
        streamed = self.declared.nature is Nature.STREAM
        return Shape(
            name=self.resource,
            file=layout.TABLE,
            relation=lambda files: sealed.relation(self.declared, files, columns),
            columns=self.shown,
            searched=self.searched,
            order=self.order,
            key="id",
            newest="updated_at DESC NULLS LAST" if streamed else "",
        )

    @cached_property
    def listing(self) -> Listing:
        """What may be asked of its table."""
        return Listing(
            columns=self.shown,
            filters=self.filters,
            sorts=self.sorts,
            default_sort=self.default_sort,
            made_by="" if self.newest_first else self.default_sort,
        )

    def collections(self, locker: Locker, connection: int) -> tuple[Sealed, ...]:
        """What it is made of: a stream's collections, or the newest complete one; oldest first."""
        if self.declared.nature is Nature.STREAM:
            return stream(locker, connection, self.resource)
        newest = newest_complete(connection, self.resource)
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


def listed(register: Register, locker: Locker, connection: int, asked: Asked) -> Listed | None:
    """A page of the register; None when nothing whole was collected yet."""
    collections = register.collections(locker, connection)
    if not collections:
        return None
    table = register.table(locker, collections)
    offered = tuple((name, register.filters[name]) for name in register.offered)
    return Listed(register.listing.page(table, asked), collections, _choices(table, offered))


@lru_cache(maxsize=64)
def _choices(table: Table, offered: tuple[tuple[str, str], ...]) -> dict[str, tuple[Choice, ...]]:
    return listing.choices(table, dict(offered))
