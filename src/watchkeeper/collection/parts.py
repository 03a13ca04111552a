"""Lists read in parts at once, and proved whole; where that fails, in one walk.

The parts are the sites and, of the largest ones, the groups; several walks are under way at once,
each below the rate limit that they share. What moved between parts while they were read is met
twice and counted once, or met nowhere and then looked for among what was changed since.
"""

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from watchkeeper.clock import rfc3339
from watchkeeper.collection import cursor
from watchkeeper.collection.crew import Put, gathered
from watchkeeper.collection.reading import Kept, Reading
from watchkeeper.collection.splitting import Part, Place, Site, Union, plan
from watchkeeper.errors import Refused
from watchkeeper.model.collection import Collection, Completeness, completeness

# What was changed since is only looked for where it is a small share of the list.
_FEW = 0.2


def planned(reading: Reading, counted: int | None) -> tuple[Part, ...]:
    """The parts to read the list in; none when one walk is better or the places are not known."""
    decided = reading.decided("parts")
    if decided is not None:
        return tuple(Part(each["name"], tuple(each["ids"])) for each in decided)
    parts: tuple[Part, ...] = ()
    if counted is not None and reading.resource.split:
        walks = reading.job.console.limits.walks
        parts = plan(_places(reading), counted, walks, _former(reading))
    reading.decide("parts", [{"name": each.name, "ids": list(each.ids)} for each in parts])
    return parts


def read(
    reading: Reading, params: cursor.Params, parts: tuple[Part, ...], counted: cursor.Counted
) -> Completeness | None:
    """Reads every part; returns the verdict, None when the union cannot be proved whole.

    Then what was read stays as evidence, and one walk over the whole list has to follow.
    """
    since = parsedate_to_datetime(counted.date) if counted.date else None
    reading.older_than(since)
    told: list[dict[str, Any]] = [{"filter": part.filter} for part in parts]
    reading.facts["parts"] = told
    before = counted.total or 0

    def whole() -> None:
        tasks = [
            partial(_part, reading, params | part.filter, number)
            for number, part in enumerate(parts)
        ]
        for kept in gathered(tasks, workers=reading.job.console.limits.walks):
            reading.add(kept)

    reason = cursor.attempt(reading, whole, before)
    if reason:
        return cursor.verdict(reading, before, None, reason, ended=False)
    moved = reading.rows - reading.distinct
    union = Union(before, reading.older)
    looked_for = union.missing
    if not union.whole and since is not None:
        reason = cursor.attempt(reading, partial(_changed, reading, params, since), before)
        union = Union(before, reading.older)
    after = cursor.count(reading, params).total
    reading.facts["union"] = {
        "counted_before": before,
        "counted_after": after,
        "read_of_those": union.older,
        "at": rfc3339(since) if since else None,
    }
    if not union.whole or after is None:
        missing = f"{union.missing} of {before} were not met"
        reading.notes.append(f"read in {len(parts)} parts, {missing}: read again in one walk")
        return None
    if moved:
        reading.notes.append(f"{moved} were met in more than one part and counted once")
    if looked_for:
        reading.notes.append(f"{looked_for} moved meanwhile and were found among the changed ones")
    reading.notes.append(f"read in {len(parts)} parts; all {before} that were there were met")
    return completeness(
        ended=True,
        rows=reading.distinct,
        distinct=reading.distinct,
        count_before=before,
        count_after=after,
    )


def _part(reading: Reading, params: cursor.Params, number: int, put: Put[Kept]) -> None:
    told = reading.facts["parts"][number]
    told["rows"] = 0
    for kept in cursor.kept_pages(reading, params, part=number):
        told.setdefault("count_first", kept.rows.total)
        told["count_last"] = kept.rows.total
        told["rows"] += kept.rows.count
        put(kept)


def _changed(reading: Reading, params: cursor.Params, since: object) -> None:
    """Reads what was changed since the parts were begun: what moved is among it."""
    asked = params | {"updatedAt__gte": rfc3339(since)}  # type: ignore[arg-type]
    try:
        found = cursor.count(reading, asked).total
        if found is None or found > max(reading.resource.page_limit, _FEW * reading.distinct):
            return
        for kept in cursor.kept_pages(reading, asked):
            reading.add(kept)
    except Refused as error:
        reading.notes.append(f"what moved cannot be looked for: {error.message}")


def _places(reading: Reading) -> list[Site]:
    """The sites with their groups, from the newest collections of both that are whole."""
    job = reading.job
    sites, groups = job.newest("sites"), job.newest("groups")
    if sites is None or not sites.complete:
        return []
    weights = dict(_pairs(reading, sites, "active_licenses"))
    below: dict[str, list[Place]] = {}
    if groups is not None and groups.complete:
        table = job.locker.table(groups, ["id", "site_id", "total_agents"])
        for row in table.to_pylist():
            below.setdefault(row["site_id"], []).append(Place(row["id"], row["total_agents"] or 0))
    found: list[Site] = []
    for identity, licences in weights.items():
        inside = tuple(below.get(identity, ()))
        weight = sum(place.weight for place in inside) or licences
        found.append(Site(identity, weight, inside))
    return found


def _pairs(reading: Reading, sites: Collection, column: str) -> Iterator[tuple[str, int]]:
    table = reading.job.locker.table(sites, ["id", column])
    for row in table.to_pylist():
        yield row["id"], row[column] or 0


def _former(reading: Reading) -> tuple[Part, ...]:
    """The parts of the last collection that was read in parts."""
    for found in reversed(reading.former):
        parts = found.manifest.get("parts")
        if parts:
            filters = [dict(part["filter"]) for part in parts]
            return tuple(
                Part(name, tuple(ids.split(","))) for each in filters for name, ids in each.items()
            )
    return ()
