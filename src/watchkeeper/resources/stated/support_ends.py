"""When support of agent versions ends, from the vendor's own table; each load is the whole."""

from watchkeeper.model.resource import Column, ColumnType, Resource, Walk

RESOURCE = Resource(
    name="support_ends",
    title="Ends of support",
    path="support-ends",
    permission="",
    walk=Walk.STATED,
    columns=(
        Column("id", "id"),
        Column("list", "list"),
        Column("external_id", "external_id"),
        # windows, macos, linux, linux_k8s; empty: every operating system.
        Column("os_type", "os_type"),
        # Major and minor number: `23.4`.
        Column("version", "version"),
        Column("ends_at", "ends_at", ColumnType.TIMESTAMP),
        # Where the date was published.
        Column("source", "source"),
        Column("listed_at", "listed_at", ColumnType.TIMESTAMP),
    ),
)
