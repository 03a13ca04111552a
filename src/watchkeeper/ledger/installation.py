"""What a process of this installation works with, handed down by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from django.conf import settings

from watchkeeper.clock import SYSTEM_CLOCK, Clock
from watchkeeper.ledger.secrets import Vault

if TYPE_CHECKING:
    from watchkeeper.locker.locker import Locker


@dataclass(frozen=True)
class Installation:
    """The parts that pages and jobs share; `locker` opens the locker anew at every call.

    `uploads` is the folder of lists that somebody is looking at before they are loaded; `closed`
    are places that nobody is shown a file of: the data, the keys.
    """

    locker: "Callable[[], Locker]"
    vault: Vault
    uploads: Path
    closed: tuple[Path, ...] = ()
    allowed_consoles: tuple[str, ...] = ()
    clock: Clock = SYSTEM_CLOCK


def installation() -> Installation:
    """The parts of this process; Django must be configured (`bootstrap.build`)."""
    return cast("Installation", getattr(settings, "WATCHKEEPER"))  # noqa: B009 - ours, not Django's
