"""Service users: identities that use the console through an API token."""

from watchkeeper.model.resource import Column, ColumnType, Resource

RESOURCE = Resource(
    name="service_users",
    title="Service users",
    path="/service-users",
    permission="Service Users.view",
    order=61,
    parameters=(("sortBy", "id"), ("sortOrder", "asc")),
    created="created_at",
    updated="updated_at",
    columns=(
        Column("id", "id"),
        Column("name", "name"),
        Column("description", "description"),
        Column("scope", "scope"),
        Column("scope_roles", "scopeRoles", ColumnType.JSON),
        Column("created_by", "createdBy.name", personal=True),
        Column("updated_by", "updatedBy.name", personal=True),
        Column("created_at", "createdAt", ColumnType.TIMESTAMP),
        Column("updated_at", "updatedAt", ColumnType.TIMESTAMP),
        # Declared in the specification, not in every body that was seen.
        Column("expiration_at", "expirationDate", ColumnType.TIMESTAMP),
        Column("last_activation_at", "lastActivation", ColumnType.TIMESTAMP),
        Column("api_token_created_at", "apiToken.createdAt", ColumnType.TIMESTAMP),
        Column("api_token_expires_at", "apiToken.expiresAt", ColumnType.TIMESTAMP),
    ),
)
