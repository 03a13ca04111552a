"""Our own collections as their manifests tell them: what was read when, how long, how whole."""

from watchkeeper.model.resource import Column, ColumnType, Resource, Walk

RESOURCE = Resource(
    name="own_collections",
    title="Own collections",
    path="collections",
    permission="",
    walk=Walk.OWN,
    columns=(
        Column("id", "id"),
        Column("resource", "resource"),
        Column("title", "title"),
        Column("verdict", "verdict"),
        Column("reason", "reason"),
        Column("started_at", "started", ColumnType.TIMESTAMP),
        Column("ended_at", "ended", ColumnType.TIMESTAMP),
        Column("rows", "rows", ColumnType.INTEGER),
        Column("distinct_rows", "distinct", ColumnType.INTEGER),
        Column("count_before", "count_before", ColumnType.INTEGER),
        Column("count_after", "count_after", ColumnType.INTEGER),
        # Whether a console may do without the resource.
        Column("is_optional", "optional", ColumnType.BOOLEAN),
        # How often the resource is declared to be read, in seconds; when the schedule wanted it.
        Column("interval_seconds", "interval", ColumnType.INTEGER),
        Column("due_at", "due", ColumnType.TIMESTAMP),
        # The console's clock less ours, in milliseconds.
        Column("clock_offset_ms", "clock_offset_ms", ColumnType.INTEGER),
        # What a list in windows of time covers.
        Column("window_from", "window.from", ColumnType.TIMESTAMP),
        Column("window_to", "window.to", ColumnType.TIMESTAMP),
    ),
)
