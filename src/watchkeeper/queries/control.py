"""What one control says, why, and what that rests on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from watchkeeper.controls.page import parse
from watchkeeper.errors import DeclarationError, LockerError
from watchkeeper.locker import layout, records
from watchkeeper.locker.locker import Locker
from watchkeeper.model.assessment import Assessment
from watchkeeper.model.control import Control, Requirement
from watchkeeper.model.guardrail import not_strict_enough
from watchkeeper.queries.collections import CollectionRow, by_paths
from watchkeeper.queries.standing import Standing, standing
from watchkeeper.resources import everything


@dataclass(frozen=True, slots=True)
class ParameterInForce:
    """A parameter as it was when the control was judged."""

    name: str
    value: Any
    default: Any
    unit: str
    why: str
    bounds: str

    @property
    def changed(self) -> bool:
        """True when the tenant set something else than the page's default."""
        return bool(self.value != self.default)


@dataclass(frozen=True, slots=True)
class Mapped:
    """A requirement the control contributes evidence to; `too_loose` says why it does not."""

    requirement: Requirement
    too_loose: str


@dataclass(frozen=True, slots=True)
class ControlView:
    """A control's newest assessment with its page as sealed and its evidence.

    `declared` is None when the sealed page can no longer be read as a control; `page` is its text.
    """

    standing: Standing
    assessment: Assessment
    declared: Control | None
    page: str
    parameters: tuple[ParameterInForce, ...]
    requirements: tuple[Mapped, ...]
    evidence: tuple[CollectionRow, ...]


def control(locker: Locker, connection: int, identity: str, now: datetime) -> ControlView | None:
    """The control of that id as judged last; None when it was never judged."""
    found = standing(connection, identity, now)
    if found is None:
        return None
    assessment = records.assessment(found.path, locker.manifest(found.path)[0])
    data = locker.store.get(f"{found.path}/{layout.PAGE}")
    declared = _declared(data, identity)
    return ControlView(
        standing=found,
        assessment=assessment,
        declared=declared,
        page=data.decode(errors="replace"),
        parameters=_parameters(declared, assessment.parameters),
        requirements=_requirements(declared, assessment.parameters),
        evidence=by_paths(assessment.collections),
    )


def _declared(data: bytes, identity: str) -> Control | None:
    """The sealed page as a control; an old one may use what is no longer declared."""
    try:
        return parse(data, f"{identity}.md", everything(), known=None)
    except (DeclarationError, LockerError):
        return None


def _parameters(
    declared: Control | None, values: Mapping[str, Any]
) -> tuple[ParameterInForce, ...]:
    if declared is None:
        return tuple(
            ParameterInForce(name, value, value, "", "", "") for name, value in values.items()
        )
    return tuple(
        ParameterInForce(
            name=each.name,
            value=values.get(each.name, each.default),
            default=each.default,
            unit=each.unit,
            why=each.why,
            bounds=_bounds(each.minimum, each.maximum),
        )
        for each in declared.parameters
    )


def _bounds(minimum: float | None, maximum: float | None) -> str:
    if minimum is not None and maximum is not None:
        return f"{minimum:g} to {maximum:g}"
    if minimum is not None:
        return f"at least {minimum:g}"
    return f"at most {maximum:g}" if maximum is not None else ""


def _requirements(declared: Control | None, values: Mapping[str, Any]) -> tuple[Mapped, ...]:
    if declared is None:
        return ()
    in_force = {**declared.defaults, **values}
    return tuple(Mapped(each, not_strict_enough(each, in_force)) for each in declared.requirements)
