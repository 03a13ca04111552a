"""Manifests and log entries as model values, and back."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from watchkeeper.errors import LockerError
from watchkeeper.locker import layout, log
from watchkeeper.locker.store import Store
from watchkeeper.locker.unlike import unlike
from watchkeeper.model.assessment import Assessment, Counts, Result
from watchkeeper.model.collection import Collection, Completeness, Verdict

COLLECTION_SCHEMA = "watchkeeper/collection/1"
ASSESSMENT_SCHEMA = "watchkeeper/assessment/1"
_TIMED = 7  # the version of ids that begin with a time (RFC 9562, 5.7)


def as_json(record: object) -> msgspec.Raw:
    """A record of a page, a request or a file as its manifest will hold it.

    As JSON it takes a third of what its values would: of a large list there are thousands.
    """
    return msgspec.Raw(msgspec.json.encode(record))


def completeness_as_json(value: Completeness) -> dict[str, Any]:
    """Completeness as a manifest holds it."""
    return {
        "verdict": value.verdict.value,
        "reason": value.reason,
        "rows": value.rows,
        "distinct": value.distinct,
        "count_before": value.count_before,
        "count_after": value.count_after,
        "notes": list(value.notes),
    }


def collection(folder: str, data: bytes, sha256: str) -> Collection:
    """A sealed collection; raises LockerError when the manifest is not one."""
    try:
        manifest = json.loads(data)
        found = manifest["completeness"]
        return Collection(
            id=manifest["id"],
            path=folder,
            connection=manifest["connection"],
            console=manifest["source"]["console"],
            resource=manifest["resource"],
            started=datetime.fromisoformat(manifest["time"]["started"]),
            ended=datetime.fromisoformat(manifest["time"]["ended"]),
            completeness=Completeness(
                verdict=Verdict(found["verdict"]),
                reason=found["reason"],
                rows=found["rows"],
                distinct=found["distinct"],
                count_before=found["count_before"],
                count_after=found["count_after"],
                notes=tuple(found["notes"]),
            ),
            route=manifest.get("route", ""),
            derived=bool(manifest.get("derived", False)),
            subject=manifest.get("subject", ""),
            manifest_sha256=sha256,
            manifest=manifest,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise LockerError(
            f"{folder}/{layout.MANIFEST} is not a collection's manifest: {unlike(error)}",
            hint="`watchkeeper verify` says what else differs.",
        ) from error


def damaged(folder: str, sha256: str, error: LockerError) -> Collection:
    """A sealed collection whose manifest cannot be read, as its folder tells: one that failed.

    Whoever needs what it held finds that it is not complete, and why; nobody else is held up.
    Raises `error` where the folder's name tells nothing.
    """
    told = dict(level.partition("=")[::2] for level in folder.split("/")[1:])
    try:
        connection, resource, identity = told["connection"], told["resource"], told["id"]
        begun = _begun(identity, told["date"])
    except (KeyError, ValueError):
        raise error from None
    return Collection(
        id=identity,
        path=folder,
        connection=connection,
        console="",
        resource=resource,
        started=begun,
        ended=begun,
        completeness=Completeness(
            Verdict.FAILED,
            f"its manifest cannot be read, see what `watchkeeper verify` says: {folder}",
            *(0, 0, None, None),
        ),
        route="",
        derived=False,
        subject="",
        manifest_sha256=sha256,
        manifest={},
    )


def _begun(identity: str, day: str) -> datetime:
    """When something with that id was begun: an id of version 7 begins with that, in ms."""
    with suppress(ValueError):
        found = UUID(identity)
        if found.version == _TIMED:
            return datetime.fromtimestamp((found.int >> 80) / 1000, UTC)
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def assessment(folder: str, data: bytes) -> Assessment:
    """A sealed assessment; raises LockerError when the manifest is not one."""
    try:
        manifest = json.loads(data)
        control, counts = manifest["control"], manifest["counts"]
        as_of, until = manifest["as_of"], manifest.get("holds_until")
        return Assessment(
            id=manifest["id"],
            path=folder,
            connection=manifest["connection"],
            control=control["id"],
            version=control["version"],
            title=control["title"],
            severity=control["severity"],
            cadence=control["cadence"],
            judged_at=datetime.fromisoformat(manifest["judged_at"]),
            as_of=datetime.fromisoformat(as_of) if as_of else None,
            result=Result(manifest["result"]),
            reason=manifest["reason"],
            counts=Counts(
                passed=counts["pass"],
                failed=counts["fail"],
                not_applicable=counts["not_applicable"],
                unknown=counts["unknown"],
                excepted=counts.get("excepted", 0),
            ),
            parameters=control["parameters"],
            control_sha256=control["sha256"],
            collections=tuple(each["path"] for each in manifest["collections"]),
            notes=tuple(manifest["notes"]),
            holds_until=datetime.fromisoformat(until) if until else None,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise LockerError(
            f"{folder}/{layout.MANIFEST} is not an assessment's manifest: {unlike(error)}",
            hint="`watchkeeper verify` says what else differs.",
        ) from error


def log_entries(store: Store, *, newest_first: bool = False) -> Iterator[log.Entry]:
    """The log's entries in order of their numbers; gaps are left to `verify`."""
    numbers = sorted(
        number
        for path, _ in store.files(layout.LOG)
        if (number := layout.log_number(path)) is not None
    )
    for number in reversed(numbers) if newest_first else numbers:
        yield log.parse(number, store.get(layout.log_entry(number)))
