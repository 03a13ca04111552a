"""How a device's values are put in groups a reader looks for."""

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
