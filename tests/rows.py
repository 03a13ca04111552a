"""Collections made by hand, with pages and rows or only told of: for tests without a console."""

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from watchkeeper import columns
from watchkeeper.locker import pages
from watchkeeper.locker.writer import CollectionWriter
from watchkeeper.model.collection import Collection, Completeness, Verdict
from watchkeeper.model.resource import ColumnType
from watchkeeper.model.stream import Kind, Reach


def put_page(writer: CollectionWriter, body: object, rows: int = 0) -> dict[str, Any]:
    """Stores a page as a console would send it; returns its record."""
    data = gzip.compress(json.dumps(body).encode(), mtime=0)
    received = {"encoding": "gzip", "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    request = {"method": "GET", "path": writer.resource.path, "params": {}, "status": 200}
    facts = {"status": 200, "rows": rows, "received": received}
    return writer.keep(pages.as_received(data), facts, request)


def put_rows(writer: CollectionWriter, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Adds rows; columns that a row leaves out are null, times may be text.

    Returns by column how many values could not be read.
    """
    arrays = []
    unreadable: dict[str, int] = {}
    for column in writer.resource.columns:
        values = [row.get(column.name) for row in rows]
        if column.type is ColumnType.TIMESTAMP:
            read = [_moment(value) for value in values]
            lost = sum(value is not None for value in values) - sum(v is not None for v in read)
            unreadable |= {column.name: lost} if lost else {}
            values = read
        arrays.append(pa.array(values, columns.ARROW_TYPES[column.type]))
    schema = columns.schema(writer.resource.columns)
    writer.add(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return unreadable


def told(
    name: str,
    resource: str,
    moment: datetime,
    verdict: Verdict = Verdict.COMPLETE,
    **manifest: Any,
) -> Collection:
    """A sealed collection as rules see it that read no files; it took no time."""
    return Collection(
        id=name,
        path=f"collections/{resource}/{name}",
        connection="acme",
        console="https://acme.example",
        resource=resource,
        started=moment,
        ended=moment,
        completeness=Completeness(verdict, "because", 1, 1, 1, 1),
        route="",
        derived=False,
        subject="",
        manifest_sha256="00",
        manifest=manifest,
    )


def reaching(until: datetime, since: datetime | None = None) -> dict[str, Any]:
    """What a manifest says of a collection with all there is, or with what changed since."""
    kind = Kind.WHOLE if since is None else Kind.CHANGED
    return {"reach": Reach(kind, since, until).as_json()}


def _moment(value: Any) -> datetime | None:
    if value in {None, "never"}:
        return None
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    assert isinstance(moment, datetime)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
