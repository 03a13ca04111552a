"""Protection policies of every scope, and the one in effect for every group."""

from watchkeeper.model.resource import Column, ColumnType, Resource, Walk

_ENGINES = (
    ("reputation", "reputation"),
    ("pre_execution", "preExecution"),
    ("pre_execution_suspicious", "preExecutionSuspicious"),
    ("executables", "executables"),
    ("data_files", "dataFiles"),
    ("exploits", "exploits"),
    ("penetration", "penetration"),
    ("pup", "pup"),
    ("lateral_movement", "lateralMovement"),
    ("remote_shell", "remoteShell"),
    ("application_control", "applicationControl"),
    ("idr", "idr"),
)

RESOURCE = Resource(
    name="policies",
    title="Policies",
    path="/{level}/{id}/policy",
    permission="Policy.view",
    walk=Walk.POLICIES,
    order=30,
    needs=("sites", "accounts", "groups"),
    updated="updated_at",
    columns=(
        # A policy carries no id of its own: it is bound to the scope that was asked for.
        Column("id", "@id"),
        Column("scope", "@scope"),
        Column("scope_id", "@scope_id"),
        Column("scope_name", "@scope_name"),
        Column("site_id", "@site_id"),
        Column("site_name", "@site_name"),
        Column("account_id", "@account_id"),
        Column("source", "@source"),
        Column("source_id", "@source_id"),
        Column("inherited_from", "inheritedFrom"),
        Column("is_default", "isDefault", ColumnType.BOOLEAN),
        Column("mitigation_mode", "mitigationMode"),
        Column("mitigation_mode_suspicious", "mitigationModeSuspicious"),
        Column("auto_mitigation_action", "autoMitigationAction"),
        Column("anti_tampering_on", "antiTamperingOn", ColumnType.BOOLEAN),
        Column(
            "allow_unprotect_by_approved_process",
            "allowUnprotectByApprovedProcess",
            ColumnType.BOOLEAN,
        ),
        Column("snapshots_on", "snapshotsOn", ColumnType.BOOLEAN),
        Column("scan_new_agents", "scanNewAgents", ColumnType.BOOLEAN),
        Column("agent_logging_on", "agentLoggingOn", ColumnType.BOOLEAN),
        Column("network_quarantine_on", "networkQuarantineOn", ColumnType.BOOLEAN),
        Column("auto_decommission_on", "autoDecommissionOn", ColumnType.BOOLEAN),
        Column("auto_decommission_days", "autoDecommissionDays", ColumnType.INTEGER),
        Column("allow_remote_shell", "allowRemoteShell", ColumnType.BOOLEAN),
        Column("monitor_on_write", "monitorOnWrite", ColumnType.BOOLEAN),
        Column("monitor_on_execute", "monitorOnExecute", ColumnType.BOOLEAN),
        Column("ioc", "ioc", ColumnType.BOOLEAN),
        Column("ioc_attributes", "iocAttributes", ColumnType.JSON),
        *(Column(f"engine_{name}", f"engines.{key}") for name, key in _ENGINES),
        # The digest of all settings, those without a column too; the same where they are equal.
        Column("settings_sha256", "@settings_sha256"),
        Column("created_at", "createdAt", ColumnType.TIMESTAMP),
        Column("updated_at", "updatedAt", ColumnType.TIMESTAMP),
        Column("updated_by", "userFullName", personal=True),
    ),
)
