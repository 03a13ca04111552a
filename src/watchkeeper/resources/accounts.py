"""Accounts; where the token may not read them, derived from the sites and marked so."""

from watchkeeper.model.resource import Column, ColumnType, Resource

RESOURCE = Resource(
    name="accounts",
    title="Accounts",
    path="/accounts",
    permission="Accounts.view",
    order=21,
    needs=("sites",),
    parameters=(("sortBy", "id"), ("sortOrder", "asc"), ("states", "active,expired")),
    created="created_at",
    updated="updated_at",
    filters=("accountIds",),
    columns=(
        Column("id", "id"),
        Column("name", "name"),
        Column("state", "state"),
        Column("account_type", "accountType"),
        Column("usage_type", "usageType"),
        Column("billing_mode", "billingMode"),
        Column("is_default", "isDefault", ColumnType.BOOLEAN),
        Column("active_agents", "activeAgents", ColumnType.INTEGER),
        Column("number_of_sites", "numberOfSites", ColumnType.INTEGER),
        Column("total_licenses", "totalLicenses", ColumnType.INTEGER),
        Column("expiration", "expiration", ColumnType.TIMESTAMP),
        Column("unlimited_expiration", "unlimitedExpiration", ColumnType.BOOLEAN),
        Column("licenses", "licenses", ColumnType.JSON),
        Column("created_at", "createdAt", ColumnType.TIMESTAMP),
        Column("updated_at", "updatedAt", ColumnType.TIMESTAMP),
    ),
)
