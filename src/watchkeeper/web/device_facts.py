"""How a device's values are put in groups a reader looks for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "Protection",
        (
            "mitigation_mode",
            "mitigation_mode_suspicious",
            "operational_state",
            "operational_state_expires_at",
            "detection_state",
            "active_protection",
            "infected",
            "active_threats",
            "threat_reboot_required",
            "network_quarantine_enabled",
            "firewall_enabled",
            "disk_encrypted",
            "allow_remote_shell",
        ),
    ),
    (
        "Agent",
        (
            "agent_version",
            "is_up_to_date",
            "is_active",
            "last_active_at",
            "network_status",
            "user_actions_needed",
            "missing_permissions",
            "scan_status",
            "last_scan_at",
            "apps_vulnerability_status",
            "console_migration_status",
        ),
    ),
    (
        "Machine",
        (
            "computer_name",
            "serial_number",
            "machine_type",
            "model_name",
            "os_name",
            "os_revision",
            "os_type",
            "os_arch",
            "domain",
            "external_id",
            "last_user",
            "last_ip",
            "external_ip",
        ),
    ),
    (
        "Place and life",
        (
            "account_name",
            "site_name",
            "group_name",
            "tags",
            "registered_at",
            "created_at",
            "updated_at",
            "is_decommissioned",
            "is_uninstalled",
            "is_pending_uninstall",
            "id",
            "uuid",
        ),
    ),
)
_APART = frozenset({"network_interfaces"})


@dataclass(frozen=True, slots=True)
class Group:
    """Values that belong together: name and value."""

    title: str
    facts: tuple[tuple[str, Any], ...]


def groups(values: Mapping[str, Any]) -> tuple[Group, ...]:
    """The values in groups; a column that no group names comes last, so that none is lost."""
    named = {name for _, names in GROUPS for name in names} | _APART
    found = [
        Group(title, tuple((name, values[name]) for name in names if name in values))
        for title, names in GROUPS
    ]
    rest = tuple((name, value) for name, value in values.items() if name not in named)
    return tuple(found) + ((Group("Further identifiers", rest),) if rest else ())


def interfaces(text: str | None) -> list[Mapping[str, Any]]:
    """The network interfaces of a device, from the JSON as received."""
    found = _json(text)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def tags(text: str | None) -> list[str]:
    """The tags of a device as `key: value`, from the JSON as received."""
    found = _json(text)
    lists = list(found.values()) if isinstance(found, dict) else [found]
    told: list[str] = []
    for each in (tag for listed in lists if isinstance(listed, list) for tag in listed):
        if isinstance(each, dict):
            told.append(": ".join(str(each[name]) for name in ("key", "value") if each.get(name)))
        else:
            told.append(str(each))
    return told


def _json(text: str | None) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None
