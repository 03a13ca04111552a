"""Whose token this is: name, scope, role, expiry. The monitor is in its own population."""

from watchkeeper.model.resource import Column, ColumnType, Resource, Walk

RESOURCE = Resource(
    name="own_user",
    title="The token's own user",
    path="/user",
    permission="Users.view",
    walk=Walk.SINGLE,
    order=12,
    columns=(
        Column("id", "id"),
        Column("full_name", "fullName", personal=True),
        Column("email", "email", personal=True),
        Column("source", "source"),
        Column("scope", "scope"),
        Column("scope_roles", "scopeRoles", ColumnType.JSON),
        Column("api_token_created_at", "apiToken.createdAt", ColumnType.TIMESTAMP),
        Column("api_token_expires_at", "apiToken.expiresAt", ColumnType.TIMESTAMP),
    ),
)
