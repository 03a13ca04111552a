"""Durable tasks and the schedule: where the core meets the ledger.

`runs.py` is how a collection is asked for; `tasks.py` what a worker does; `schedule.py` decides
what is due; `processes.py` keeps the processes of one machine together.
"""
