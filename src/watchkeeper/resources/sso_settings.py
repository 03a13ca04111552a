"""Single sign-on of the console: whether it is on, and with which identity provider."""

from watchkeeper.model.resource import Column, ColumnType, Resource, Walk

# The fields are taken from public clients and are to be confirmed at a console.
RESOURCE = Resource(
    name="sso_settings",
    title="Single sign-on settings",
    path="/settings/sso",
    permission="Integrations.view",
    walk=Walk.SINGLE,
    order=66,
    optional=True,
    key="id",
    secrets=("idpCert", "spCert", "certificate"),
    columns=(
        Column("id", "@resource"),
        Column("enabled", "enabled", ColumnType.BOOLEAN),
        Column("idp_url", "idpSsoUrl"),
        Column("issuer", "issuerId"),
        Column("auto_provisioning", "autoProvisioning", ColumnType.BOOLEAN),
    ),
)
