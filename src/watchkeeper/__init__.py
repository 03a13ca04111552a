"""Continuous control monitoring for SentinelOne, with evidence an auditor can check."""

import os
import sys

__version__ = "0.1.0"

# Arrow's usual pool keeps what it once had. This one gives it back and is not broken up by what is
# small and stays, which is worth some 10 MB of peak memory over a million agents against the
# system's; Arrow has it on Linux. It looks for this when it is loaded, and never again: a pool that
# is chosen later is not used everywhere.
_POOL = "jemalloc" if sys.platform == "linux" else "system"
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", _POOL)
