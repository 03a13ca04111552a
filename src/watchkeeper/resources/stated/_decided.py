"""What every statement has that one person asks for and another decides."""

from typing import Final

from watchkeeper.model.resource import Column, ColumnType

DECIDED: Final = (
    # requested, approved, rejected or revoked; the newest version of an id is the one that counts.
    Column("state", "state"),
    Column("ticket", "ticket"),
    Column("requested_by", "requested_by", personal=True),
    Column("requested_at", "requested_at", ColumnType.TIMESTAMP),
    # Who approved, rejected or revoked it, when, and why where it is worth a word.
    Column("decided_by", "decided_by", personal=True),
    Column("decided_at", "decided_at", ColumnType.TIMESTAMP),
    Column("remark", "remark"),
    # From valid_from on and before expires_at.
    Column("valid_from", "valid_from", ColumnType.TIMESTAMP),
    Column("expires_at", "expires_at", ColumnType.TIMESTAMP),
    Column("recorded_at", "recorded_at", ColumnType.TIMESTAMP),
)
