"""Who may do what: signing in and out, roles, headers that protect the pages.

`roles.py` answers `may(user, action)`; `people.py` makes people; `throttle.py` slows guessing.
"""
