"""A collection: one run over one resource of one connection, and whether it is whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """Whether a collection holds everything the console had for the token."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    DENIED = "denied"
    UNLICENSED = "unlicensed"  # not offered: not licensed, or not part of the console's version
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Completeness:
    """The verdict and what it rests on; counts are None where the console gives none."""

    verdict: Verdict
    reason: str
    rows: int
    distinct: int
    count_before: int | None
    count_after: int | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """A sealed collection as its manifest tells it. Times are UTC.

    `path` is its folder in the locker, `manifest_sha256` (hex) what the log holds;
    `manifest` is the whole document, for whoever wants more; it is empty where it cannot be read.
    """

    id: str
    path: str
    connection: str
    console: str
    resource: str
    started: datetime
    ended: datetime
    completeness: Completeness
    route: str
    derived: bool
    subject: str
    manifest_sha256: str
    manifest: Mapping[str, Any]

    @property
    def complete(self) -> bool:
        """True when the verdict is `complete`."""
        return self.completeness.verdict is Verdict.COMPLETE

    @property
    def damaged(self) -> bool:
        """True when its manifest cannot be read: what it held is not known."""
        return not self.manifest

    @property
    def as_of(self) -> datetime:
        """The time that it says something about: its end; the start of what it took over."""
        oldest = self.manifest.get("time", {}).get("oldest")
        return datetime.fromisoformat(oldest) if oldest else self.ended


def completeness(
    *,
    ended: bool,
    rows: int,
    distinct: int,
    count_before: int | None,
    count_after: int | None,
    reason: str = "",
) -> Completeness:
    """Whether a walk read everything: it ended, and no fewer distinct ids than the console counted.

    The floor is the smaller of the two counts: what was there before and after was there all the
    time, and a walk by id cannot miss it (reference D.3). Surplus and duplicates are notes.
    """
    notes: list[str] = []
    counts = [count for count in (count_before, count_after) if count is not None]
    if rows > distinct:
        notes.append(f"{rows - distinct} rows came twice and were counted once")
    if counts and distinct > max(counts):
        notes.append(f"{distinct - max(counts)} more than the console counted")
    if count_before is not None and count_after is not None and count_before != count_after:
        notes.append(f"the count moved from {count_before} to {count_after} while being read")
    if not counts:
        notes.append("the console gives no count for this")
    if not ended:
        verdict, why = Verdict.INCOMPLETE, reason or "the walk did not reach its end"
    elif counts and distinct < min(counts):
        verdict = Verdict.INCOMPLETE
        why = f"{distinct} distinct records read, the console counts {min(counts)}"
    else:
        verdict, why = Verdict.COMPLETE, reason
    return Completeness(verdict, why, rows, distinct, count_before, count_after, tuple(notes))
