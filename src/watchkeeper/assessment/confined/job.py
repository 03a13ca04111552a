"""What a confined process is asked, and what it says: one line of JSON, then a table in Arrow.

The question is trusted and comes pickled; the answer is not, so it is nothing that could run.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from watchkeeper.assessment.deviations import Deviations
from watchkeeper.assessment.engine import Judged
from watchkeeper.assessment.sandbox import MEMORY_LIMIT, TIMEOUT
from watchkeeper.controls.values import EXAMPLE_NOW
from watchkeeper.model.assessment import Counts, Item, Outcome
from watchkeeper.model.control import Control, Scalar


@dataclass(frozen=True, slots=True)
class Job:
    """A control to be judged over tables that follow.

    Where `tables` is None it is tried: all of it, or unless `thorough` its SQL over empty tables.
    """

    control: Control
    tables: tuple[str, ...] | None
    now: datetime = EXAMPLE_NOW
    parameters: Mapping[str, Scalar] | None = None
    deviations: Deviations | None = None
    memory_limit: str = MEMORY_LIMIT
    timeout: timedelta = TIMEOUT
    thorough: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """What was said: of a control that was judged as in `Judged`, of one that was tried faults."""

    counts: Counts = field(default_factory=Counts)
    first_unknown: Item | None = None
    excepted_until: datetime | None = None
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def judged_as_json(judged: Judged) -> dict[str, Any]:
    """What comes before the items."""
    counts, first = judged.counts, judged.first_unknown
    return {
        "counts": [
            counts.passed, counts.failed, counts.not_applicable, counts.unknown, counts.excepted,
        ],
        "first_unknown": [first.subject, first.name, first.reason] if first else None,
        "excepted_until": judged.excepted_until.isoformat() if judged.excepted_until else None,
        "notes": list(judged.notes),
    }  # fmt: skip


def told_from(said: Mapping[str, Any]) -> Told:
    """What `judged_as_json`, or a trial, made."""
    if "faults" in said:
        return Told(faults=tuple(map(str, said["faults"])), notes=tuple(map(str, said["notes"])))
    first, until = said["first_unknown"], said["excepted_until"]
    return Told(
        counts=Counts(*map(int, said["counts"])),
        first_unknown=Item(first[0], first[1], Outcome.UNKNOWN, first[2], {}) if first else None,
        excepted_until=datetime.fromisoformat(until).astimezone(UTC) if until else None,
        notes=tuple(map(str, said["notes"])),
    )
