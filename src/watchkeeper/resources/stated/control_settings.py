"""Thresholds that the company chose for its controls, each change with its reason."""

from watchkeeper.model.resource import Column, ColumnType, Nature, Resource, Walk

RESOURCE = Resource(
    name="control_settings",
    title="Control settings",
    path="control-settings",
    permission="",
    nature=Nature.STREAM,
    walk=Walk.STATED,
    presumed_empty=True,
    updated="recorded_at",
    columns=(
        # The control and its parameter: `HLT-01/laptop_days`.
        Column("id", "id"),
        Column("control", "control"),
        Column("parameter", "parameter"),
        # The value as JSON; null: the page's default again.
        Column("value", "value", ColumnType.JSON),
        Column("reason", "reason"),
        Column("changed_by", "changed_by", personal=True),
        Column("recorded_at", "recorded_at", ColumnType.TIMESTAMP),
    ),
)
