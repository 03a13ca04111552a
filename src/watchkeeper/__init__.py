"""Continuous control monitoring for SentinelOne, with evidence an auditor can check."""

import os

__version__ = "0.1.0"

# Arrow's own pool keeps what it once had; the system's gives it back, which is worth some 40 MB of
# peak memory at 100,000 agents. Arrow looks for this when it is loaded, and never again: a pool
# that is chosen later is not used everywhere.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
