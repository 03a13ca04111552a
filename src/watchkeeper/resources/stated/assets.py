"""Assets: what the company says it owns, from one or several lists; each load is the whole."""

from watchkeeper.model.resource import Column, ColumnType, Resource, Walk

RESOURCE = Resource(
    name="assets",
    title="Assets",
    path="assets",
    permission="",
    walk=Walk.STATED,
    columns=(
        # The list's name and the asset's key in it: `hardware/4711`.
        Column("id", "id"),
        Column("list", "list"),
        Column("external_id", "external_id"),
        Column("name", "name"),
        Column("domain", "domain"),
        Column("serial_number", "serial_number"),
        Column("mac_addresses", "mac_addresses", ColumnType.TEXTS),
        Column("os_type", "os_type"),
        Column("machine_type", "machine_type"),
        Column("status", "status"),
        Column("owner", "owner", personal=True),
        Column("location", "location"),
        Column("last_seen_at", "last_seen_at", ColumnType.TIMESTAMP),
        # When the list was read from where it is kept.
        Column("listed_at", "listed_at", ColumnType.TIMESTAMP),
    ),
)
