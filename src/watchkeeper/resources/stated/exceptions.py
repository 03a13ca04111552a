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
        # What was approved: the SHA-256 of the control's page, and by subject that of its values.
        Column("control_sha256", "control_sha256"),
        Column("observed", "observed", ColumnType.JSON),
        *DECIDED,
    ),
)
