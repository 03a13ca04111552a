"""Rows as the console serves them: nothing internal, nothing its profile does not know."""

import zlib
from datetime import datetime
from typing import Final

import msgspec

from watchkeeper.simulator.agent import agent, agent_text
from watchkeeper.simulator.alerts import record as alert
from watchkeeper.simulator.damage import big_integers, wrong_types
from watchkeeper.simulator.faults import Faults
from watchkeeper.simulator.threat import threat
from watchkeeper.simulator.world import Row

_NEW_IN_2026: Final = {
    "sites": ("usageType", "irFields", "inheritAccountExpiration"),
    "accounts": ("irFields", "makeSocDefaultUi"),
    "users": ("globalUserId", "globalOrganizationId"),
    "user": ("globalUserId", "globalOrganizationId"),
    "packages": ("supportedOsVersions",),
    "policies": (
        "informationalAlertsOn",
        "removeMacrosMl",
        "forensicsAutoTriggering",
        "allowUnprotectByApprovedProcess",
        "identityConfigurationSettings",
        "logCollectorEnabled",
        "driftDetectionDelayTime",
        "networkProtectionInfra",
    ),
}
_NEW_ENGINES: Final = ("idr", "driftDetection", "networkProtection")
# What rows carry for filters although the real record does not.
_HIDDEN: Final = {"groups": ("accountId",)}


def dress(resource: str, record: Row, profile: str, faults: Faults) -> Row:
    """A full record as this profile and these faults show it."""
    hidden: tuple[str, ...] = _HIDDEN.get(resource, ())
    if profile == "2024":
        hidden += _NEW_IN_2026.get(resource, ())
    shown = {n: v for n, v in record.items() if n[0] != "_" and n not in hidden}
    chosen = zlib.crc32(str(record.get("id", "")).encode())
    if "wrong-types" in faults:
        shown = wrong_types(shown, chosen)
    if "big-integers" in faults:
        shown = big_integers(shown, chosen)
    return shown


def render(
    resource: str, row: Row, now: datetime, profile: str, faults: Faults
) -> Row | msgspec.Raw:
    """A row of a list."""
    if resource == "agents":
        if not faults.active or ("wrong-types" not in faults and "big-integers" not in faults):
            return agent_text(row, now, profile)  # a million of them: field by field takes long
        row = agent(row, now, profile)
    elif resource == "threats":
        row = threat(row, profile)
    elif resource == "alerts":
        row = alert(row)
    return dress(resource, row, profile, faults)


def policy(record: Row, key: str, profile: str, faults: Faults) -> Row:
    """A policy; it does not say whose it is."""
    if profile == "2024":
        engines = {n: v for n, v in record["engines"].items() if n not in _NEW_ENGINES}
        record = record | {"engines": engines}
    shown = dress("policies", record | {"id": key}, profile, faults)
    del shown["id"]
    return shown
