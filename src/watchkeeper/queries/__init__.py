"""What pages, the API and the command line ask: one file per question, frozen answers.

Connections, the index and history come from the ledger; items and devices from the locker's
sealed tables, searched, filtered, sorted and paged by DuckDB (`sealed.py`, `listing.py`), so that
a page costs the same with a hundred rows and with a million.
"""
