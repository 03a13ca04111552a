"""The locker: the append-only store of collections and assessments. It is the truth.

Start at `locker.py`; `layout.py` says where things lie, `log.py` how a removal shows,
`verify.py` what an auditor's check compares.
"""
