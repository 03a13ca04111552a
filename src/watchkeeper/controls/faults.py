"""What is wrong with a page, before it is known which file it stands in."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

Value = TypeVar("Value")
Arguments = ParamSpec("Arguments")


class PageFault(Exception):
    """One fault in words, without the file and without a full stop."""


class PageFaults(Exception):
    """Every fault of a page that could be met; at least one."""

    def __init__(self, faults: list[str]) -> None:
        """`faults` are as those of PageFault."""
        super().__init__(faults[0])
        self.faults = tuple(faults)


class Noted:
    """Faults, met one after the other: whoever wrote the page wants to hear of all of them."""

    def __init__(self) -> None:
        self._faults: list[str] = []

    def ask(
        self,
        otherwise: Value,
        read: Callable[Arguments, Value],
        *arguments: Arguments.args,
        **named: Arguments.kwargs,
    ) -> Value:
        """What `read` gives; `otherwise`, with the fault noted, where it meets one."""
        try:
            return read(*arguments, **named)
        except PageFault as fault:
            self._faults.append(str(fault))
        except PageFaults as faults:
            self._faults.extend(faults.faults)
        return otherwise

    def end(self) -> None:
        """Raises PageFaults where any was noted."""
        if self._faults:
            raise PageFaults(self._faults)
