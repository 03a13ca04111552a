"""Exclusions in the newer form, of suppression and interoperability alike, at every scope."""

from watchkeeper.model.resource import Column, ColumnType, Resource

# Fields after the names by which the vendor's reference lets this list be sorted and filtered; to
# be confirmed at a console. Consoles before 2025 do not serve it.
RESOURCE = Resource(
    name="unified_exclusions",
    title="Unified exclusions",
    path="/unified-exclusions",
    permission="Exclusions.view",
    order=65,
    optional=True,
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
        Column("name", "exclusionName"),
        Column("mode_type", "modeType"),
        Column("interaction_level", "interactionLevel"),
        Column("conditions", "conditions", ColumnType.JSON),
        Column("threat_type", "threatType", ColumnType.TEXTS),
        Column("engines", "engines", ColumnType.TEXTS),
        Column("os_type", "osType"),
        Column("source", "source"),
        Column("description", "description"),
        Column("reason", "reason"),
        Column("user", "user", personal=True),
        Column("user_id", "userId"),
        Column("scope_path", "scopePath"),
        Column("not_recommended", "notRecommended"),
        Column("child_process", "childProcess", ColumnType.BOOLEAN),
        Column("imported", "imported", ColumnType.BOOLEAN),
        Column("in_app_inventory", "inAppInventory", ColumnType.BOOLEAN),
        Column("created_at", "createdAt", ColumnType.TIMESTAMP),
        Column("updated_at", "updatedAt", ColumnType.TIMESTAMP),
    ),
)
