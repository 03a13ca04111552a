"""The questions pages ask: against a real locker and a real PostgreSQL."""
