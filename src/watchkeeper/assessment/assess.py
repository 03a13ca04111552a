"""The use-case: judge controls over what the locker holds of a connection, and seal it."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from watchkeeper.assessment.deviations import Deviations, Stated
from watchkeeper.assessment.faulty import ControlFaulty
from watchkeeper.assessment.gather import gather
from watchkeeper.assessment.inputs import Plan, plan
from watchkeeper.assessment.judging import Judged, judging
from watchkeeper.assessment.sandbox import Sandbox
from watchkeeper.assessment.verdict import Allowed, Conclusion, conclude
from watchkeeper.clock import rfc3339
from watchkeeper.controls import prelude_sha256
from watchkeeper.controls.parameters import TOLERANCE, UNKNOWN_PERCENT, effective
from watchkeeper.controls.values import EARLIER
from watchkeeper.errors import LockerError, UsageError
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Assessment, Counts, Result
from watchkeeper.model.collection import Collection
from watchkeeper.model.control import Control, Scalar
from watchkeeper.resources import everything as resources

# Controls judged at a time; each may take as much memory as the engine allows it.
AT_ONCE = min(2, os.cpu_count() or 1)

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

    `parameters` maps a control's id to what a tenant changed, beside what is sealed as
    `control_settings`; UsageError, before anything is judged, when one of them cannot be. A
    control that cannot be judged is sealed as ERROR and the others go on. Two are judged at a
    time; `on_progress` is called, in the caller's thread, with each assessment in the order of
    `controls`.
    """
    given = parameters or {}
    wanted = [(each, given.get(each.id, {})) for each in controls]
    for control, values in wanted:
        effective(control, values)
    collections = locker.collections(connection)
    stated = Stated(locker, connection, collections, now)
    sealed: list[Assessment] = []
    # The engines do the work, outside of Python: two threads take half the time of one.
    with Sandbox() as sandbox, ThreadPoolExecutor(AT_ONCE, thread_name_prefix="judge") as pool:
        cases = [
            Case(locker, connection, control, collections, values, stated, now, sandbox)
            for control, values in wanted
        ]
        for assessment in pool.map(Case.assess, cases):
            sealed.append(assessment)
            if on_progress is not None:
                on_progress(assessment)
    return sealed


@dataclass(frozen=True, slots=True)
class Case:
    """One control to be judged over one connection, with all that it is judged on."""

    locker: Locker
    connection: str
    control: Control
    collections: Sequence[Collection]
    given: Mapping[str, Scalar]
    stated: Stated
    now: datetime
    sandbox: Sandbox

    def assess(self) -> Assessment:
        """Judges and seals."""
        planned = plan(self.control, self.collections, resources())
        try:
            parameters = effective(self.control, self._settings() | dict(self.given))
            deviations = self.stated.of(self.control)
            if planned.missing or planned.baseline or deviations.not_applicable:
                return self._seal(planned, _nothing(), parameters, deviations)
            tables = gather(self.locker, self.control, planned, resources(), self.collections)
            rows = {name: tables[name].num_rows for name in planned.newest}
            with judging(
                self.control,
                tables,
                self.sandbox,
                now=self.now,
                parameters=parameters,
                deviations=deviations,
            ) as judged:
                return self._seal(planned, judged, parameters, deviations, rows)
        except (ControlFaulty, LockerError, UsageError) as error:
            return self._seal(planned, _nothing(), self.control.defaults, fault=str(error))

    def _settings(self) -> dict[str, Scalar]:
        """What the company set; an explicit parameter of this assessment goes before it."""
        return dict(self.stated.settings.get(self.control.id, {}))

    def _seal(
        self,
        planned: Plan,
        judged: Judged,
        parameters: Mapping[str, Scalar],
        deviations: Deviations | None = None,
        rows: Mapping[str, int] | None = None,
        fault: str = "",
    ) -> Assessment:
        decided = deviations or Deviations()
        could = not planned.missing and not fault and not decided.not_applicable
        if decided.not_applicable and not fault:
            conclusion = Conclusion(Result.NOT_APPLICABLE, decided.not_applicable)
        else:
            conclusion = _conclusion(planned, judged, rows or {}, fault, _allowed(parameters))
        return self.locker.seal_assessment(
            connection=self.connection,
            control=self.control,
            result=conclusion.result,
            reason=conclusion.reason,
            counts=judged.counts,
            parameters=parameters,
            judged_at=self.now,
            as_of=planned.as_of if could else None,
            holds_until=decided.until or judged.excepted_until,
            collections=planned.collections,
            notes=(*_notes(self.control, planned), *decided.notes, *judged.notes),
            items=judged.items,
        )


def _allowed(parameters: Mapping[str, Scalar]) -> Allowed:
    return Allowed(
        failing=int(parameters.get(TOLERANCE.name, TOLERANCE.default)),
        unknown_percent=float(parameters.get(UNKNOWN_PERCENT.name, UNKNOWN_PERCENT.default)),
    )


def _nothing() -> Judged:
    return Judged(Counts(), None, NO_ITEMS.to_reader())


def _conclusion(
    planned: Plan, judged: Judged, rows: Mapping[str, int], fault: str, allowed: Allowed
) -> Conclusion:
    problems = [*planned.missing, *planned.doubts, *([fault.rstrip(".")] if fault else [])]
    if planned.baseline and not problems:
        return Conclusion(Result.NOT_APPLICABLE, planned.baseline)
    titles = {resources()[name].title.lower(): number for name, number in rows.items()}
    return conclude(
        judged.counts,
        problems,
        first_unknown=judged.first_unknown,
        inputs=titles,
        allowed=allowed,
    )


def _notes(control: Control, planned: Plan) -> tuple[str, ...]:
    """What a reader must know beside result and reason."""
    notes = [f"shared SQL words (prelude.sql) SHA-256 {prelude_sha256()}"]
    notes += [f"read without {name}: {reason}" for name, reason in planned.unread.items()]
    if planned.oldest is not None:
        title = resources()[planned.oldest.resource].title
        notes.append(f"as old as {title}, read up to {rfc3339(planned.oldest.as_of)}")
    for name in control.earlier or {}:
        before = planned.sources.get(name + EARLIER, ())
        if not before:
            notes.append(f"no earlier collection of {name}")
    for name, found in planned.newest.items():
        notes += [f"{name}: {note}" for note in found.completeness.notes]
    return tuple(notes)
