"""The console's client: the only code that talks to SentinelOne, and it can only read.

Start at `client.py`. Pure parts: `address.py` and `token.py` (what was typed), `retry.py`,
`paging.py`, `trial.py` (what one try brought), `answers.py` and `probing.py` (what a refusal and
what a failure mean), `decode.py` (JSON to typed columns), `redact.py` (secrets out of a page).
`transport.py` is the wire, `stopping.py` how waiting for it is called off.
"""
