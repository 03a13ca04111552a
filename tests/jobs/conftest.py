"""The installation these tests share (see server/installation.py)."""

from server.installation import (  # type: ignore[import-not-found, unused-ignore]
    app,
    ledger,
)

__all__ = ["app", "ledger"]
