"""What is written down about an answer: in which form its body is stored, and the facts beside."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from watchkeeper.errors import LockerError
from watchkeeper.locker import pages
from watchkeeper.locker.earlier import Earlier
from watchkeeper.model.resource import Resource
from watchkeeper.sentinelone.decode import Rows
from watchkeeper.sentinelone.exchange import Answer, Request
from watchkeeper.sentinelone.transport import Received


@dataclass(frozen=True, slots=True)
class Body:
    """What is left of an answer's body: the form in which it is stored, and what is told of it."""

    form: pages.Form
    status: int
    received: dict[str, Any]
    removed: dict[str, int]


def body(
    answer: Answer[Rows],
    resource: Resource,
    reader: pages.PageReader,
    earlier: Earlier,
    part: Mapping[str, str],
) -> Body:
    """The body as it will be stored: as received unless it held a secret or came uncompressed.

    Where an earlier collection has the same records, as what differs from that; see
    `locker/pages.py`. `part` is the filter of the answer's walk, where it is one of several.
    """
    received, text = answer.received, answer.text
    told = {
        "encoding": received.encoding or "identity",
        "bytes": len(received.body),
        "sha256": hashlib.sha256(received.body).hexdigest(),
    }
    references = _like(text, _keys(answer.value, resource), earlier, part)
    form = _difference(text, len(received.body), reader, references)
    if form is None:
        as_it_came = not answer.removed and received.encoding not in {"", "identity"}
        form = pages.as_received(received.body) if as_it_came else pages.rewritten(text)
    return Body(form, received.status, told, dict(answer.removed))


def page_facts(
    body: Body, rows: Rows, resource: Resource, bound: Mapping[str, Any], part: int | None
) -> dict[str, Any]:
    """The record of a page, as far as it does not depend on where it is stored."""
    facts: dict[str, Any] = {"status": body.status, "rows": rows.count, "received": body.received}
    if part is not None:
        facts["part"] = part
    if bound:
        facts["bound"] = dict(bound)
    elif keys := _keys(rows, resource):
        facts["keys"] = keys
    if body.removed:
        facts["removed"] = body.removed
    return facts


def _keys(rows: Rows, resource: Resource) -> list[Any]:
    """The first and the last key of a page, nothing where its records have no id of their own."""
    if resource.column(resource.key).path != "id" or not rows.count:
        return []
    keys = rows.batch.column(resource.key)
    return [keys[0].as_py(), keys[-1].as_py()]


def _like(
    text: bytes, keys: list[Any], earlier: Earlier, part: Mapping[str, str]
) -> list[pages.Reference]:
    """The earlier pages that a page may differ little from."""
    if not keys or None in keys or len(text) < pages.SMALLEST:
        return []
    return earlier.like(part, *keys)


def _difference(
    text: bytes, size: int, reader: pages.PageReader, references: list[pages.Reference]
) -> pages.Form | None:
    """The page as a difference, None where that is impossible or not worth it."""
    if not references:
        return None
    try:
        earlier_text = reader.earlier(references)
    except LockerError:
        return None  # it is gone or changed, which `verify` tells; this page is stored whole
    found = pages.difference(text, references, earlier_text)
    return found if len(found.data) <= pages.WORTHWHILE * size else None


def answered(
    path: str, params: Mapping[str, str], earlier: Mapping[str, Any], value: Rows
) -> Answer[Rows]:
    """An answer that was stored before an interruption."""
    page, told = earlier["page"], earlier["request"]
    given = dict(told["params"])
    if "cursor" in params:
        given["cursor"] = params["cursor"]
    received = Received(page["status"], {}, b"", page["received"]["encoding"], 0.0)
    return Answer(received, b"", value, Request(path, dict(params)), given, kept=earlier)
