"""Attestations: what a person vouches for because no console can tell it."""

from watchkeeper.model.resource import Column, ColumnType, Nature, Resource, Walk
from watchkeeper.resources.stated._decided import DECIDED

RESOURCE = Resource(
    name="attestations",
    title="Attestations",
    path="attestations",
    permission="",
    nature=Nature.STREAM,
    walk=Walk.STATED,
    presumed_empty=True,
    created="requested_at",
    updated="recorded_at",
    columns=(
        Column("id", "id"),
        Column("kind", "kind"),
        # What it is about, as items name it (`user:123`); empty: all that the kind is about.
        Column("subject", "subject"),
        Column("statement", "statement"),
        # Values the kind asks for, as the hash of the policy that was approved: name to text.
        Column("data", "data", ColumnType.JSON),
        *DECIDED,
    ),
)
