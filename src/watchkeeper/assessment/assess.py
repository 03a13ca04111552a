"""The use-case: judge controls over what the locker holds of a connection, and seal it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import pyarrow as pa

from watchkeeper.assessment.engine import Judged, judging
from watchkeeper.assessment.faulty import ControlFaulty
from watchkeeper.assessment.gather import gather
from watchkeeper.assessment.inputs import Plan, plan
from watchkeeper.assessment.verdict import Conclusion, conclude
from watchkeeper.controls import prelude_sha256
from watchkeeper.controls.parameters import effective
from watchkeeper.controls.values import EARLIER
from watchkeeper.errors import LockerError
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Assessment, Counts, Result
from watchkeeper.model.collection import Collection
from watchkeeper.model.control import Control, Scalar
from watchkeeper.resources import everything as resources

NO_ITEMS = pa.table(
    {
        name: pa.array([], pa.string())
        for name in ("subject", "name", "outcome", "reason", "observed")
    }
)


def assess(
    locker: Locker,
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
    locker: Locker,
    connection: str,
    control: Control,
    collections: Sequence[Collection],
    parameters: Mapping[str, Scalar],
    now: datetime,
) -> Assessment:
    planned = plan(control, collections, resources())

    def seal(judged: Judged, rows: Mapping[str, int], fault: str = "") -> Assessment:
        conclusion = _conclusion(planned, judged, rows, fault)
        could = not planned.missing and not fault
        return locker.seal_assessment(
            connection=connection,
            control=control,
            result=conclusion.result,
            reason=conclusion.reason,
            counts=judged.counts,
            parameters=parameters,
            judged_at=now,
            as_of=planned.as_of if could else None,
            collections=planned.collections,
            notes=_notes(control, planned),
            items=judged.items,
        )

    if planned.missing or planned.baseline:
        return seal(_nothing(), {})
    try:
        tables = gather(locker, control, planned, resources(), collections)
        rows = {name: tables[name].num_rows for name in planned.newest}
        with judging(control, tables, now=now, parameters=parameters) as judged:
            return seal(judged, rows)
    except (ControlFaulty, LockerError) as error:
        return seal(_nothing(), {}, str(error))


def _nothing() -> Judged:
    return Judged(Counts(), None, NO_ITEMS.to_reader())


def _conclusion(planned: Plan, judged: Judged, rows: Mapping[str, int], fault: str) -> Conclusion:
    problems = [*planned.missing, *planned.doubts, *([fault.rstrip(".")] if fault else [])]
    if planned.baseline and not problems:
        return Conclusion(Result.NOT_APPLICABLE, planned.baseline)
    titles = {resources()[name].title.lower(): number for name, number in rows.items()}
    return conclude(judged.counts, problems, first_unknown=judged.first_unknown, inputs=titles)


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
