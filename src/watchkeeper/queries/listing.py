"""Search, filter, sort and page over made tables, by declared names only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from watchkeeper.queries.paging import SIZE, Page, clamp
from watchkeeper.queries.shelf import Table


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
    """What may be asked of a made table: names as in the URL, SQL as written here.

    `sorts` and `filters` map a name to an SQL expression over its columns; what they leave equal
    comes in the order in which the table was made. `made_by` is the sort that is this order.
    """

    columns: tuple[str, ...]
    filters: Mapping[str, str]
    sorts: Mapping[str, str]
    default_sort: str
    made_by: str = ""

    def page(self, table: Table, asked: Asked) -> Page[dict[str, Any]]:
        """The rows asked for. A page beyond the last is the last."""
        where, parameters = self._where(asked)
        made_so = self.sort_of(asked) == self.made_by and not asked.descending
        sort = "rowid" if made_so else self.sorts[self.sort_of(asked)]
        direction = "DESC" if asked.descending else "ASC"
        with table.asked() as ask:
            places = f"(SELECT rowid AS place, {sort} AS sorted FROM {table.rows} {where})"  # noqa: S608
            if where:  # looked for once, counted and sorted from there
                ask(f"CREATE TEMP TABLE found AS FROM {places}", parameters)
                places = "found"
            total = int(ask(f"SELECT count(*) AS n FROM {places}")[0]["n"])  # noqa: S608
            number = clamp(asked.number, asked.size, total)
            shown = ask(
                f"SELECT place FROM {places} "  # noqa: S608
                f"ORDER BY sorted {direction} NULLS LAST, place LIMIT $limit OFFSET $offset",
                {"limit": asked.size, "offset": (number - 1) * asked.size},
            )
            order = [row["place"] for row in shown]
            found = ask(
                f"SELECT rowid AS place, {', '.join(self.columns)} FROM {table.rows} "  # noqa: S608
                "WHERE rowid IN (SELECT unnest($places::BIGINT[]))",
                {"places": order},
            )
        by_place = {row.pop("place"): row for row in found}
        return Page(tuple(by_place[place] for place in order), number, asked.size, total)

    def sort_of(self, asked: Asked) -> str:
        """The sort in force: the one asked for, else the default."""
        return asked.sort if asked.sort in self.sorts else self.default_sort

    def _where(self, asked: Asked) -> tuple[str, dict[str, Any]]:
        conditions: list[str] = []
        parameters: dict[str, Any] = {}
        if asked.search.strip():
            parameters["search"] = asked.search.strip()
            conditions.append("contains(searched, lower($search))")
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
    table: Table, filters: Mapping[str, str], most: int = 200
) -> dict[str, tuple[Choice, ...]]:
    """By filter: its values, most frequent first, `most` of them at the most."""
    found: dict[str, tuple[Choice, ...]] = {}
    with table.asked() as ask:
        for name, expression in filters.items():
            rows = ask(
                f"SELECT {expression} AS value, count(*) AS n FROM {table.rows} "  # noqa: S608
                f"WHERE {expression} IS NOT NULL GROUP BY 1 ORDER BY n DESC, value LIMIT $most",
                {"most": most},
            )
            found[name] = tuple(Choice(str(row["value"]), int(row["n"])) for row in rows)
    return found
