"""The ledger: PostgreSQL's index of the locker, the connections, the runs, the audit trail.

Start at `models.py`; `index.py` brings the index up to what the locker holds, `secrets.py` keeps
tokens unreadable, `postgres.py` runs the embedded database, `installation.py` says what a process
of this installation works with.
"""
