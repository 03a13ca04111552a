"""Whole lists: in parts at once where that is worth it and can be proved, else in one walk."""

from contextlib import closing
from dataclasses import replace
from functools import partial

from watchkeeper.collection import cursor, parts
from watchkeeper.collection.crew import gathered
from watchkeeper.collection.reading import Reading
from watchkeeper.locker.keys import Keys
from watchkeeper.model.collection import Collection, Completeness, completeness


def read(reading: Reading) -> Collection:
    """Reads a whole list; seals it complete, or with what is missing and why."""
    clock = reading.job.console.clock
    asked = clock.monotonic()
    walks, before = cursor.settle(reading, dict(reading.resource.parameters))
    took = clock.monotonic() - asked
    reading.expected = before.total
    reading.report()
    if len(walks) == 1 and (begin := parts.start(reading, before, took)) is not None:
        shares = parts.planned(reading, walks[0], begin)
        if shares:
            outcome = parts.read(reading, walks[0], shares, begin)
            return reading.seal(outcome or _again(reading, walks[0]))
    return reading.seal(cursor.walk(reading, walks, before.total))


def _again(reading: Reading, params: cursor.Params) -> Completeness:
    """One walk over what parts could not prove whole; judged by what it meets itself.

    The table has what the parts met as well: what left in between is in it, and told as a note.
    """
    reading.facts.pop("error", None)  # it was the parts', and this walk is read in their place
    before = cursor.count(reading, params).total
    own = Keys()
    rows = 0
    after: list[int | None] = []

    def whole() -> None:
        nonlocal rows
        with closing(gathered([partial(cursor.walk_once, reading, params)], workers=1)) as found:
            for kept in found:
                keys = kept.rows.batch.column(reading.resource.key)
                own.add(keys)
                rows += len(keys)
                reading.add(kept)
        after.append(cursor.count(reading, params).total)

    reason = cursor.attempt(reading, whole, before)
    judged = completeness(
        ended=not reason,
        rows=rows,
        distinct=len(own),
        count_before=before,
        count_after=after[0] if after else None,
        reason=reason,
    )
    if reading.distinct > len(own):
        reading.notes.append(
            f"the verdict is that of the one walk, which met {len(own)}; the table has also "
            f"{reading.distinct - len(own)} that only the parts met"
        )
    return replace(judged, rows=reading.distinct, distinct=reading.distinct)
