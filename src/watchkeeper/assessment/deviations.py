"""What the company decided beforehand about subjects: out of scope, or excepted for a while.

Read once for all controls of an assessment; what was observed is never changed by it, see
`engine`: an item out of scope is listed with what it would have been, an excepted one still fails.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import pyarrow as pa

from watchkeeper.assessment import places
from watchkeeper.locker import stated
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection
from watchkeeper.model.control import Control, Scalar
from watchkeeper.model.statement import (
    OUT_OF_SCOPE,
    Attestation,
    ExceptionRecord,
    ScopeRule,
    Selector,
)
from watchkeeper.model.statement_rows import (
    attestation_of,
    exception_of,
    scope_rule_of,
    settings_of,
)
from watchkeeper.resources import everything

OUTSIDE = pa.schema([("subject", pa.string()), ("words", pa.string())])
COVERED = pa.schema(
    [
        ("subject", pa.string()),
        ("exception", pa.string()),
        ("digest", pa.string()),
        ("until", pa.timestamp("us", "UTC")),
    ]
)


@dataclass(frozen=True, slots=True)
class Deviations:
    """For one control: subjects outside its scope, and exceptions by subject.

    `outside` has OUTSIDE, `covered` COVERED: a digest that is not null must be that of the
    failing values for the exception to hold. `undeclared` is why the control as a whole does not
    apply, with the moment until which that holds; empty when it does.
    """

    outside: pa.Table = field(default_factory=OUTSIDE.empty_table)
    covered: pa.Table = field(default_factory=COVERED.empty_table)
    notes: tuple[str, ...] = ()
    not_applicable: str = ""
    until: datetime | None = None


@dataclass
class Stated:
    """What holds at `now` of all that a connection's people stated."""

    locker: Locker
    connection: str
    collections: Sequence[Collection]
    now: datetime
    # Controls are judged side by side: what all of them ask is read for one of them only.
    _reading: threading.RLock = field(default_factory=threading.RLock, repr=False)

    @cached_property
    def exceptions(self) -> list[ExceptionRecord]:
        """Those in force, by id."""
        found = map(exception_of, self._rows("exceptions"))
        return [each for each in found if each.decided.holds(self.now)]

    @cached_property
    def rules(self) -> list[ScopeRule]:
        """The scope rules in force, by id."""
        found = map(scope_rule_of, self._rows("scope_rules"))
        return [each for each in found if each.decided.holds(self.now)]

    @cached_property
    def declared(self) -> Mapping[str, Attestation]:
        """By control: the attestation in force that it does not apply."""
        found = [attestation_of(row) for row in self._rows("attestations")]
        return {
            each.subject.removeprefix("control:"): each
            for each in found
            if each.kind == OUT_OF_SCOPE and each.decided.holds(self.now)
        }

    @cached_property
    def settings(self) -> Mapping[str, Mapping[str, Scalar]]:
        """By control: the parameters that the company set."""
        return settings_of(self._rows("control_settings"))

    @cached_property
    def places(self) -> pa.Table:
        """Where every subject is: see `places`."""
        return places.table(self.locker, self.collections)

    def of(self, control: Control) -> Deviations:
        """What was decided beforehand about the subjects of one control."""
        with self._reading:
            return self._of(control)

    def _of(self, control: Control) -> Deviations:
        declared = self.declared.get(control.id)
        if declared is not None:
            return Deviations(not_applicable=_declared(declared), until=declared.decided.expires_at)
        rules = [each for each in self.rules if each.concerns(control.id)]
        excepted = [each for each in self.exceptions if each.control == control.id]
        held = [each for each in excepted if each.control_version == control.version]
        notes = tuple(
            f"exception {each.decided.id} was approved for version {each.control_version} of this"
            f" control and does not hold for version {control.version}"
            for each in excepted
            if each not in held
        )
        return Deviations(self._outside(rules), self._covered(held), notes)

    def _outside(self, rules: Sequence[ScopeRule]) -> pa.Table:
        parts = [OUTSIDE.empty_table()]
        for rule in rules:
            subjects = places.matching(self.places, rule.selector)
            words = f"out of scope by the rule {rule.name!r}, version {rule.version}"
            parts.append(
                pa.table([subjects, pa.array([words] * len(subjects), pa.string())], schema=OUTSIDE)
            )
        # The first rule that names a subject is the one that is told.
        return places.first_of_each(pa.concat_tables(parts))

    def _covered(self, exceptions: Sequence[ExceptionRecord]) -> pa.Table:
        parts = [COVERED.empty_table()]
        for each in exceptions:
            subjects = self._subjects(each.subject, each.selector)
            digests = [each.observed.get(subject) for subject in subjects.to_pylist()]
            parts.append(
                pa.table(
                    [
                        subjects,
                        pa.array([each.decided.id] * len(subjects), pa.string()),
                        pa.array(digests, pa.string()),
                        pa.array([each.decided.expires_at] * len(subjects), COVERED.field(3).type),
                    ],
                    schema=COVERED,
                )
            )
        return pa.concat_tables(parts)

    def _subjects(self, subject: str, selector: Selector) -> pa.Array:
        if subject:
            return pa.array([subject], pa.string())
        return places.matching(self.places, selector)

    def _rows(self, name: str) -> list[dict[str, object]]:
        found = [each for each in self.collections if each.resource == name]
        return stated.rows(self.locker, everything()[name], found) if found else []


def _declared(attestation: Attestation) -> str:
    decided = attestation.decided
    until = f" until {decided.expires_at:%Y-%m-%d}" if decided.expires_at else ""
    return (
        f"Declared out of scope{until}, approved by {decided.decided_by}: "
        f"{attestation.statement.rstrip('.')}."
    )
