"""Scope rules: who is outside the population, by whose decision and why. Versioned."""

from watchkeeper.model.resource import Column, ColumnType, Nature, Resource, Walk
from watchkeeper.resources.stated._decided import DECIDED

RESOURCE = Resource(
    name="scope_rules",
    title="Scope rules",
    path="scope-rules",
    permission="",
    nature=Nature.STREAM,
    walk=Walk.STATED,
    presumed_empty=True,
    created="requested_at",
    updated="recorded_at",
    columns=(
        Column("id", "id"),
        Column("name", "name"),
        Column("version", "version", ColumnType.INTEGER),
        # The id of the version before it, which ends when this one is approved.
        Column("replaces", "replaces"),
        # Outside is what is in one of these, or has one of these tags or machine types.
        Column("sites", "sites", ColumnType.TEXTS),
        Column("groups", "groups", ColumnType.TEXTS),
        Column("tags", "tags", ColumnType.TEXTS),
        Column("machine_types", "machine_types", ColumnType.TEXTS),
        # The controls it holds for; empty: all of them.
        Column("controls", "controls", ColumnType.TEXTS),
        Column("reason", "reason"),
        *DECIDED,
    ),
)
