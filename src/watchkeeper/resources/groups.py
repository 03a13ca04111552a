"""Groups: the scopes agents sit in, and whether they follow their site's policy."""

from watchkeeper.model.resource import Column, ColumnType, Resource

RESOURCE = Resource(
    name="groups",
    title="Groups",
    path="/groups",
    permission="Groups.view",
    order=22,
    # Consoles of 2024 refuse more than 300 a page here, and here alone.
    page_limit=300,
    parameters=(("sortBy", "id"), ("sortOrder", "asc")),
    secrets=("registrationToken",),
    created="created_at",
    updated="updated_at",
    filters=("accountIds", "siteIds"),
    columns=(
        Column("id", "id"),
        Column("name", "name"),
        Column("description", "description"),
        Column("site_id", "siteId"),
        Column("type", "type"),
        Column("is_default", "isDefault", ColumnType.BOOLEAN),
        Column("inherits", "inherits", ColumnType.BOOLEAN),
        Column("rank", "rank", ColumnType.INTEGER),
        Column("total_agents", "totalAgents", ColumnType.INTEGER),
        Column("filter_id", "filterId"),
        Column("filter_name", "filterName"),
        Column("creator", "creator", personal=True),
        Column("created_at", "createdAt", ColumnType.TIMESTAMP),
        Column("updated_at", "updatedAt", ColumnType.TIMESTAMP),
    ),
)
