"""Collecting: resource declarations × console → sealed collections. Knows no database.

Start at `engine.py`. One module per way of reading: `cursor.py` (lists), `windows.py` (lists in
windows of time), `timelines.py`, `policies.py`, `single.py`; `reading.py` is what they share.
"""
