"""A control that cannot be judged because of itself."""

from watchkeeper.errors import WatchkeeperError


class ControlFaulty(WatchkeeperError):
    """The control's SQL is refused, fails, takes too much, or answers with something else."""
