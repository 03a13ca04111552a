"""What every test runs under: this machine only, and no deadline that a busy machine would miss."""

import ipaddress
import sys
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

settings.register_profile("watchkeeper", deadline=None, print_blob=True)
settings.load_profile("watchkeeper")

# Where what tests share takes long to make, one process of several runs them all and makes it once.
TOGETHER = {
    "tests/server/test_operating.py": "operating",
    "tests/web/test_browser.py": "browser",
    "tests/web/test_browser_connections.py": "browser connections",
    "tests/web/": "pages",
    "tests/api/": "pages",
}


class Together(LoadScopeScheduling):  # type: ignore[misc] # xdist has no types
    """Hands out tests one by one, but for those that stay together."""

    def _split_scope(self, nodeid: str) -> str:
        found = (name for where, name in TOGETHER.items() if nodeid.startswith(where))
        return next(found, nodeid)


@pytest.hookimpl(optionalhook=True)  # with `-p no:xdist` nobody asks
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    return Together(config, log)


def _loopback_only(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuses a connection from this process to anywhere else."""
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    host = str(arguments[1][0])
    if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
        raise RuntimeError(f"a test may talk to this machine only, not to {host}")


sys.addaudithook(_loopback_only)
