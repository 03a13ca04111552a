"""What every test runs under: this machine only, and no deadline that a busy machine would miss."""

import ipaddress
import sys
from typing import Any

from hypothesis import settings

settings.register_profile("watchkeeper", deadline=None, print_blob=True)
settings.load_profile("watchkeeper")


def _loopback_only(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuses a connection from this process to anywhere else."""
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    host = str(arguments[1][0])
    if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
        raise RuntimeError(f"a test may talk to this machine only, not to {host}")


sys.addaudithook(_loopback_only)
