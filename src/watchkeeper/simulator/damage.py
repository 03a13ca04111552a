"""Records that are not as the specification promises: empty, nonsense, of the wrong type."""

import copy
from dataclasses import replace
from typing import Any

from watchkeeper.simulator.company import Company
from watchkeeper.simulator.exclusions import Exclusions
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
    tenant = company.policies.own[key]
    engines = tenant["engines"] | {"reputation": None}
    other.policies.own[key] = tenant | {"antiTamperingOn": None, "engines": engines, "ioc": None}
    _others(company, other)
    return other


def _others(company: Company, other: Company) -> None:
    """What is not on agents, threats, people and policies."""
    for position, values in ((2, {"managedState": None}), (3, {"firstSeen": None})):
        other.rogues = _with(other.rogues, position, values)
    other.alerts = _with(other.alerts, 1, {"incidentStatus": None})
    lists = company.exclusions
    other.exclusions = Exclusions(
        _with(_with(lists.classic, 0, {"value": None}), 3, {"updatedAt": None}),
        _with(_with(lists.unified, 0, {"conditions": None}), 3, {"updatedAt": None}),
    )
    sites = company.places.sites
    sound = [n for n, site in enumerate(sites) if site["unlimitedExpiration"]]
    if sound:
        ends = {"unlimitedExpiration": False, "expiration": None}
        sites = _with(sites, sound[-1], ends)
    other.places = replace(company.places, sites=sites)


def _with(rows: list[Row], position: int, values: Row) -> list[Row]:
    """The rows, the one at that position with other values."""
    return [row | values if n == position else row for n, row in enumerate(rows)]


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
        ("scanStatus", None),
        ("scanStatus", None),
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
        ("failedActions", None),
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
