"""The installation these tests share (see server/installation.py)."""

from tests.server.installation import (
    app,
    ledger,
)

__all__ = ["app", "ledger"]
