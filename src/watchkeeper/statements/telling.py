"""Statements as programs get them: the same from the API and the command line."""

from typing import Any

from watchkeeper.model.statement import Attestation, ExceptionRecord, ScopeRule
from watchkeeper.statements.reading import Statement


def about(statement: Statement) -> dict[str, Any]:
    """What was asked for, as it was given, by sort."""
    match statement:
        case ExceptionRecord():
            return {
                "control": statement.control,
                "control_version": statement.control_version,
                "subject": statement.subject,
                "selector": statement.selector.as_json(),
                "reason": statement.reason,
                "risk": statement.risk,
                "measure": statement.measure,
            }
        case Attestation():
            return {
                "kind": statement.kind,
                "subject": statement.subject,
                "statement": statement.statement,
                "data": dict(statement.data),
            }
        case ScopeRule():
            return {
                "name": statement.name,
                "version": statement.version,
                "replaces": statement.replaces,
                "selector": statement.selector.as_json(),
                "controls": list(statement.controls),
                "reason": statement.reason,
            }
