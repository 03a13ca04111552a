"""Single answers: one object or unpaged list, and one object per row of another resource."""

from watchkeeper.collection import cursor
from watchkeeper.collection.job import SYSTEM
from watchkeeper.collection.reading import Reading
from watchkeeper.errors import NotServed
from watchkeeper.model.collection import Collection, completeness


def read(reading: Reading) -> Collection:
    """One answer is the whole resource; the console gives no count to compare with."""
    answer = reading.ask(reading.route, {})
    # An object without an id of its own is known by the resource that it is.
    named = any(column.path == "@resource" for column in reading.resource.columns)
    reading.take(answer, {"resource": reading.resource.name} if named else None)
    if reading.resource.name == SYSTEM:
        versions = answer.value.values("version")
        reading.job.system_version = (versions[0] or "") if versions else ""
    total = answer.value.total
    more = answer.value.next_cursor is not None or (total or 0) > answer.value.count
    reason = f"one answer was taken for all, and the console has more ({total})" if more else ""
    return reading.seal(cursor.verdict(reading, None, total, reason, ended=not more))


def read_each(reading: Reading) -> Collection:
    """One answer per row of the resource it needs; complete when every one was read."""
    parent = reading.resource.needs[0]
    owners = reading.newest(parent)
    if owners is None or not owners.complete:
        why = owners.completeness.reason if owners is not None else "never collected"
        reason = f"{parent} could not be read: {why}"
        return reading.seal(cursor.verdict(reading, None, None, reason, ended=False))
    ids: list[str] = reading.job.locker.table(owners, ["id"]).column("id").to_pylist()
    reading.expected = len(ids)
    gone: list[str] = []

    def whole() -> None:
        for identity in ids:
            route = reading.resource.path.replace("{id}", identity)
            try:
                answer = reading.ask(route, {})
            except NotServed:
                gone.append(identity)
                continue
            reading.take(answer, {"id": identity})

    broken = cursor.attempt(reading, whole, None)
    if gone and len(gone) == len(ids):
        broken = f"{reading.route} is not served by this console"
    elif gone:
        reading.notes.append(f"{len(gone)} were gone when they were asked for")
    outcome = completeness(
        ended=not broken,
        rows=reading.rows,
        distinct=reading.distinct,
        count_before=len(ids) - len(gone),
        count_after=None,
        reason=broken,
    )
    return reading.seal(outcome)
