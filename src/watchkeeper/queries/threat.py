"""What is known of one threat: its values, its timeline, its versions, its outcome in controls."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from watchkeeper.locker import layout
from watchkeeper.locker.locker import Locker
from watchkeeper.queries import sealed, shelf
from watchkeeper.queries.newest import Sealed, stream
from watchkeeper.queries.outcomes import SubjectOutcome, outcomes
from watchkeeper.queries.record import Change, Version, changes
from watchkeeper.queries.shelf import Shape
from watchkeeper.queries.standing import standings
from watchkeeper.resources import catalogue

_EVENT = (
    "threat_id",
    "event_id",
    "activity_type",
    "created_at",
    "primary_description",
    "secondary_description",
    "old_incident_status",
    "new_incident_status",
)
_TIMELINES = Shape(
    name="timelines",
    file=layout.TABLE,
    relation=lambda files: sealed.relation(catalogue()["timelines"], files, _EVENT),
    columns=_EVENT,
    searched=("primary_description",),
    order="threat_id, created_at, event_id",
    key="threat_id",
)
# What changes with every look at the device and says nothing of the threat.
_UNTOLD = frozenset({"updated_at"})


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of a threat's timeline; `type` is the number of its activity type."""

    at: datetime | None
    type: str
    text: str
    more: str
    old_status: str
    new_status: str


@dataclass(frozen=True, slots=True)
class ThreatView:
    """A threat: values of its newest version, its timeline oldest first, its changes newest first.

    `actions` are the mitigation actions as the console reports them; `versions` says how many
    collections hold the threat.
    """

    values: Mapping[str, Any]
    collection: Sealed
    actions: tuple[Mapping[str, Any], ...]
    timeline: tuple[Event, ...]
    changes: tuple[Change, ...]
    versions: int
    outcomes: tuple[SubjectOutcome, ...]


def threat(locker: Locker, connection: int, identity: str, now: datetime) -> ThreatView | None:
    """The threat of that id; None when the current state of threats does not know it."""
    versions = _versions(locker, stream(locker, connection, "threats"), identity)
    if not versions or versions[-1].values is None:
        return None
    values = versions[-1].values
    return ThreatView(
        values=values,
        collection=versions[-1].collection,
        actions=_actions(values.get("mitigation_actions")),
        timeline=_timeline(locker, connection, identity),
        changes=changes(versions, _UNTOLD),
        versions=len(versions),
        outcomes=outcomes(locker, standings(connection, now), f"threat:{identity}"),
    )


def _versions(locker: Locker, collections: Sequence[Sealed], identity: str) -> tuple[Version, ...]:
    """The threat in each collection that holds it, oldest first."""
    if not collections:
        return ()
    files = sealed.vouched(locker, [each.path for each in collections], layout.TABLE)
    found = _rows(files, identity)
    return tuple(
        Version(collection, found[file])
        for file, collection in zip(files, collections, strict=True)
        if file in found
    )


@lru_cache(maxsize=64)
def _rows(files: tuple[str, ...], identity: str) -> dict[str, dict[str, Any]]:
    columns = [column.name for column in catalogue()["threats"].columns]
    relation = sealed.relation(catalogue()["threats"], files, columns)
    rows = sealed.select(files, f"SELECT * FROM {relation} WHERE id = $id", {"id": identity})  # noqa: S608
    return {row["filename"]: {name: row[name] for name in columns} for row in rows}


def _timeline(locker: Locker, connection: int, identity: str) -> tuple[Event, ...]:
    found = stream(locker, connection, "timelines")
    if not found:
        return ()
    table = shelf.table(locker, _TIMELINES, [each.path for each in found])
    events = {}  # read again whenever the threat changed: one event is in many collections
    for _, row in shelf.find([table], ", ".join(_EVENT), [identity]):
        events[row["event_id"]] = row
    ordered = sorted(
        events.values(), key=lambda row: (row["created_at"] is None, row["created_at"])
    )
    return tuple(
        Event(
            at=row["created_at"],
            type=str(row["activity_type"] or ""),
            text=row["primary_description"] or "",
            more=row["secondary_description"] or "",
            old_status=row["old_incident_status"] or "",
            new_status=row["new_incident_status"] or "",
        )
        for row in ordered
    )


def _actions(text: str | None) -> tuple[Mapping[str, Any], ...]:
    """The mitigation actions in the JSON as received; none where it is no list of objects."""
    try:
        found = json.loads(text) if text else []
    except ValueError:
        return ()
    listed = found if isinstance(found, list) else []
    return tuple(each for each in listed if isinstance(each, dict))
