"""Lists behind a cursor: counted before, walked to the end, counted after."""

from collections.abc import Callable, Iterable, Mapping
from itertools import product

from watchkeeper.collection.reading import Reading
from watchkeeper.errors import (
    ConsoleError,
    CursorExpired,
    GoneSilent,
    ListRefused,
    NotReachable,
    TokenDead,
    UnknownParameter,
)
from watchkeeper.model.collection import Collection, Completeness, completeness
from watchkeeper.sentinelone.decode import page_total

# After these nothing more can be read from the console in this run.
FATAL = (TokenDead, GoneSilent, NotReachable)

# Left out of counts; a console that does not know them still lists, in an order of its own.
SORTING = frozenset({"sortBy", "sortOrder"})

Params = dict[str, str]


def read(reading: Reading) -> Collection:
    """Reads a whole list; seals it complete, or with what is missing and why."""
    params = dict(reading.resource.parameters)
    variants, before = settle(reading, params)
    reading.expected = before
    reading.report()
    outcome = walk(reading, variants, before)
    return reading.seal(outcome)


def settle(
    reading: Reading, params: Params, *, fixed: frozenset[str] = frozenset()
) -> tuple[list[Params], int | None]:
    """Finds what this console accepts by asking for the count; returns walks and their sum.

    A parameter it does not know is left out and noted (never one in `fixed`); where it takes no
    list, there is one walk per value.
    """
    asked, split = dict(params), set[str]()
    while True:
        walks = variants(asked, split)
        try:
            return walks, _sum(count(reading, each) for each in walks)
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


def count(reading: Reading, params: Mapping[str, str]) -> int | None:
    """The console's own count for these filters, None when it gives none."""
    asked = {name: value for name, value in params.items() if name not in SORTING}
    answer = reading.job.console.ask(
        reading.route, asked | {"countOnly": "true", "limit": "1"}, page_total
    )
    return answer.value


def walk(reading: Reading, walks: list[Params], before: int | None) -> Completeness:
    """Walks every variant, counts again and judges; a failure on the way is a verdict, no loss."""
    after: list[int | None] = []

    def whole() -> None:
        for params in walks:
            pages(reading, params)
        after.append(_sum(count(reading, params) for params in walks))

    reason = attempt(reading, whole, before)
    counted = after[0] if after else None
    if not reason and (before is None or counted is None):
        reason = "the console gives no count that would prove it whole"
    return verdict(reading, before, counted, reason, ended=not reason)


def attempt(reading: Reading, action: Callable[[], None], before: int | None) -> str:
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


def pages(reading: Reading, params: Params) -> None:
    """One walk; an expired cursor restarts it once, rows already there are counted once."""

    def walk() -> None:
        for answer in reading.job.console.pages(
            reading.route,
            params,
            reading.read_page,
            limit=reading.resource.page_limit,
            droppable=SORTING,
        ):
            reading.take(answer)

    restarting(reading, walk)


def restarting(reading: Reading, walk: Callable[[], None]) -> None:
    """Runs a walk, and once more from its start when its cursor expires."""
    try:
        walk()
    except CursorExpired:
        reading.notes.append("a cursor expired; that walk was started again")
        walk()


class Interrupted(Exception):
    """The console is gone for this run; what was read so far is still sealed."""

    def __init__(self, outcome: Completeness, cause: ConsoleError) -> None:
        """`cause` says why nothing more can be read."""
        super().__init__(str(cause))
        self.outcome = outcome
        self.cause = cause


def _sum(counts: Iterable[int | None]) -> int | None:
    found = list(counts)
    known = [each for each in found if each is not None]
    return sum(known) if len(known) == len(found) else None
