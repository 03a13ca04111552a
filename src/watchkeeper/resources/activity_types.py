"""The console's own list of activity types; it grows with every version."""

from datetime import timedelta

from watchkeeper.model.resource import Column, ColumnType, Resource, Walk

RESOURCE = Resource(
    name="activity_types",
    title="Activity types",
    path="/activities/types",
    permission="Activity Page.view",
    walk=Walk.SINGLE,
    interval=timedelta(hours=6),
    order=71,
    columns=(
        Column("id", "id", ColumnType.INTEGER),
        Column("action", "action"),
        Column("description_template", "descriptionTemplate"),
    ),
)
