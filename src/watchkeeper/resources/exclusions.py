"""Exclusions in the classic form: what agents are told to leave alone, at every scope."""

from watchkeeper.model.resource import Column, ColumnType, Resource

# The parameters are those of the vendor's reference; the fields of a record are taken from public
# clients of this path and are to be confirmed at a console.
RESOURCE = Resource(
    name="exclusions",
    title="Exclusions",
    path="/exclusions",
    permission="Exclusions.view",
    order=64,
    parameters=(
        ("sortBy", "id"),
        ("sortOrder", "asc"),
        ("includeChildren", "true"),
        ("includeParents", "true"),
    ),
    created="created_at",
    updated="updated_at",
    columns=(
        Column("id", "id"),
        Column("type", "type"),
        Column("value", "value"),
        Column("os_type", "osType"),
        Column("mode", "mode"),
        Column("path_exclusion_type", "pathExclusionType"),
        Column("source", "source"),
        Column("description", "description"),
        Column("user", "userName", personal=True),
        Column("user_id", "userId"),
        Column("is_tenant", "scope.tenant", ColumnType.BOOLEAN),
        Column("scope_name", "scopeName"),
        Column("scope_path", "scopePath"),
        Column("not_recommended", "notRecommended"),
        Column("actions", "actions", ColumnType.TEXTS),
        Column("imported", "imported", ColumnType.BOOLEAN),
        Column("application_name", "applicationName"),
        Column("in_app_inventory", "inAppInventory", ColumnType.BOOLEAN),
        Column("created_at", "createdAt", ColumnType.TIMESTAMP),
        Column("updated_at", "updatedAt", ColumnType.TIMESTAMP),
    ),
)
