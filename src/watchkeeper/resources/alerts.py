"""Alerts of custom detection rules. Licensed separately."""

from datetime import timedelta

from watchkeeper.model.resource import Column, ColumnType, Nature, Resource

# The name of the permission is not settled by public sources; a console that denies it says so.
RESOURCE = Resource(
    name="alerts",
    title="Alerts",
    path="/cloud-detection/alerts",
    permission="Cloud Detection Alerts.view",
    nature=Nature.STREAM,
    interval=timedelta(hours=6),
    order=52,
    optional=True,
    key="id",
    parameters=(("sortBy", "alertInfoCreatedAt"), ("sortOrder", "asc")),
    created="created_at",
    updated="updated_at",
    filters=("accountIds", "siteIds"),
    columns=(
        Column("id", "alertInfo.alertId"),
        Column("incident_status", "alertInfo.incidentStatus"),
        Column("analyst_verdict", "alertInfo.analystVerdict"),
        Column("source", "alertInfo.source"),
        Column("event_type", "alertInfo.eventType"),
        Column("created_at", "alertInfo.createdAt", ColumnType.TIMESTAMP),
        Column("reported_at", "alertInfo.reportedAt", ColumnType.TIMESTAMP),
        Column("updated_at", "alertInfo.updatedAt", ColumnType.TIMESTAMP),
        Column("rule_id", "ruleInfo.id"),
        Column("rule_name", "ruleInfo.name"),
        Column("severity", "ruleInfo.severity"),
        Column("agent_id", "agentRealtimeInfo.id"),
        Column("agent_name", "agentRealtimeInfo.name"),
        Column("agent_os_type", "agentRealtimeInfo.os"),
        Column("site_id", "agentRealtimeInfo.siteId"),
        Column("site_name", "agentRealtimeInfo.siteName"),
    ),
)
