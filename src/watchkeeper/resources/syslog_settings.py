"""Where the console forwards its log to, if it does."""

from watchkeeper.model.resource import Column, ColumnType, Resource, Walk

# The fields are taken from public clients and are to be confirmed at a console.
RESOURCE = Resource(
    name="syslog_settings",
    title="Log forwarding settings",
    path="/settings/syslog",
    permission="Integrations.view",
    walk=Walk.SINGLE,
    order=67,
    optional=True,
    key="id",
    secrets=("token", "clientKey", "clientCert", "serverCert"),
    columns=(
        Column("id", "@resource"),
        Column("enabled", "enabled", ColumnType.BOOLEAN),
        Column("host", "host"),
        Column("format", "format"),
        Column("use_ssl", "ssl", ColumnType.BOOLEAN),
    ),
)
