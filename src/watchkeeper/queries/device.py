"""What is known of one device: its values, its outcome in each control, its threats."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watchkeeper.ledger.models import Run
from watchkeeper.locker import layout
from watchkeeper.locker.locker import Locker
from watchkeeper.queries import sealed
from watchkeeper.queries.connections import RunRow, run_row
from watchkeeper.queries.listing import Asked
from watchkeeper.queries.newest import Sealed, newest_complete, newest_of_device
from watchkeeper.queries.outcomes import SubjectOutcome, outcomes
from watchkeeper.queries.standing import standings
from watchkeeper.queries.threats import ThreatRow, threats
from watchkeeper.resources import catalogue

_MOST_THREATS = 50


@dataclass(frozen=True, slots=True)
class DeviceView:
    """Everything known of one device.

    `values` has every declared column of `agents`; `alone` is true when they come from a
    collection of this device alone, newer than the last of all devices.
    """

    id: str
    name: str
    values: Mapping[str, Any]
    collection: Sealed
    alone: bool
    outcomes: tuple[SubjectOutcome, ...]
    threats: tuple[ThreatRow, ...]
    threats_total: int
    request: RunRow | None


def device(locker: Locker, connection: int, agent: str, now: datetime) -> DeviceView | None:
    """The device of that agent id; None when the newest collections do not know it."""
    found = _values(locker, connection, agent)
    if found is None:
        return None
    values, collection, alone = found
    listed = threats(
        locker, connection, Asked(chosen={"device": agent}, descending=True, size=_MOST_THREATS)
    )
    found_threats = listed.page.rows if listed else ()
    return DeviceView(
        id=agent,
        name=values["computer_name"] or "",
        values=values,
        collection=collection,
        alone=alone,
        outcomes=outcomes(
            locker,
            standings(connection, now),
            f"agent:{agent}",
            [f"group:{values['group_id']}", *(f"threat:{each.id}" for each in found_threats)],
        ),
        threats=found_threats,
        threats_total=listed.page.total if listed else 0,
        request=newest_request(connection, agent),
    )


def newest_request(connection: int, agent: str) -> RunRow | None:
    """The newest request to read this device afresh, None when there was none."""
    run = Run.objects.filter(connection=connection, subject=agent).order_by("-started", "-id")
    newest = run.first()
    return run_row(newest) if newest else None


def _values(
    locker: Locker, connection: int, agent: str
) -> tuple[dict[str, Any], Sealed, bool] | None:
    """The newest values: those of a collection of this device alone, if it is the newer one."""
    alone = newest_of_device(connection, agent)
    whole = newest_complete(connection, "agents")
    candidates = [(found, found is alone) for found in (alone, whole) if found]
    for found, is_alone in sorted(candidates, key=lambda each: each[0].ended, reverse=True):
        values = _row(locker, found, agent)
        if values is not None:
            return values, found, is_alone
    return None


def _row(locker: Locker, collection: Sealed, agent: str) -> dict[str, Any] | None:
    resource = catalogue()["agents"]
    files = sealed.vouched(locker, [collection.path], layout.TABLE)
    columns = [column.name for column in resource.columns]
    relation = sealed.relation(resource, files, columns)
    rows = sealed.select(files, f"SELECT * FROM {relation} WHERE id = $agent", {"agent": agent})  # noqa: S608
    return {name: rows[0][name] for name in columns} if rows else None
