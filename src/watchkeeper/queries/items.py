"""Which items an assessment has: searched, filtered by outcome, sorted, paged."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from watchkeeper.locker import layout
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Outcome
from watchkeeper.queries import sealed, shelf
from watchkeeper.queries.listing import Asked, Listing
from watchkeeper.queries.paging import Page
from watchkeeper.queries.shelf import Shape, Table

_WORST_FIRST = "CASE outcome WHEN 'fail' THEN 0 WHEN 'unknown' THEN 1 WHEN 'pass' THEN 2 ELSE 3 END"

_COLUMNS = ("subject", "name", "outcome", "reason", "observed", "exception")


def _relation(_: tuple[str, ...]) -> str:
    # Assessments from before there were exceptions have no column for them.
    return f"(FROM {sealed.FROM} UNION ALL BY NAME SELECT NULL::VARCHAR AS exception WHERE false)"


SHAPE = Shape(
    name="items",
    file=layout.ITEMS,
    relation=_relation,
    columns=_COLUMNS,
    searched=("name", "subject", "reason"),
    order="lower(name), subject",
    key="subject",
)
LISTING = Listing(
    columns=_COLUMNS,
    filters={"outcome": "outcome", "exception": "exception"},
    sorts={
        "outcome": _WORST_FIRST,
        "name": "lower(name)",
        "subject": "subject",
        "reason": "reason",
    },
    default_sort="outcome",
)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """One item as listed.

    `exception` is the id of the one that covers a failing item, or empty.
    """

    subject: str
    name: str
    outcome: Outcome
    reason: str
    observed: Mapping[str, Any]
    exception: str = ""


def items(locker: Locker, assessment: str, asked: Asked) -> Page[ItemRow]:
    """A page of the items of an assessment (its folder)."""
    return LISTING.page(made(locker, assessment), asked).map(_item)


def made(locker: Locker, assessment: str) -> Table:
    """The items of an assessment (its folder), laid out for lists."""
    return shelf.table(locker, SHAPE, [assessment])


def identity(subject: str, kind: str) -> str:
    """The id in a subject of that kind (`agent:123`), empty when it is of another kind."""
    return subject.removeprefix(f"{kind}:") if subject.startswith(f"{kind}:") else ""


def _item(row: dict[str, Any]) -> ItemRow:
    return ItemRow(
        subject=row["subject"],
        name=row["name"] or "",
        outcome=Outcome(row["outcome"]),
        reason=row["reason"] or "",
        observed=observed(row["observed"]),
        exception=row["exception"] or "",
    )


def observed(text: str | None) -> dict[str, Any]:
    """The values an item rests on, as sealed."""
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {"observed": text}
    return found if isinstance(found, dict) else {"observed": found}
