"""What a collection can build on: answers of before, and what was decided then. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from watchkeeper.locker.journal import Interrupted
from watchkeeper.model.collection import Collection


@dataclass(frozen=True, slots=True)
class Before:
    """Answers that need not be asked for again, and what the walk decided then.

    `records` are requests as a manifest tells them, each with its page's record if it brought one
    and the `folder` that page lies in; `own` are those of the collection that goes on, the others
    are taken over. `oldest` is when the first of them may have been asked for (RFC 3339), empty
    when there are none. `interrupted` is the journal to go on with, `continues` tells which sealed
    collection is taken over, as the manifest tells it.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    decided: dict[str, Any] = field(default_factory=dict)
    oldest: str = ""
    interrupted: Interrupted | None = None
    continues: dict[str, str] | None = None

    @classmethod
    def of_journal(cls, found: Interrupted, predecessor: Collection | None = None) -> "Before":
        """A collection whose process is gone.

        `predecessor` is the sealed one that it was taking over: what it had not come to is there.
        """
        folder = found.facts["folder"]
        records = [
            {**each, "folder": each.get("page", {}).get("in", folder), "own": True}
            for each in (*found.pages, *found.answers)
        ]
        decided, continues = found.decided, None
        if predecessor is not None:
            earlier = cls.of_sealed(predecessor)
            known = {_identity(each) for each in records}
            records += [each for each in earlier.records if _identity(each) not in known]
            decided = earlier.decided | decided
            continues = earlier.continues
        oldest = found.facts.get("oldest") or found.facts["started"]
        return cls(records, decided, oldest, interrupted=found, continues=continues)

    @classmethod
    def of_sealed(cls, found: Collection) -> "Before":
        """A collection that was sealed before its end."""
        manifest = found.manifest
        pages = {page["n"]: page for page in (*manifest["pages"], *manifest.get("unused", ()))}
        records: list[dict[str, Any]] = []
        for request in manifest["requests"]:
            page = pages.get(request.get("page"))
            if page is not None:
                folder = page.get("in", found.path)
                records.append({"folder": folder, "request": request, "page": page})
            elif "total" in request:
                records.append({"folder": found.path, "request": request})
        decided: dict[str, Any] = {"parts": [part["filter"] for part in manifest.get("parts", ())]}
        if "window" in manifest:
            decided["window"] = [manifest["window"]["from"], manifest["window"]["to"]]
        if "reach" in manifest:
            decided["reach"] = manifest["reach"]
        oldest = manifest["time"].get("oldest") or manifest["time"]["started"]
        told = {"path": found.path, "manifest_sha256": found.manifest_sha256}
        return cls(records, decided, oldest, continues=told)


def _identity(record: Mapping[str, Any]) -> tuple[str, str]:
    """What makes two records the same: the page's file, or all that is told of a count."""
    page = record.get("page")
    if page is not None:
        return record["folder"], page["file"]
    return "", json.dumps(record["request"], sort_keys=True)
