"""Collecting: resource declarations × console → sealed collections. Knows no database.

Start at `engine.py`. One module per way of reading: `lists.py` (in one walk, or in `parts.py`),
`windows.py` (lists in windows of time), `timelines.py`, `policies.py`, `single.py`. They share
`reading.py` (one collection in the making), `cursor.py` (one walk) and `crew.py` (several walks
at once). Interrupted runs: `resuming.py` finds them, `replay.py` answers what was answered.
"""
