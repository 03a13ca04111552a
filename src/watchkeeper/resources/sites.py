"""Sites, with their licences and expiry."""

from watchkeeper.model.resource import Column, ColumnType, Resource

RESOURCE = Resource(
    name="sites",
    title="Sites",
    path="/sites",
    permission="Sites.view",
    order=20,
    envelope="sites",
    parameters=(("sortBy", "id"), ("sortOrder", "asc"), ("states", "active,expired")),
    secrets=("registrationToken",),
    created="created_at",
    updated="updated_at",
    filters=("accountIds", "siteIds"),
    columns=(
        Column("id", "id"),
        Column("name", "name"),
        Column("description", "description"),
        Column("account_id", "accountId"),
        Column("account_name", "accountName"),
        Column("state", "state"),
        Column("site_type", "siteType"),
        Column("is_default", "isDefault", ColumnType.BOOLEAN),
        Column("total_licenses", "totalLicenses", ColumnType.INTEGER),
        Column("active_licenses", "activeLicenses", ColumnType.INTEGER),
        Column("unlimited_licenses", "unlimitedLicenses", ColumnType.BOOLEAN),
        Column("expiration", "expiration", ColumnType.TIMESTAMP),
        Column("unlimited_expiration", "unlimitedExpiration", ColumnType.BOOLEAN),
        Column("licenses", "licenses", ColumnType.JSON),
        Column("external_id", "externalId"),
        Column("created_at", "createdAt", ColumnType.TIMESTAMP),
        Column("updated_at", "updatedAt", ColumnType.TIMESTAMP),
    ),
)
