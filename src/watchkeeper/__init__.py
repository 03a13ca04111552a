"""Continuous control monitoring for SentinelOne, with evidence an auditor can check."""

import os
import sys

__version__ = "0.1.0"

# Arrow's usual pool keeps what it once had, the system's gives it back, and jemalloc is not broken
# up by what is small and stays either: some 10 MB less of peak memory over a million agents. It is
# named only where Arrow's packages have it: the others complain on standard error. They look for
# this when they are loaded, and never again: a pool that is chosen later is not used everywhere.
_JEMALLOC = sys.platform == "linux" and os.uname().machine == "x86_64"
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "jemalloc" if _JEMALLOC else "system")
