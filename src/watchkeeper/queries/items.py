"""Which items an assessment has: searched, filtered by outcome, sorted, paged."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Outcome
from watchkeeper.queries import sealed
from watchkeeper.queries.listing import Asked, Listing
from watchkeeper.queries.paging import Page

_WORST_FIRST = "CASE outcome WHEN 'fail' THEN 0 WHEN 'unknown' THEN 1 WHEN 'pass' THEN 2 ELSE 3 END"

LISTING = Listing(
    columns=("subject", "name", "outcome", "reason", "observed"),
    searched=("name", "subject", "reason"),
    filters={"outcome": "outcome"},
    sorts={
        "outcome": _WORST_FIRST,
        "name": "lower(name)",
        "subject": "subject",
        "reason": "reason",
    },
    default_sort="outcome",
    tie="lower(name), subject",
)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item as listed.

    `device` is the agent's id when the subject is a device of the newest collection, `threat`
    the threat's id when it is a threat; else they are empty.
    """

    subject: str
    name: str
    outcome: Outcome
    reason: str
    observed: Mapping[str, Any]
    device: str = ""
    threat: str = ""


def items(
    locker: Locker, assessment: str, asked: Asked, devices: tuple[str, ...] = ()
) -> Page[ItemRow]:
    """A page of the items of an assessment (its folder).

    `devices` are tables of agents: a subject found there is a device with a page of its own.
    """
    files = (sealed.items(locker, assessment),)
    found = LISTING.page(files, sealed.FROM, asked)
    known = _known(devices, [identity(row["subject"], "agent") for row in found.rows])
    return found.map(lambda row: _item(row, known))


def identity(subject: str, kind: str) -> str:
    """The id in a subject of that kind (`agent:123`), empty when it is of another kind."""
    return subject.removeprefix(f"{kind}:") if subject.startswith(f"{kind}:") else ""


def _known(files: tuple[str, ...], agents: list[str]) -> frozenset[str]:
    wanted = [agent for agent in agents if agent]
    if not files or not wanted:
        return frozenset()
    sql = f"SELECT DISTINCT id FROM {sealed.FROM} WHERE list_contains($agents, id)"  # noqa: S608
    return frozenset(row["id"] for row in sealed.select(files, sql, {"agents": wanted}))


def _item(row: dict[str, Any], known: frozenset[str]) -> ItemRow:
    subject = row["subject"]
    agent = identity(subject, "agent")
    return ItemRow(
        subject=subject,
        name=row["name"] or "",
        outcome=Outcome(row["outcome"]),
        reason=row["reason"] or "",
        observed=observed(row["observed"]),
        device=agent if agent in known else "",
        threat=identity(subject, "threat"),
    )


def observed(text: str | None) -> dict[str, Any]:
    """The values an item rests on, as sealed."""
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {"observed": text}
    return found if isinstance(found, dict) else {"observed": found}
