"""Search, filter, sort and page over sealed tables, by declared names only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from watchkeeper.queries import sealed
from watchkeeper.queries.paging import SIZE, Page, clamp


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked a list for. Unknown names are ignored, never put into SQL."""

    search: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    descending: bool = False
    number: int = 1
    size: int = SIZE


@dataclass(frozen=True, slots=True)
class Listing:
    """What may be asked of a table: names as in the URL, SQL as written here.

    `sorts` and `filters` map a name to an SQL expression; `tie` makes every order total.
    """

    columns: tuple[str, ...]
    searched: tuple[str, ...]
    filters: Mapping[str, str]
    sorts: Mapping[str, str]
    default_sort: str
    tie: str

    def page(self, files: Sequence[str], relation: str, asked: Asked) -> Page[dict[str, Any]]:
        """The rows asked for. A page beyond the last is the last."""
        where, parameters = self._where(asked)
        counted = sealed.select(
            files,
            f"SELECT count(*) AS n FROM {relation} {where}",  # noqa: S608
            parameters,
        )
        total = int(counted[0]["n"])
        number = clamp(asked.number, asked.size, total)
        if not total:
            return Page((), 1, asked.size, 0)
        found = sealed.select(
            files,
            f"SELECT {', '.join(self.columns)} FROM {relation} {where} "  # noqa: S608
            f"ORDER BY {self._order(asked)} LIMIT $limit OFFSET $offset",
            {**parameters, "limit": asked.size, "offset": (number - 1) * asked.size},
        )
        return Page(tuple(found), number, asked.size, total)

    def sort_of(self, asked: Asked) -> str:
        """The sort in force: the one asked for, else the default."""
        return asked.sort if asked.sort in self.sorts else self.default_sort

    def _order(self, asked: Asked) -> str:
        direction = "DESC" if asked.descending else "ASC"
        return f"{self.sorts[self.sort_of(asked)]} {direction} NULLS LAST, {self.tie}"

    def _where(self, asked: Asked) -> tuple[str, dict[str, Any]]:
        conditions: list[str] = []
        parameters: dict[str, Any] = {}
        if asked.search.strip():
            parameters["search"] = asked.search.strip()
            looked = [f"contains(lower({name}), lower($search))" for name in self.searched]
            conditions.append(f"({' OR '.join(looked)})")
        for number, (name, value) in enumerate(sorted(asked.chosen.items())):
            if name in self.filters and value:
                conditions.append(f"{self.filters[name]} = $chosen_{number}")
                parameters[f"chosen_{number}"] = value
        return (f"WHERE {' AND '.join(conditions)}" if conditions else ""), parameters


@dataclass(frozen=True, slots=True)
class Choice:
    """One value a filter offers, and how many rows have it."""

    value: str
    count: int


def choices(
    files: Sequence[str], relation: str, filters: Mapping[str, str], most: int = 200
) -> dict[str, tuple[Choice, ...]]:
    """By filter: its values, most frequent first, `most` of them at the most."""
    found: dict[str, tuple[Choice, ...]] = {}
    for name, expression in filters.items():
        rows = sealed.select(
            files,
            f"SELECT {expression} AS value, count(*) AS n FROM {relation} "  # noqa: S608
            f"WHERE {expression} IS NOT NULL GROUP BY 1 ORDER BY n DESC, value LIMIT $most",
            {"most": most},
        )
        found[name] = tuple(Choice(str(row["value"]), int(row["n"])) for row in rows)
    return found
