"""What happened to each threat: detection, mitigation, triage, resolution."""

from datetime import timedelta

from watchkeeper.model.resource import Column, ColumnType, Nature, Resource, Walk

RESOURCE = Resource(
    name="timelines",
    title="Threat timelines",
    path="/threats/{id}/timeline",
    permission="Threats.view",
    nature=Nature.STREAM,
    walk=Walk.TIMELINES,
    interval=timedelta(hours=1),
    order=51,
    needs=("threats",),
    parameters=(("sortBy", "createdAt"), ("sortOrder", "asc")),
    created="created_at",
    columns=(
        # One event may stand in the timelines of several threats: the row is threat and event.
        Column("id", "@row"),
        Column("event_id", "id"),
        Column("threat_id", "@id"),
        Column("threat_updated_at", "@updated_at", ColumnType.TIMESTAMP),
        Column("activity_type", "activityType", ColumnType.INTEGER),
        Column("created_at", "createdAt", ColumnType.TIMESTAMP),
        Column("updated_at", "updatedAt", ColumnType.TIMESTAMP),
        Column("primary_description", "primaryDescription"),
        Column("secondary_description", "secondaryDescription"),
        Column("old_incident_status", "data.oldIncidentStatus"),
        Column("new_incident_status", "data.newIncidentStatus"),
        Column("data", "data", ColumnType.JSON, personal=True),
        Column("user_id", "userId"),
        Column("agent_id", "agentId"),
    ),
)
