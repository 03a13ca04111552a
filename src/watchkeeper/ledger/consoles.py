"""Which hosts an installation sends a token to, and what an operator does about another one."""

from collections.abc import Sequence

from watchkeeper.errors import HostNotAllowed
from watchkeeper.sentinelone.address import Address, parse_address


def console_address(text: str, allowed: Sequence[str]) -> Address:
    """The address in a pasted text; raises UsageError, which names the setting that allows a host.

    `allowed` are the hosts that WATCHKEEPER_ALLOWED_CONSOLES names.
    """
    try:
        return parse_address(text, allowed)
    except HostNotAllowed as error:  # its hint is an option of `run`, which an installation has not
        raise HostNotAllowed(
            error.message,
            hint="If it is your console, name its host in WATCHKEEPER_ALLOWED_CONSOLES, for every "
            "command of this installation.",
        ) from error
