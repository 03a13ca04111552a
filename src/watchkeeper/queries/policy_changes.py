"""Who changed a policy: what collections show that it changed, matched to what was done."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from watchkeeper.ledger.models import CollectionEntry
from watchkeeper.locker.locker import Locker
from watchkeeper.model.resource import ColumnType
from watchkeeper.queries.record import Change
from watchkeeper.queries.registers import ACTIVITIES
from watchkeeper.resources import catalogue

ANY: frozenset[str] = frozenset()
"""Of an activity that says no more than that a policy was changed."""

_ENGINES = frozenset({"engine_"})
EXPLAINS: Mapping[int, frozenset[str]] = {
    41: frozenset({"mitigation_mode", "mitigation_mode_suspicious"}),
    44: frozenset({"auto_decommission"}),
    45: frozenset({"auto_decommission"}),
    46: frozenset({"auto_decommission"}),
    56: frozenset({"auto_mitigation_action"}),
    57: frozenset({"network_quarantine_on"}),
    68: _ENGINES,
    69: frozenset({"mitigation_mode", "mitigation_mode_suspicious"}),
    73: frozenset({"scan_new_agents"}),
    76: frozenset({"anti_tampering_on"}),
    78: frozenset({"snapshots_on"}),
    79: frozenset({"agent_logging_on"}),
    82: frozenset({"monitor_on_execute"}),
    83: frozenset({"monitor_on_write"}),
    84: frozenset({"ioc"}),
    87: frozenset({"allow_remote_shell"}),
    88: frozenset({"allow_remote_shell"}),
    105: frozenset({"ioc"}),
    116: ANY,
    5011: ANY,  # a group's policy was reverted: it inherits again
    5024: ANY,
    5044: ANY,
}
"""Activity types that change a policy (reference section 5), and how the columns they change
begin; ANY of them where the type does not say which."""

_BOUND = frozenset({
    "id", "scope", "scope_id", "scope_name", "site_id", "site_name", "account_id", "source",
    "source_id", "inherited_from", "is_default", "created_at", "updated_at", "updated_by",
})  # fmt: skip
"""Columns that say whose a policy is and who wrote it; all others are settings."""

_MOST = 2_000
_INSTANT = timedelta(microseconds=1)
# The narrowest scope an activity names, as `scope_of` has it.
_PLACE = (
    "CASE WHEN coalesce(group_id, '') <> '' THEN 'group:' || group_id "
    "WHEN coalesce(site_id, '') <> '' THEN 'site:' || site_id "
    "WHEN coalesce(account_id, '') <> '' THEN 'account:' || account_id ELSE 'tenant:' END"
)
_COLUMNS = (
    "id, activity_type, created_at, primary_description, user_id, account_id, site_id, group_id"
)


@dataclass(frozen=True, slots=True)
class Source:
    """A scope by its level and the console's id of it; empty for the tenant."""

    scope: str
    identity: str


@dataclass(frozen=True, slots=True)
class Explained:
    """A change: what it was from and to, and the activities that may be its cause.

    It happened between `since` and `until`: when the collection that still had the old value was
    begun, and when the one that had the new value ended. `told` is False where not all of that
    time is in the activities collected, or there were more than are looked through.
    """

    change: Change
    values: tuple[tuple[str, Any, Any], ...]
    since: datetime
    until: datetime
    activities: tuple[Mapping[str, Any], ...]
    told: bool

    @property
    def settings(self) -> int:
        """How many settings changed; whose the policy is, and who wrote it, is none."""
        return sum(name not in _BOUND for name, _, _ in self.values)

    @property
    def moved(self) -> bool:
        """Whether it came from another scope than before."""
        return any(name in {"source", "source_id"} for name, _, _ in self.values)


def explained(
    locker: Locker, connection: int, changes: Sequence[Change], newest: Mapping[str, Any]
) -> tuple[Explained, ...]:
    """Each change with what may have caused it, the newest first, as they are given.

    `newest` are the policy's newest values.
    """
    if not changes:
        return ()
    paths = [change.before.path for change in changes]
    started = dict(CollectionEntry.objects.filter(path__in=paths).values_list("path", "started"))
    spans = [
        (started.get(change.before.path, change.before.ended), change.seen.ended)
        for change in changes
    ]
    first, last = min(since for since, _ in spans), max(until for _, until in spans)
    places = sources(newest, changes)
    found, reached = _activities(locker, connection, first, last, set().union(*places))
    windows = _windows(locker, connection, first)
    return tuple(
        Explained(
            change,
            _values(change),
            since,
            until,
            tuple(
                each
                for each in found
                if since <= each["created_at"] <= until and explains(each, change, place)
            ),
            told=reached <= since and covered(windows, since, until),
        )
        for change, (since, until), place in zip(changes, spans, places, strict=True)
    )


