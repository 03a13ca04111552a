"""Whole lists: in parts at once where that is worth it and can be proved, else in one walk."""

from dataclasses import replace

from watchkeeper.collection import cursor, parts, thresholds
from watchkeeper.collection.reading import Reading
from watchkeeper.locker.keys import Keys
from watchkeeper.model.collection import Collection, Completeness, completeness


def read(reading: Reading) -> Collection:
    """Reads a whole list; seals it complete, or with what is missing and why."""
    return reading.seal(whole(reading))


def whole(reading: Reading) -> Completeness:
    """Reads a whole list; the verdict."""
    walks, before, ahead = _begun(reading, dict(reading.resource.parameters))
    reading.expected = before.total
    reading.report()
    if len(walks) == 1 and (begin := parts.start(reading, before)) is not None:
        alone = ahead is None and parts.needless(reading, walks[0], before)
        shares = () if alone else parts.planned(reading, walks[0], begin, ahead)
        if shares:
            outcome = parts.read(reading, walks[0], shares, begin)
            return outcome or again(reading, walks, "the parts")
    return cursor.walk(reading, walks, before.total)


def _begun(
    reading: Reading, params: cursor.Params
) -> tuple[list[cursor.Params], cursor.Counted, thresholds.Ahead | None]:
    """What is asked first: the count, and with it what divides the list where that is foreseen."""
    if parts.only_in_time(reading):
        return thresholds.ahead(reading, params)
    return *cursor.settle(reading, params), None


def again(reading: Reading, walks: list[cursor.Params], what: str) -> Completeness:
    """One walk over what could not be proved whole as it was read; judged by what it meets itself.

    `what` names how that was read. The table has what was met then as well: what left in between
    is in it, and told as a note.
    """
    reading.facts.pop("error", None)  # it was the former's, and this walk is read in its place
    before = cursor.count_all(reading, walks).total
    own = Keys()
    rows = 0
    after: list[int | None] = []

    def walk() -> None:
        nonlocal rows
        rows = cursor.pages(reading, walks, own)
        after.append(cursor.count_all(reading, walks).total)

    reason = cursor.attempt(reading, walk, before)
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
            f"{reading.distinct - len(own)} that only {what} met"
        )
    return replace(judged, rows=reading.distinct, distinct=reading.distinct)
