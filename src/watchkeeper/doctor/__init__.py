"""What is wrong with an installation and how to mend it: one small check per file, facts in.

`finding.py` says what a check tells; `examination.py` gathers the facts and asks every check.
A check that cannot be made is told as such, never as right.
"""
