"""Collecting: resource declarations × console → sealed collections. Knows no database.

Start at `engine.py`, which has resources read `side_by_side.py`; `job.py` is what they share. One
module per way of reading: `lists.py` (in one walk, or in `parts.py`), `windows.py` (lists in
windows of time), `timelines.py`, `policies.py`, `single.py`. These share `reading.py` (one
collection in the making), `cursor.py` (one walk) and `crew.py` (several walks at once).
Interrupted runs: `resuming.py` finds them, `replay.py` answers what was answered.
"""
