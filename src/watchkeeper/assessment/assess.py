"""The use-case: judge controls over what the locker holds of a connection, and seal it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from watchkeeper.assessment.engine import judge
from watchkeeper.assessment.faulty import ControlFaulty
from watchkeeper.assessment.gather import Tables, gather
from watchkeeper.assessment.inputs import Plan, plan
from watchkeeper.assessment.verdict import Conclusion, conclude, count
from watchkeeper.controls import prelude_sha256
from watchkeeper.controls.parameters import effective
from watchkeeper.controls.values import EARLIER
from watchkeeper.errors import LockerError
from watchkeeper.model.assessment import Assessment, Counts, Item, Outcome, Result
from watchkeeper.model.collection import Collection
from watchkeeper.model.control import Control, Scalar
from watchkeeper.resources import catalogue as resources

NO_ITEMS = pa.table(
    {
        name: pa.array([], pa.string())
        for name in ("subject", "name", "outcome", "reason", "observed")
    }
)


class EvidenceStore(Tables, Protocol):
    """What assessing needs of the locker."""

    def collections(
        self, connection: str | None = None, resource: str | None = None
    ) -> list[Collection]:
        """Sealed collections, oldest first."""

    def seal_assessment(  # noqa: PLR0913 - what is sealed, by name
        self,
        *,
        connection: str,
        control: Control,
        result: Result,
        reason: str,
        counts: Counts,
        parameters: Mapping[str, Any],
        judged_at: datetime,
        as_of: datetime | None,
        collections: Sequence[Collection],
        notes: Sequence[str],
        items: pa.Table,
    ) -> Assessment:
        """Seals one judged control with its page and its items."""


def assess(
    locker: EvidenceStore,
    connection: str,
    controls: Iterable[Control],
    *,
    now: datetime,
    parameters: Mapping[str, Mapping[str, Scalar]] | None = None,
    on_progress: Callable[[Assessment], None] | None = None,
) -> list[Assessment]:
    """Judges each control over the newest that is sealed and seals an assessment of it.

    `parameters` maps a control's id to what a tenant changed; UsageError, before anything is
    judged, when one cannot be. A control that cannot be judged is sealed as ERROR and the others
    go on. `on_progress` is called with each assessment as it is sealed.
    """
    chosen = [(each, effective(each, (parameters or {}).get(each.id))) for each in controls]
    collections = locker.collections(connection)
    sealed: list[Assessment] = []
    for control, values in chosen:
        assessment = _assess_one(locker, connection, control, collections, values, now)
        sealed.append(assessment)
        if on_progress is not None:
            on_progress(assessment)
    return sealed


def _assess_one(
    locker: EvidenceStore,
    connection: str,
    control: Control,
    collections: Sequence[Collection],
    parameters: Mapping[str, Scalar],
    now: datetime,
) -> Assessment:
    planned = plan(control, collections, resources())
    items, rows, fault = NO_ITEMS, dict[str, int](), ""
    if not planned.missing and not planned.baseline:
        try:
            tables = gather(locker, control, planned, resources())
            rows = {name: tables[name].num_rows for name in planned.newest}
            items = judge(control, tables, now=now, parameters=parameters)
        except (ControlFaulty, LockerError) as error:
            fault = str(error)
    counts = counted(items)
    conclusion = _conclusion(planned, counts, items, rows, fault)
    judged = not planned.missing and not fault
    return locker.seal_assessment(
        connection=connection,
        control=control,
        result=conclusion.result,
        reason=conclusion.reason,
        counts=counts,
        parameters=parameters,
        judged_at=now,
        as_of=planned.as_of if judged else None,
        collections=planned.collections,
        notes=_notes(control, planned),
        items=items,
    )


def _conclusion(
    planned: Plan, counts: Counts, items: pa.Table, rows: Mapping[str, int], fault: str
) -> Conclusion:
    problems = [*planned.missing, *planned.doubts, *([fault.rstrip(".")] if fault else [])]
    if planned.baseline and not problems:
        return Conclusion(Result.NOT_APPLICABLE, planned.baseline)
    titles = {resources()[name].title.lower(): number for name, number in rows.items()}
    return conclude(counts, problems, first_unknown=_first_unknown(items), inputs=titles)


def counted(items: pa.Table) -> Counts:
    """How many items have which outcome."""
    tally = pc.value_counts(items["outcome"]).to_pylist()
    return count({row["values"]: row["counts"] for row in tally})


def _first_unknown(items: pa.Table) -> Item | None:
    unknown = items.filter(pc.equal(items["outcome"], Outcome.UNKNOWN.value)).slice(0, 1)
    for row in unknown.to_pylist():
        return Item(row["subject"], row["name"], Outcome.UNKNOWN, row["reason"], {})
    return None


def _notes(control: Control, planned: Plan) -> tuple[str, ...]:
    """What a reader must know beside result and reason."""
    notes = [f"shared SQL words (prelude.sql) SHA-256 {prelude_sha256()}"]
    notes += [f"read without {name}: {reason}" for name, reason in planned.unread.items()]
    for name in control.earlier or {}:
        before = planned.sources.get(name + EARLIER, ())
        if not before:
            notes.append(f"no earlier collection of {name}")
    for name, found in planned.newest.items():
        notes += [f"{name}: {note}" for note in found.completeness.notes]
    return tuple(notes)
