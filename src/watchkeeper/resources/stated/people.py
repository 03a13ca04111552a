"""People: who works here, by the staff list or identity provider; each load is the whole."""

from watchkeeper.model.resource import Column, ColumnType, Resource, Walk

RESOURCE = Resource(
    name="people",
    title="People",
    path="people",
    permission="",
    walk=Walk.STATED,
    columns=(
        Column("id", "id"),
        Column("list", "list"),
        Column("external_id", "external_id"),
        Column("email", "email", personal=True),
        Column("name", "name", personal=True),
        Column("active", "active", ColumnType.BOOLEAN),
        # When the person left, where the list tells it.
        Column("left_at", "left_at", ColumnType.TIMESTAMP),
        Column("listed_at", "listed_at", ColumnType.TIMESTAMP),
    ),
)
