"""What a judged control says: outcomes of subjects, and the result they add up to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """What was found for one subject."""

    FAIL = "fail"
    UNKNOWN = "unknown"
    PASS = "pass"  # noqa: S105 - a verdict, no password
    NOT_APPLICABLE = "not_applicable"


class Result(StrEnum):
    """What a control says, worst first (reference C.1)."""

    ERROR = "ERROR"
    STALE = "STALE"
    FAIL = "FAIL"
    PASS_WITH_EXCEPTIONS = "PASS_WITH_EXCEPTIONS"  # noqa: S105 - a verdict, no password
    PASS = "PASS"  # noqa: S105 - a verdict, no password
    NOT_APPLICABLE = "NOT_APPLICABLE"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Result).index(self)


@dataclass(frozen=True, slots=True)
class Item:
    """One subject of an assessment: what was found and the values it rests on.

    `exception` is the id of the exception that covers a failing one, or empty.
    """

    subject: str
    name: str
    outcome: Outcome
    reason: str
    observed: Mapping[str, Any]
    exception: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many subjects had which outcome; `excepted` of those that failed are excepted."""

    passed: int = 0
    failed: int = 0
    not_applicable: int = 0
    unknown: int = 0
    excepted: int = 0

    def as_json(self) -> dict[str, int]:
        """The counts by outcome, as exports and `--json` name them."""
        return {
            "pass": self.passed,
            "fail": self.failed,
            "not_applicable": self.not_applicable,
            "unknown": self.unknown,
            "excepted": self.excepted,
        }

    @property
    def open(self) -> int:
        """Failing subjects that no exception covers."""
        return self.failed - self.excepted

    @property
    def total(self) -> int:
        """Every subject listed."""
        return self.passed + self.failed + self.not_applicable + self.unknown


@dataclass(frozen=True, slots=True)
class Assessment:
    """One control judged once over one connection, as sealed.

    `collections` are the locker paths of what was judged; `as_of` is when the oldest of the
    newest collections it rests on was ended (UTC), None when nothing could be judged.
    `holds_until` is when the first exception or declaration that the result rests on expires
    (UTC), None when it rests on none.
    """

    id: str
    path: str
    connection: str
    control: str
    version: str
    title: str
    severity: str
    cadence: str
    judged_at: datetime
    as_of: datetime | None
    result: Result
    reason: str
    counts: Counts
    parameters: Mapping[str, Any]
    control_sha256: str
    collections: tuple[str, ...]
    notes: tuple[str, ...] = ()
    holds_until: datetime | None = None
