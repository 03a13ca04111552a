"""Console users: people who can sign in."""

from watchkeeper.model.resource import Column, ColumnType, Resource

RESOURCE = Resource(
    name="users",
    title="Console users",
    path="/users",
    permission="Users.view",
    order=60,
    parameters=(("sortBy", "id"), ("sortOrder", "asc")),
    created="date_joined",
    columns=(
        Column("id", "id"),
        Column("full_name", "fullName", personal=True),
        Column("email", "email", personal=True),
        Column("source", "source"),
        Column("scope", "scope"),
        Column("scope_roles", "scopeRoles", ColumnType.JSON),
        Column("is_system", "isSystem", ColumnType.BOOLEAN),
        Column("two_fa_enabled", "twoFaEnabled", ColumnType.BOOLEAN),
        Column("two_fa_configured", "twoFaConfigured", ColumnType.BOOLEAN),
        Column("two_fa_status", "twoFaStatus"),
        Column("primary_two_fa_method", "primaryTwoFaMethod"),
        Column("first_login_at", "firstLogin", ColumnType.TIMESTAMP),
        Column("last_login_at", "lastLogin", ColumnType.TIMESTAMP),
        Column("date_joined", "dateJoined", ColumnType.TIMESTAMP),
        Column("email_verified", "emailVerified", ColumnType.BOOLEAN),
        Column("can_generate_api_token", "canGenerateApiToken", ColumnType.BOOLEAN),
        Column("api_token_created_at", "apiToken.createdAt", ColumnType.TIMESTAMP),
        Column("api_token_expires_at", "apiToken.expiresAt", ColumnType.TIMESTAMP),
    ),
)
