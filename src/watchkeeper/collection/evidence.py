"""What is written down about an answer: in which form its body is stored, and the facts beside."""

import hashlib
from collections.abc import Mapping
from typing import Any

from watchkeeper.errors import LockerError
from watchkeeper.locker import pages
from watchkeeper.locker.earlier import Earlier
from watchkeeper.model.resource import Resource
from watchkeeper.sentinelone.decode import Rows
from watchkeeper.sentinelone.exchange import Answer, Request
from watchkeeper.sentinelone.transport import Received


def page_facts(
    answer: Answer[Rows], resource: Resource, bound: Mapping[str, Any], part: int | None
) -> dict[str, Any]:
    """The record of a page, as far as the answer tells it."""
    received = answer.received
    facts: dict[str, Any] = {
        "status": received.status,
        "rows": answer.value.count,
        "received": {
            "encoding": received.encoding or "identity",
            "bytes": len(received.body),
            "sha256": hashlib.sha256(received.body).hexdigest(),
        },
    }
    if part is not None:
        facts["part"] = part
    if bound:
        facts["bound"] = dict(bound)
    elif resource.column(resource.key).path == "id" and answer.value.count:
        keys = answer.value.batch.column(resource.key)
        facts["keys"] = [keys[0].as_py(), keys[-1].as_py()]
    return facts


def form(
    answer: Answer[Rows],
    reader: pages.PageReader,
    facts: dict[str, Any],
    earlier: Earlier,
    part: Mapping[str, str],
) -> pages.Form:
    """How the body is stored: as received unless it held a secret or came uncompressed.

    Where an earlier collection has the same records, as what differs from that; see
    `locker/pages.py`. Adds to `facts` what was removed.
    """
    received, text = answer.received, answer.text
    if answer.removed:
        facts["removed"] = dict(answer.removed)
    as_it_came = not answer.removed and received.encoding not in {"", "identity"}
    found = _difference(text, len(received.body), reader, facts, earlier, part)
    if found is not None:
        return found
    return pages.as_received(received.body) if as_it_came else pages.rewritten(text)


def _difference(
    text: bytes,
    size: int,
    reader: pages.PageReader,
    facts: Mapping[str, Any],
    earlier: Earlier,
    part: Mapping[str, str],
) -> pages.Form | None:
    """The page as a difference, None where that is impossible or not worth it."""
    if len(text) < pages.SMALLEST or None in facts.get("keys", [None]):
        return None
    references = earlier.like(part, *facts["keys"])
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
