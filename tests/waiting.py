"""Waiting for what another thread or process does."""

import time
from collections.abc import Callable


def until(said: Callable[[], object], patience: float = 60.0) -> None:
    """Returns once it is so; fails when it is not after so many seconds."""
    deadline = time.monotonic() + patience
    while not said():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)
