"""The REST API: against a real PostgreSQL, a sealed locker and a simulated console."""
