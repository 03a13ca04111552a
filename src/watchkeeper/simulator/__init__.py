"""A simulated SentinelOne console over real HTTP, and the truth about the company behind it.

It shares nothing with the product: its endpoints and records are written from the vendor's
specification, its verdicts are worked out from the company itself.
"""

from watchkeeper.simulator.catalogue import PROFILES
from watchkeeper.simulator.company import Company
from watchkeeper.simulator.faults import FAULTS
from watchkeeper.simulator.seen import Seen
from watchkeeper.simulator.served import Running
from watchkeeper.simulator.server import running
from watchkeeper.simulator.statements import statements
from watchkeeper.simulator.truth import truth

__all__ = [
    "FAULTS",
    "PROFILES",
    "Company",
    "Running",
    "Seen",
    "running",
    "statements",
    "truth",
]
