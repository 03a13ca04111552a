"""The parameters of a control as a company set them: since when, by whom, what they may be."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from watchkeeper.controls.parameters import EVERY
from watchkeeper.locker.locker import Locker
from watchkeeper.model.control import Control, Parameter, Requirement, Scalar
from watchkeeper.model.guardrail import OPERATORS
from watchkeeper.queries.decisions import settings
from watchkeeper.statements.versions import Setting


@dataclass(frozen=True, slots=True)
class Threshold:
    """One parameter of a control. `changes` are its changes, the newest first.

    `general`: every control has it, whatever its page declares.
    """

    parameter: Parameter
    value: Scalar
    general: bool
    changes: tuple[Setting, ...]
    requirements: tuple[Requirement, ...]

    @property
    def setting(self) -> Setting | None:
        """What it is set by now, None where the page's default counts."""
        newest = self.changes[0] if self.changes else None
        return newest if newest is not None and newest.value else None

    @property
    def bounds(self) -> str:
        """What it may be, in words."""
        low, high = self.parameter.minimum, self.parameter.maximum
        if low is not None and high is not None:
            return f"{low:g} to {high:g}"
        if low is not None:
            return f"at least {low:g}"
        return f"at most {high:g}" if high is not None else ""

    @property
    def broken_now(self) -> tuple[Requirement, ...]:
        """The requirements for which what it is set to is too loose."""
        return self.broken(self.value)

    def broken(self, value: Scalar) -> tuple[Requirement, ...]:
        """The requirements for which that value is too loose."""
        return tuple(
            each
            for each in self.requirements
            if each.guardrail is not None
            and not isinstance(value, str)
            and not OPERATORS[each.guardrail.op](value, each.guardrail.value)
        )


def thresholds(locker: Locker, connection: int, control: Control) -> tuple[Threshold, ...]:
    """Every parameter that can be set for a control, those of its page first."""
    return told(settings(locker, connection), control)


def told(changes: Sequence[Setting], control: Control) -> tuple[Threshold, ...]:
    """As `thresholds`, of these changes, the newest first."""
    declared = {each.name: each for each in control.parameters}
    return tuple(
        _threshold(changes, control, each, general=each.name not in declared)
        for each in (declared | {n: p for n, p in EVERY.items() if n not in declared}).values()
    )


def _threshold(
    changes: Sequence[Setting], control: Control, parameter: Parameter, *, general: bool
) -> Threshold:
    own = tuple(
        each for each in changes if each.control == control.id and each.parameter == parameter.name
    )
    value = json.loads(own[0].value) if own and own[0].value else parameter.default
    asked = tuple(
        each
        for each in control.requirements
        if each.guardrail is not None and each.guardrail.parameter == parameter.name
    )
    return Threshold(parameter, value, general, own, asked)
