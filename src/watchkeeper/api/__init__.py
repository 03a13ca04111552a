"""The REST API below `/api/v1`: what the pages show and do, for programs.

An endpoint is a file of `endpoints/` with a `router`. Answers are JSON; what goes wrong is a
problem (RFC 9457, `problems.py`); who calls and what they may do is found in `callers.py`. The
OpenAPI document and the browsable documentation are made from the code (`application.py`).
"""
