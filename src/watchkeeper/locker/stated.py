"""What the company states, sealed like everything else: the document as given, and its rows.

A statement is a collection of its own, without a console: a list of assets as it was uploaded, an
attestation as it was recorded. So controls read it as a table, an auditor finds the file that it
came from, and nothing of it can be changed afterwards.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

import pyarrow as pa

from watchkeeper import columns
from watchkeeper.clock import rfc3339
from watchkeeper.errors import LockerError
from watchkeeper.locker import pages, stream
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection, Completeness, Verdict
from watchkeeper.model.resource import Nature, Resource, Walk


@dataclass(frozen=True, slots=True)
class Document:
    """What was given, byte for byte; `kind` is json, csv or xlsx.

    `facts` say where it came from (a file's name, an address without secrets, parameters).
    """

    data: bytes
    kind: str = "json"
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Statement:
    """What is to be sealed: rows by column name (what is left out is null) and their documents.

    `by` is who recorded it. `notes` are what a reader must know, as lines that were left out.
    With `failed` the reason why it could not be read whole: sealed as incomplete, so that a
    control that reads it cannot pass.
    """

    rows: Sequence[Mapping[str, Any]]
    documents: Sequence[Document]
    by: str
    notes: tuple[str, ...] = ()
    failed: str = ""


def seal(locker: Locker, connection: str, resource: Resource, statement: Statement) -> Collection:
    """Seals a statement as a collection of a STATED resource; rows are told apart by its key.

    Raises LockerError for a resource that is read from a console.
    """
    if resource.walk is not Walk.STATED:
        raise LockerError(f"{resource.title} are read from the console, they cannot be stated.")
    writer = locker.begin(connection, resource)
    requests: list[dict[str, Any]] = []
    try:
        for document in statement.documents:
            digest = sha256(document.data).hexdigest()
            request = {"method": "STATED", "path": resource.path, "params": {}, **document.facts}
            page = writer.keep(
                pages.rewritten(document.data, document.kind),
                {
                    "status": 0,
                    "rows": len(statement.rows),
                    "received": {
                        "encoding": "identity",
                        "bytes": len(document.data),
                        "sha256": digest,
                    },
                },
                request,
            )
            requests.append({**request, "page": page["n"]})
        schema = columns.schema(resource.columns)
        batches = pa.Table.from_pylist(
            [{name: row.get(name) for name in schema.names} for row in statement.rows], schema
        ).combine_chunks()
        for batch in batches.to_batches() or [pa.RecordBatch.from_pylist([], schema)]:
            writer.add(batch)
        number, distinct = writer.rows, writer.distinct
        verdict = Verdict.INCOMPLETE if statement.failed else Verdict.COMPLETE
        return writer.seal(
            {
                "subject": "",
                "source": {"vendor": "the company", "console": "", "stated_by": statement.by},
                "route": resource.path,
                "derived": False,
                "requests": requests,
            },
            Completeness(verdict, statement.failed, number, distinct, None, None, statement.notes),
        )
    except BaseException:
        writer.leave()
        raise


def document(row: Mapping[str, Any]) -> bytes:
    """The row as the JSON document that is sealed beside the table, times in RFC 3339."""
    told = {
        name: rfc3339(value) if isinstance(value, datetime) else value
        for name, value in row.items()
    }
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def newest(locker: Locker, connection: str, resource: Resource) -> list[dict[str, Any]]:
    """The rows that count now, as dictionaries in the order of their keys.

    Of a list the newest complete load, of statements the newest version of each.
    """
    return rows(locker, resource, locker.collections(connection, resource.name))


def readable(collections: Iterable[Collection]) -> list[Collection]:
    """The complete ones of what the company stated; raises LockerError where one is damaged.

    What that said may count still, or be what ends what another one says.
    """
    found: list[Collection] = []
    for each in collections:
        if each.damaged:
            raise LockerError(
                f"{each.path} cannot be read, and what was stated there may count still.",
                hint="Bring it back from a backup; `watchkeeper verify` says what else differs.",
            )
        if each.complete:
            found.append(each)
    return found


def rows(
    locker: Locker, resource: Resource, collections: Sequence[Collection]
) -> list[dict[str, Any]]:
    """As `newest`, of these collections, which are in the order in which they ended."""
    found = readable(collections)
    used = found[-1:] if resource.nature is Nature.STATE else found
    names = [column.name for column in resource.columns]
    table = stream.newest(locker, resource, names, used)
    return list(table.sort_by(resource.key).to_pylist())
