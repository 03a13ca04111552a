"""Records that are not as the specification promises: empty, nonsense, of the wrong type."""

import copy
from dataclasses import replace
from typing import Any

from watchkeeper.simulator.company import Company
from watchkeeper.simulator.world import Row

_EVERY = 11


def with_nulls(company: Company) -> Company:
    """The company with nothing or nonsense in a few places where a control looks."""
    other = copy.copy(company)
    other.agents = _agents(company.agents)
    other.threats = _threats(company.threats)
    users = list(company.people.users)
    for position, (name, value) in enumerate(
        (("source", None), ("twoFaEnabled", None), ("lastLogin", "never"))
    ):
        index = 2 + 6 * position
        if index < len(users):
            users[index] = users[index] | {"source": "mgmt"} | {name: value}
    other.people = replace(company.people, users=users)
    other.policies = copy.copy(company.policies)
    other.policies.own = dict(company.policies.own)
    key = ("tenant", "")
    other.policies.own[key] = company.policies.own[key] | {"antiTamperingOn": None}
    return other


def _agents(rows: list[Row]) -> list[Row]:
    damage: tuple[tuple[str, object], ...] = (
        ("lastActiveDate", None),
        ("lastActiveDate", "not a date"),
        ("operationalState", None),
        ("userActionsNeeded", None),
        ("missingPermissions", None),
        ("agentVersion", None),
        ("agentVersion", "unknown"),
        ("mitigationMode", None),
        ("mitigationModeSuspicious", None),
        ("machineType", None),
    )
    present = [i for i, r in enumerate(rows) if not r["isDecommissioned"] and r["isActive"]]
    following = list(rows)
    for index, (name, value) in zip(present[3::5], damage, strict=False):
        following[index] = rows[index] | {name: value}
    return following


def _threats(rows: list[Row]) -> list[Row]:
    damage: tuple[tuple[str, object], ...] = (
        ("confidenceLevel", None),
        ("incidentStatus", None),
        ("mitigationStatus", None),
        ("createdAt", None),
    )
    following = list(rows)
    for index, (name, value) in zip(range(1, len(rows), 7), damage, strict=False):
        keep = {"confidenceLevel": "malicious"} if name != "confidenceLevel" else {}
        following[index] = rows[index] | keep | {name: value}
    return following


def _word(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value)
    return str(value) if isinstance(value, int) else value


def wrong_types(record: Row, chosen: int) -> Row:
    """Every so often booleans and numbers as words; what was meant stays readable."""
    if chosen % _EVERY != 3:
        return record
    worded = {name: _word(value) for name, value in record.items()}
    if isinstance(record.get("threatInfo"), dict):
        worded["threatInfo"] = {n: _word(v) for n, v in record["threatInfo"].items()}
    return worded


def big_integers(record: Row, chosen: int) -> Row:
    """Every so often ids as numbers."""
    if chosen % _EVERY != 5:
        return record
    return {
        name: int(value)
        if name.lower().endswith("id") and isinstance(value, str) and value.isdecimal()
        else value
        for name, value in record.items()
    }
