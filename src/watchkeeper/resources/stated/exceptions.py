"""Exceptions: approved, expiring deviations. They never change what was observed."""

from watchkeeper.model.resource import Column, ColumnType, Nature, Resource, Walk
from watchkeeper.resources.stated._decided import DECIDED

RESOURCE = Resource(
    name="exceptions",
    title="Exceptions",
    path="exceptions",
    permission="",
    nature=Nature.STREAM,
    walk=Walk.STATED,
    presumed_empty=True,
    created="requested_at",
    updated="recorded_at",
    columns=(
        Column("id", "id"),
        Column("control", "control"),
        # One item's subject, or empty where `selector` names many.
        Column("subject", "subject"),
        # {"sites": [ids], "groups": [ids], "tags": [...], "machine_types": [...]}; all must hold.
        Column("selector", "selector", ColumnType.JSON),
        Column("reason", "reason"),
        Column("risk", "risk"),
        Column("measure", "measure"),
        # What was approved: the control's version, and by subject the digest of its failing values.
        Column("control_version", "control_version"),
        Column("observed", "observed", ColumnType.JSON),
        *DECIDED,
    ),
)
