"""What people wrote about each threat."""

from datetime import timedelta

from watchkeeper.model.resource import Column, ColumnType, Nature, Resource, Walk

RESOURCE = Resource(
    name="threat_notes",
    title="Threat notes",
    path="/threats/{id}/notes",
    permission="Threats.view",
    nature=Nature.STREAM,
    walk=Walk.TIMELINES,
    interval=timedelta(hours=6),
    order=53,
    needs=("threats",),
    # One request a threat: asked for where a control looks for one (DET-05).
    among=(("analyst_verdict", "true_positive"),),
    parameters=(("sortBy", "createdAt"), ("sortOrder", "asc")),
    created="created_at",
    columns=(
        Column("id", "@row"),
        Column("note_id", "id"),
        Column("threat_id", "@id"),
        Column("threat_updated_at", "@updated_at", ColumnType.TIMESTAMP),
        Column("text", "text", personal=True),
        Column("creator", "creator", personal=True),
        Column("creator_id", "creatorId"),
        Column("created_at", "createdAt", ColumnType.TIMESTAMP),
        Column("updated_at", "updatedAt", ColumnType.TIMESTAMP),
    ),
)
