"""What people and the console did: administrative actions, sign-ins, state changes."""

from datetime import timedelta

from watchkeeper.model.resource import Column, ColumnType, Nature, Resource, Walk

RESOURCE = Resource(
    name="activities",
    title="Activities",
    path="/activities",
    permission="Activity Page.view",
    nature=Nature.STREAM,
    walk=Walk.WINDOWS,
    interval=timedelta(hours=6),
    order=70,
    parameters=(("sortBy", "createdAt"), ("sortOrder", "asc")),
    created="created_at",
    filters=("accountIds", "siteIds"),
    columns=(
        Column("id", "id"),
        Column("activity_uuid", "activityUuid"),
        Column("activity_type", "activityType", ColumnType.INTEGER),
        Column("created_at", "createdAt", ColumnType.TIMESTAMP),
        Column("updated_at", "updatedAt", ColumnType.TIMESTAMP),
        Column("primary_description", "primaryDescription"),
        Column("secondary_description", "secondaryDescription"),
        Column("comments", "comments"),
        Column("data", "data", ColumnType.JSON, personal=True),
        Column("user_id", "userId"),
        Column("agent_id", "agentId"),
        Column("threat_id", "threatId"),
        Column("account_id", "accountId"),
        Column("account_name", "accountName"),
        Column("site_id", "siteId"),
        Column("site_name", "siteName"),
        Column("group_id", "groupId"),
        Column("group_name", "groupName"),
    ),
)
