"""Agent packages the console offers: what "current" means, per operating system."""

from watchkeeper.model.resource import Column, ColumnType, Resource

RESOURCE = Resource(
    name="packages",
    title="Agent packages",
    path="/update/agent/packages",
    permission="Packages.view",
    order=11,
    parameters=(("sortBy", "id"), ("sortOrder", "asc")),
    created="created_at",
    updated="updated_at",
    columns=(
        Column("id", "id"),
        Column("version", "version"),
        Column("status", "status"),
        Column("os_type", "osType"),
        Column("platform_type", "platformType"),
        Column("os_arch", "osArch"),
        Column("package_type", "packageType"),
        Column("file_name", "fileName"),
        Column("file_extension", "fileExtension"),
        Column("scope_level", "scopeLevel"),
        Column("created_at", "createdAt", ColumnType.TIMESTAMP),
        Column("updated_at", "updatedAt", ColumnType.TIMESTAMP),
    ),
)
