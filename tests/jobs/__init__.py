"""What is due, runs, tasks and workers: against a real PostgreSQL and a simulated console."""
