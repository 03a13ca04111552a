"""The ledger's tables, step by step. A step that was released is never edited."""
