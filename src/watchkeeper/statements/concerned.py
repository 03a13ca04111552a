"""Which controls may say something else once a statement holds, or no longer does."""

from collections.abc import Mapping

from watchkeeper.model.control import Control
from watchkeeper.model.statement import KINDS, OUT_OF_SCOPE, Attestation, ExceptionRecord, ScopeRule
from watchkeeper.statements.reading import ATTESTATIONS, EXCEPTIONS, SCOPE_RULES, Statement


def concerned(statement: Statement, controls: Mapping[str, Control]) -> tuple[str, ...]:
    """The ids of the controls it is applied to, and of those that read statements of its sort."""
    match statement:
        case ExceptionRecord():
            found = {statement.control} | _readers(EXCEPTIONS.resource, controls)
        case Attestation():
            found = {
                name
                for name in _readers(ATTESTATIONS.resource, controls)
                if _asks_for(controls[name], statement.kind)
            }
            if statement.kind == OUT_OF_SCOPE:
                found.add(statement.subject.removeprefix("control:"))
        case ScopeRule():
            found = set(statement.controls) or set(controls)
            found |= _readers(SCOPE_RULES.resource, controls)
    return tuple(name for name in controls if name in found)


def concerned_by_setting(control: str, controls: Mapping[str, Control]) -> tuple[str, ...]:
    """The ids of the controls that a changed parameter of a control may change."""
    found = {control} | _readers("control_settings", controls)
    return tuple(name for name in controls if name in found)


def concerned_by_list(resource: str, controls: Mapping[str, Control]) -> tuple[str, ...]:
    """The ids of the controls that read lists of that resource."""
    found = _readers(resource, controls)
    return tuple(name for name in controls if name in found)


def _readers(resource: str, controls: Mapping[str, Control]) -> set[str]:
    return {name for name, control in controls.items() if resource in control.reads}


def _asks_for(control: Control, kind: str) -> bool:
    """Whether its logic names that kind of attestation, or none at all."""
    named = {each for each in KINDS if f"'{each}'" in control.logic}
    return not named or kind in named
