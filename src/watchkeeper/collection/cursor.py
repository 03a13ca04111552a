"""Lists behind a cursor: what the console accepts, its counts, one walk from end to end."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import product

from watchkeeper.collection.crew import Put, gathered
from watchkeeper.collection.reading import Kept, Reading
from watchkeeper.errors import (
    ConsoleError,
    CursorExpired,
    GoneSilent,
    ListRefused,
    NotReachable,
    TokenDead,
    UnknownParameter,
)
from watchkeeper.locker.keys import Keys
from watchkeeper.model.collection import Completeness, completeness
from watchkeeper.sentinelone import walk as walking
from watchkeeper.sentinelone.decode import Rows
from watchkeeper.sentinelone.exchange import Answer

# After these nothing more can be read from the console in this run.
FATAL = (TokenDead, GoneSilent, NotReachable)

# Left out of counts; a console that does not know them still lists, in an order of its own.
SORTING = frozenset({"sortBy", "sortOrder"})

Params = dict[str, str]


@dataclass(frozen=True, slots=True)
class Counted:
    """A console's own count, None when it gives none, and its clock then (a `Date` header).

    `seconds` is how long the question took: the answer's `Date` may be so much later than what
    was counted.
    """

    total: int | None
    date: str = ""
    seconds: float = 0.0


def settle(
    reading: Reading, params: Params, *, fixed: frozenset[str] = frozenset()
) -> tuple[list[Params], Counted]:
    """Finds what this console accepts by asking for the count; returns walks and their sum.

    A parameter it does not know is left out and noted (never one in `fixed`); where it takes no
    list, there is one walk per value.
    """
    fixed |= frozenset(reading.resource.filters)  # without them other records would be read
    asked, split = dict(params), set[str]()
    while True:
        walks = variants(asked, split)
        try:
            return walks, count_all(reading, walks)
        except UnknownParameter as error:
            if error.parameter not in asked.keys() - fixed:
                raise
            del asked[error.parameter]
            reading.notes.append(
                f"the console does not know the parameter {error.parameter}; it was left out"
            )
        except ListRefused as error:
            if error.parameter in split:
                raise
            split.add(error.parameter)
            reading.notes.append(
                f"the console takes no list for {error.parameter}; one walk per value, joined"
            )


def variants(params: Mapping[str, str], split: set[str]) -> list[Params]:
    """One set of parameters per combination of the values of the split ones."""
    names = [name for name in params if name in split]
    combinations = product(*(params[name].split(",") for name in names))
    return [dict(params) | dict(zip(names, values, strict=True)) for values in combinations]


def count(reading: Reading, params: Mapping[str, str]) -> Counted:
    """The console's own count for these filters."""
    asked = {name: value for name, value in params.items() if name not in SORTING}
    return Counted(*reading.count(asked | {"countOnly": "true", "limit": "1"}))


def count_all(reading: Reading, walks: Iterable[Params]) -> Counted:
    """The sum of the counts of several walks; None when one of them is not counted."""
    found = [count(reading, each) for each in walks]
    known = [each.total for each in found if each.total is not None]
    whole = sum(known) if len(known) == len(found) else None
    return Counted(whole, found[0].date, found[0].seconds)


def walk(reading: Reading, walks: list[Params], before: int | None) -> Completeness:
    """Walks every variant, counts again and judges; a failure on the way is a verdict, no loss."""
    after: list[int | None] = []

    def whole() -> None:
        pages(reading, walks)
        after.append(count_all(reading, walks).total)

    reason = attempt(reading, whole, before)
    counted = after[0] if after else None
    if not reason and (before is None or counted is None):
        reason = "the console gives no count that would prove it whole"
    return verdict(reading, before, counted, reason, ended=not reason)


def attempt(reading: Reading, action: Callable[[], object], before: int | None) -> str:
    """Runs a part of a walk; returns why it broke off, empty when it did not.

    Raises Interrupted when nothing more can be read in this run, and the error itself when
    nothing was read at all: then there is nothing to judge.
    """
    try:
        action()
    except FATAL as error:
        raise Interrupted(
            verdict(reading, before, None, error.message, ended=False), error
        ) from error
    except ConsoleError as error:
        if reading.rows == 0:
            raise
        reading.note_error(error)
        return error.message
    return ""


def verdict(
    reading: Reading, before: int | None, after: int | None, reason: str, *, ended: bool
) -> Completeness:
    """The completeness of what a reading holds so far."""
    return completeness(
        ended=ended,
        rows=reading.rows,
        distinct=reading.distinct,
        count_before=before,
        count_after=after,
        reason=reason,
    )


def pages(reading: Reading, walks: Iterable[Params], own: Keys | None = None) -> int:
    """Walks one after the other; while a page's rows are added the next one is on its way.

    Several walks are made there and back: a record whose value changes meanwhile, from one that
    is not made yet to one that is, passes by both of them, and by their counts where a new one
    makes up for it. On the way back it is met. Returns how many rows came; in `own` their keys
    are put, where others were read before.
    """
    there = list(walks)
    back = there[::-1] if len(there) > 1 else []
    tasks = [partial(walk_once, reading, params) for params in (*there, *back)]
    rows = 0
    with closing(gathered(tasks, workers=1)) as found:
        for kept in found:
            rows += kept.rows.count
            if own is not None:
                own.add(kept.rows.batch.column(reading.resource.key))
            reading.add(kept)
    return rows


def first(reading: Reading, params: Params) -> Answer[Rows]:
    """The first page of a walk, not stored yet; raises a ConsoleError."""
    size = reading.job.console.page_size(reading.route, reading.resource.page_limit)
    return reading.ask(reading.route, params | {"limit": str(size)})


def walk_once(reading: Reading, params: Params, put: Put[Kept]) -> None:
    """One walk as a task of a crew."""
    for kept in kept_pages(reading, params):
        put(kept)


def kept_pages(reading: Reading, params: Params, *, part: int | None = None) -> Iterator[Kept]:
    """One walk, each page stored before the next is asked for; `part` is its place among several.

    An expired cursor restarts it once, from its first page; rows already there are counted once.
    """

    def walk() -> Iterator[Kept]:
        return walking.pages(
            reading.job.console,
            partial(reading.ask, part=part),
            reading.route,
            params,
            keep=partial(reading.keep, part=part),
            limit=reading.resource.page_limit,
            notes=reading.notes,
            droppable=SORTING,
        )

    yield from restarting(reading, walk)


def restarting(reading: Reading, walk: Callable[[], Iterator[Kept]]) -> Iterator[Kept]:
    """A walk, and once more from its start when its cursor expires."""
    try:
        yield from walk()
    except CursorExpired:
        reading.notes.append("a cursor expired; that walk was started again")
        yield from walk()


class Interrupted(Exception):
    """The console is gone for this run; what was read so far is still sealed."""

    def __init__(self, outcome: Completeness, cause: ConsoleError) -> None:
        """`cause` says why nothing more can be read."""
        super().__init__(str(cause))
        self.outcome = outcome
        self.cause = cause
