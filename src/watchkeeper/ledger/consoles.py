"""Which hosts an installation sends a token to, and what an operator does about another one."""

from collections.abc import Sequence

from watchkeeper.errors import UsageError
from watchkeeper.sentinelone.address import Address, parse_address


def console_address(text: str, allowed: Sequence[str]) -> Address:
    """The address in a pasted text; raises UsageError, which names the setting that allows a host.

    `allowed` are the hosts that WATCHKEEPER_ALLOWED_CONSOLES names.
    """
    try:
        return parse_address(text, allowed)
    except UsageError as error:
        if "--allow-host" not in error.hint:  # what `run` takes, and an installation does not
            raise
        raise UsageError(
            error.message,
            hint="If it is your console, name its host in WATCHKEEPER_ALLOWED_CONSOLES, for every "
            "command of this installation.",
        ) from error