def sources(newest: Mapping[str, Any], changes: Sequence[Change]) -> list[frozenset[Source]]:
    """For each change, newest first: the scope, and where its policy came from before and after.

    What was done where the policy came from at another time did not change it.
    """
    own = Source(newest["scope"], newest.get("scope_id") or "")
    came = {name: newest.get(name) or "" for name in ("source", "source_id")}
    found = []
    for change in changes:
        after = Source(came["source"], came["source_id"])
        came |= {name: before or "" for name, before, _ in change.values if name in came}
        before = Source(came["source"], came["source_id"])
        found.append(frozenset(each for each in (own, before, after) if each.scope))
    return found


def parts(values: Mapping[str, Any]) -> dict[str, Any]:
    """The settings among a policy's values, as declared; one in JSON as one for each of its own."""
    found: dict[str, Any] = {}
    for column in catalogue()["policies"].columns:
        if column.name in _BOUND or column.name not in values:
            continue
        value = values[column.name]
        told = _told(value) if column.type is ColumnType.JSON else None
        if told is None:
            found[column.name] = value
        else:
            found |= {f"{column.name} › {name}": each for name, each in told.items()}
    return found


def _told(text: str | None) -> dict[str, Any] | None:
    """The JSON object in a text, None where it is none."""
    try:
        found = json.loads(text) if text else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _values(change: Change) -> tuple[tuple[str, Any, Any], ...]:
    """What changed, the scope's own columns among it, settings in JSON one by one."""
    before = parts({name: value for name, value, _ in change.values})
    after = parts({name: value for name, _, value in change.values})
    bound = [each for each in change.values if each[0] in _BOUND]
    names = dict.fromkeys((*before, *after))
    return (
        *bound,
        *(
            (name, before.get(name), after.get(name))
            for name in names
            if before.get(name) != after.get(name)
        ),
    )


def explains(activity: Mapping[str, Any], change: Change, places: Collection[Source]) -> bool:
    """Whether an activity may be why: it is of such a type, and of one of these scopes."""
    columns = EXPLAINS.get(activity["activity_type"])
    if columns is None or scope_of(activity) not in places:
        return False
    changed = [name for name, _, _ in change.values]
    # What a scope inherits now came from elsewhere, whatever it was.
    moved = "source" in changed or change.appeared or change.vanished
    return moved or columns == ANY or any(name.startswith(tuple(columns)) for name in changed)


def scope_of(activity: Mapping[str, Any]) -> Source:
    """The scope an activity is about: the narrowest that it names."""
    for scope in ("group", "site", "account"):
        if activity.get(f"{scope}_id"):
            return Source(scope, activity[f"{scope}_id"])
    return Source("tenant", "")


def _activities(
    locker: Locker, connection: int, since: datetime, until: datetime, places: Collection[Source]
) -> tuple[list[dict[str, Any]], datetime]:
    """Those that change policies of these scopes in that time, oldest first; since when all are.

    That is later than `since` where there are more than are looked through.
    """
    collections = ACTIVITIES.collections(locker, connection)
    if not collections:
        return [], since
    table = ACTIVITIES.table(locker, collections)
    with table.asked() as ask:
        found = ask(
            f"SELECT {_COLUMNS} FROM {table.rows} WHERE created_at BETWEEN $since AND $until "  # noqa: S608
            "AND activity_type IN (SELECT unnest($types)) "
            f"AND {_PLACE} IN (SELECT unnest($places::VARCHAR[])) "
            f"ORDER BY created_at DESC, id DESC LIMIT {_MOST + 1}",
            {
                "since": since,
                "until": until,
                "types": list(EXPLAINS),
                "places": [f"{each.scope}:{each.identity}" for each in places],
            },
        )
    # The oldest one met only tells that there are more: others may be of the same moment.
    reached = found[-2]["created_at"] + _INSTANT if len(found) > _MOST else since
    return found[_MOST - 1 :: -1], reached


def _windows(locker: Locker, connection: int, since: datetime) -> list[tuple[datetime, datetime]]:
    """The windows of time that complete collections of activities read, from that time on."""
    entries = CollectionEntry.objects.filter(
        connection=connection,
        resource="activities",
        verdict="complete",
        subject="",
        ended__gte=since,
    )
    found = []
    for path in entries.values_list("path", flat=True):
        window = locker.sealed(path).manifest.get("window")
        if window:
            found.append(
                (datetime.fromisoformat(window["from"]), datetime.fromisoformat(window["to"]))
            )
    return found


def covered(windows: Sequence[tuple[datetime, datetime]], since: datetime, until: datetime) -> bool:
    """Whether windows of time, in any order, cover all of a time without a gap."""
    reached = since
    for start, end in sorted(windows):
        if start <= reached < end:
            reached = end
    return reached >= until
