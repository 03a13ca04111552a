"""Whole lists: in parts at once where that is worth it and can be proved, else in one walk."""

from functools import partial

from watchkeeper.collection import cursor, parts
from watchkeeper.collection.crew import gathered
from watchkeeper.collection.reading import Reading
from watchkeeper.locker.keys import Keys
from watchkeeper.model.collection import Collection, Completeness, completeness


def read(reading: Reading) -> Collection:
    """Reads a whole list; seals it complete, or with what is missing and why."""
    walks, before = cursor.settle(reading, dict(reading.resource.parameters))
    reading.expected = before.total
    reading.report()
    shares = parts.planned(reading, before.total) if len(walks) == 1 else ()
    if shares:
        outcome = parts.read(reading, walks[0], shares, before)
        return reading.seal(outcome or _again(reading, walks[0]))
    return reading.seal(cursor.walk(reading, walks, before.total))


def _again(reading: Reading, params: cursor.Params) -> Completeness:
    """One walk over what parts could not prove whole; judged by what it meets itself."""
    before = cursor.count(reading, params).total
    own = Keys()
    rows = 0
    after: list[int | None] = []

    def whole() -> None:
        nonlocal rows
        for kept in gathered([partial(cursor.walk_once, reading, params)], workers=1):
            keys = kept.rows.batch.column(reading.resource.key)
            own.add(keys)
            rows += len(keys)
            reading.add(kept)
        after.append(cursor.count(reading, params).total)

    reason = cursor.attempt(reading, whole, before)
    return completeness(
        ended=not reason,
        rows=rows,
        distinct=len(own),
        count_before=before,
        count_after=after[0] if after else None,
        reason=reason,
    )
