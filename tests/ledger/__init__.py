"""The index, the keys, the embedded database: against a real PostgreSQL."""
