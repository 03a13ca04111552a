"""Devices that agents saw on their networks and that have no agent. Licensed separately."""

from watchkeeper.model.resource import Column, ColumnType, Resource

# Path and permission are the vendor's; the fields are taken from public clients of this list and
# are to be confirmed at a console.
RESOURCE = Resource(
    name="rogues",
    title="Devices without an agent",
    path="/rogues/table-view",
    permission="Rogues.view",
    order=45,
    optional=True,
    parameters=(("sortBy", "id"), ("sortOrder", "asc")),
    created="first_seen_at",
    filters=("accountIds", "siteIds"),
    columns=(
        Column("id", "id"),
        Column("hostnames", "hostnames", ColumnType.TEXTS),
        Column("local_ip", "localIp", personal=True),
        Column("external_ip", "externalIp", personal=True),
        Column("mac_address", "macAddress", personal=True),
        Column("manufacturer", "manufacturer"),
        Column("device_type", "deviceType"),
        Column("os_type", "osType"),
        Column("os_name", "osName"),
        Column("os_version", "osVersion"),
        Column("domain", "domain"),
        Column("managed_state", "managedState"),
        Column("first_seen_at", "firstSeen", ColumnType.TIMESTAMP),
        Column("last_seen_at", "lastSeen", ColumnType.TIMESTAMP),
        Column("account_id", "accountId"),
        Column("site_id", "siteId"),
        Column("site_name", "siteName"),
    ),
)
