"""Roles that console users and service users can hold."""

from watchkeeper.model.resource import Column, ColumnType, Resource

RESOURCE = Resource(
    name="roles",
    title="Roles",
    path="/rbac/roles",
    permission="Roles.view",
    order=62,
    parameters=(("sortBy", "id"), ("sortOrder", "asc")),
    created="created_at",
    updated="updated_at",
    columns=(
        Column("id", "id"),
        Column("name", "name"),
        Column("description", "description"),
        Column("scope", "scope"),
        Column("scope_id", "scopeId"),
        Column("predefined", "predefinedRole", ColumnType.BOOLEAN),
        Column("users_in_role", "usersInRoles", ColumnType.INTEGER),
        Column("account_name", "accountName"),
        Column("site_name", "siteName"),
        Column("created_at", "createdAt", ColumnType.TIMESTAMP),
        Column("updated_at", "updatedAt", ColumnType.TIMESTAMP),
    ),
)
