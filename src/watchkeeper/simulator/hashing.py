"""The hash by which a policy's settings are told from those that were approved."""

import json
from hashlib import sha256
from typing import Final

from watchkeeper.simulator.faults import Faults
from watchkeeper.simulator.records import policy as record
from watchkeeper.simulator.world import Row

# Who wrote the policy and when, and whose it is: no settings.
_NOT_SETTINGS: Final = frozenset(
    "createdAt updatedAt userId userFullName inheritedFrom isDefault".split()
)


def settings_hash(policy: Row, profile: str) -> str:
    """SHA-256 in hex of the settings as a console of that profile serves them.

    They are written as JSON with sorted names and without spaces, in UTF-8.
    """
    served = record(policy, "", profile, Faults())
    settings = {name: value for name, value in served.items() if name not in _NOT_SETTINGS}
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()
