"""Sealed rows as statements, and statements as rows to be sealed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from watchkeeper.model.control import Scalar
from watchkeeper.model.statement import (
    Attestation,
    Decided,
    ExceptionRecord,
    ScopeRule,
    Selector,
    State,
)

Row = Mapping[str, Any]


def exception_of(row: Row) -> ExceptionRecord:
    """An exception from its newest row."""
    return ExceptionRecord(
        decided=_decided(row),
        control=row["control"] or "",
        control_version=row["control_version"] or "",
        subject=row["subject"] or "",
        selector=Selector.of_json(_json(row["selector"])),
        reason=row["reason"] or "",
        risk=row["risk"] or "",
        measure=row["measure"] or "",
        observed=_json(row["observed"]),
    )


def attestation_of(row: Row) -> Attestation:
    """An attestation from its newest row."""
    return Attestation(
        decided=_decided(row),
        kind=row["kind"] or "",
        subject=row["subject"] or "",
        statement=row["statement"] or "",
        data=_json(row["data"]),
    )


def scope_rule_of(row: Row) -> ScopeRule:
    """A scope rule from its newest row."""
    return ScopeRule(
        decided=_decided(row),
        name=row["name"] or "",
        version=row["version"] or 1,
        replaces=row["replaces"] or "",
        selector=Selector(
            sites=_texts(row["sites"]),
            groups=_texts(row["groups"]),
            tags=_texts(row["tags"]),
            machine_types=_texts(row["machine_types"]),
        ),
        controls=_texts(row["controls"]),
        reason=row["reason"] or "",
    )


def settings_of(rows: Iterable[Row]) -> dict[str, dict[str, Scalar]]:
    """By control the parameters that were set and not given back to the page's default."""
    found: dict[str, dict[str, Scalar]] = {}
    for row in rows:
        value = json.loads(row["value"]) if row["value"] else None
        if isinstance(value, int | float | str | bool):
            found.setdefault(row["control"], {})[row["parameter"]] = value
    return found


def row_of(
    statement: ExceptionRecord | Attestation | ScopeRule, recorded_at: datetime
) -> dict[str, Any]:
    """The row that a version of a statement is sealed as."""
    decided = statement.decided
    row: dict[str, Any] = {
        "id": decided.id,
        "state": decided.state.value,
        "ticket": decided.ticket,
        "requested_by": decided.requested_by,
        "requested_at": decided.requested_at,
        "decided_by": decided.decided_by,
        "decided_at": decided.decided_at,
        "remark": decided.remark,
        "valid_from": decided.valid_from,
        "expires_at": decided.expires_at,
        "recorded_at": recorded_at,
    }
    match statement:
        case ExceptionRecord():
            return row | {
                "control": statement.control,
                "control_version": statement.control_version,
                "subject": statement.subject,
                "selector": json.dumps(statement.selector.as_json(), sort_keys=True),
                "reason": statement.reason,
                "risk": statement.risk,
                "measure": statement.measure,
                "observed": json.dumps(dict(statement.observed), sort_keys=True),
            }
        case Attestation():
            return row | {
                "kind": statement.kind,
                "subject": statement.subject,
                "statement": statement.statement,
                "data": json.dumps(dict(statement.data), sort_keys=True),
            }
        case ScopeRule():
            return row | {
                "name": statement.name,
                "version": statement.version,
                "replaces": statement.replaces,
                "sites": list(statement.selector.sites),
                "groups": list(statement.selector.groups),
                "tags": list(statement.selector.tags),
                "machine_types": list(statement.selector.machine_types),
                "controls": list(statement.controls),
                "reason": statement.reason,
            }


def _decided(row: Row) -> Decided:
    return Decided(
        id=row["id"],
        state=State(row["state"]),
        requested_by=row["requested_by"] or "",
        requested_at=row["requested_at"],
        decided_by=row["decided_by"] or "",
        decided_at=row["decided_at"],
        remark=row["remark"] or "",
        ticket=row["ticket"] or "",
        valid_from=row["valid_from"],
        expires_at=row["expires_at"],
    )


def _json(text: str | None) -> dict[str, Any]:
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def _texts(values: Sequence[str] | None) -> tuple[str, ...]:
    return tuple(values or ())
