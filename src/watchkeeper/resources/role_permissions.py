"""What each role grants: read one role at a time, as only a role's own page lists it."""

from watchkeeper.model.resource import Column, ColumnType, Resource, Walk

RESOURCE = Resource(
    name="role_permissions",
    title="Role permissions",
    path="/rbac/role/{id}",
    permission="Roles.view",
    walk=Walk.EACH,
    order=63,
    needs=("roles",),
    columns=(
        Column("id", "@id"),
        Column("name", "name"),
        Column("pages", "pages", ColumnType.JSON),
    ),
)
