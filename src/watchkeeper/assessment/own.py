"""Tables that the locker tells of Watchkeeper itself; made when a control is judged."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import pyarrow as pa

from watchkeeper import columns
from watchkeeper.model.collection import Collection
from watchkeeper.model.resource import Resource


def _collections(
    resource: Resource, collections: Iterable[Collection], resources: Mapping[str, Resource]
) -> pa.Table:
    """A row for each collection of a whole resource of the console, in the order they ended."""
    rows = [
        _collection(each, resources[each.resource])
        for each in sorted(collections, key=lambda each: (each.ended, each.id))
        if not each.subject and each.resource in resources and resources[each.resource].of_console
    ]
    return pa.Table.from_pylist(rows, columns.schema(resource.columns))


def _collection(found: Collection, resource: Resource) -> dict[str, Any]:
    told = found.manifest
    window = told.get("window") or {}
    due = told.get("due")
    return {
        "id": found.id,
        "resource": found.resource,
        "title": resource.title,
        "verdict": found.completeness.verdict.value,
        "reason": found.completeness.reason,
        "started_at": found.started,
        "ended_at": found.ended,
        "rows": found.completeness.rows,
        "distinct_rows": found.completeness.distinct,
        "count_before": found.completeness.count_before,
        "count_after": found.completeness.count_after,
        "is_optional": resource.optional,
        "interval_seconds": round(resource.interval.total_seconds()),
        "due_at": _moment(due),
        "clock_offset_ms": told.get("time", {}).get("clock_offset_ms"),
        "window_from": _moment(window.get("from")),
        "window_to": _moment(window.get("to")),
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


Maker = Callable[[Resource, Iterable[Collection], Mapping[str, Resource]], pa.Table]

TABLES: Final[Mapping[str, Maker]] = {"own_collections": _collections}
"""By resource: what makes its table."""
