"""What a simulated company states, sealed in a locker as a ledger or an upload would."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from watchkeeper.locker.locker import Locker
from watchkeeper.locker.stated import Document, Statement, seal
from watchkeeper.model.resource import ColumnType, Resource
from watchkeeper.resources import everything

Rows = Sequence[Mapping[str, Any]]


def state(locker: Locker, connection: str, stated: Mapping[str, Rows]) -> None:
    """Seals every list, and of statements each version after the one before it."""
    for name, rows in stated.items():
        resource = everything()[name]
        count: Counter[str] = Counter()
        versions: dict[int, list[Mapping[str, Any]]] = {}
        for row in rows:
            versions.setdefault(count[row["id"]], []).append(row)
            count[row["id"]] += 1
        for some in versions.values():
            document = Document(json.dumps([dict(row) for row in some]).encode())
            typed = [_typed(resource, row) for row in some]
            seal(locker, connection, resource, Statement(typed, (document,), "the simulator"))


def _typed(resource: Resource, row: Mapping[str, Any]) -> dict[str, Any]:
    """The row as the table holds it: times as moments, JSON as text."""
    typed = dict(row)
    for column in resource.columns:
        value = row.get(column.name)
        if value is None:
            continue
        if column.type is ColumnType.TIMESTAMP:
            typed[column.name] = datetime.fromisoformat(value)
        elif column.type is ColumnType.JSON:
            typed[column.name] = json.dumps(value)
    return typed
