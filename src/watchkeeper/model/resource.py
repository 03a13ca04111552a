"""A resource: one collection of the console's API, declared."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class ColumnType(StrEnum):
    """What a column of a resource's table holds."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"  # UTC, microseconds
    TEXTS = "texts"  # a list of text
    JSON = "json"  # the JSON as received, as text


class Nature(StrEnum):
    """How collections of a resource relate to each other (reference C.4)."""

    STATE = "state"  # each collection is the whole; the newest complete one is judged
    STREAM = "stream"  # collections add up; the newest version of each key is judged


class Walk(StrEnum):
    """How a resource is read; each has a module of its own in `collection`."""

    CURSOR = "cursor"  # pages behind a cursor, counted before and after
    WINDOWS = "windows"  # as CURSOR, in windows of time that the console can count
    TIMELINES = "timelines"  # one list per new or changed threat
    POLICIES = "policies"  # one object per scope, inheritance resolved
    SINGLE = "single"  # one answer: an object or an unpaged list
    EACH = "each"  # one object per row of another resource
    STATED = "stated"  # never asked of a console: what the company says, recorded here
    OWN = "own"  # never asked of a console: what the locker tells of Watchkeeper itself


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a resource's table.

    `path` is where the value stands in a record of the answer, dotted
    (`threatInfo.createdAt`); `@name` is a value bound by the walk (the id that was asked for).
    """

    name: str
    path: str
    type: ColumnType = ColumnType.TEXT
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Incremental:
    """How a list is read of which every time only what changed is asked for.

    `changed` and `unchanged` are the filters for what was updated at a moment or later, and before
    it. `open` are the parameters that leave those over which somebody has to deal with still:
    all of them are read every `open_every`, the whole list every `whole_every`. Each reading
    begins `overlap` before the moment up to which the one before reached.
    """

    changed: str
    unchanged: str
    open: tuple[tuple[str, str], ...]
    open_every: timedelta = timedelta(hours=24)
    whole_every: timedelta = timedelta(days=7)
    overlap: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Resource:
    """One collection of the console's API.

    `path` is relative to `/web/api/v2.1` and may hold `{id}` for TIMELINES and EACH;
    `permission` is the console's own identifier (`Endpoints.view`), empty when none is needed;
    `envelope` names the list inside `data` (`sites`), empty when `data` is the list itself;
    `secrets` are keys whose values are overwritten before a page is stored;
    `filters` are the parameters that narrow the list to some accounts or sites;
    `split` says that the list can be filtered by `siteIds` and `groupIds` and is long enough to
    be read in parts; it then needs `created`;
    `incremental` says how only what changed is read, None where every collection is all there is;
    it then needs `updated`;
    `among` leaves, of the rows of the resource it needs, those with these values in these columns;
    `presumed_empty` says of what the company states that nothing recorded means there is nothing;
    without it nothing recorded is a gap.
    """

    name: str
    title: str
    path: str
    permission: str
    columns: tuple[Column, ...]
    key: str = "id"
    nature: Nature = Nature.STATE
    walk: Walk = Walk.CURSOR
    interval: timedelta = timedelta(hours=24)
    page_limit: int = 1000
    envelope: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    filters: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    among: tuple[tuple[str, str], ...] = ()
    optional: bool = False
    split: bool = False
    incremental: Incremental | None = None
    presumed_empty: bool = False
    created: str = ""
    updated: str = ""
    order: int = 50
    notes: str = field(default="", compare=False)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when the resource has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def of_console(self) -> bool:
        """Whether it is read from the console."""
        return self.walk not in {Walk.STATED, Walk.OWN}

    @property
    def personal_columns(self) -> tuple[str, ...]:
        """The names of the columns that hold personal data."""
        return tuple(column.name for column in self.columns if column.personal)
