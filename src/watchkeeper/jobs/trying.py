"""A console and a token, tried before anything is saved."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from watchkeeper.collection.preflight import Finding, preflight
from watchkeeper.ledger.installation import Installation
from watchkeeper.sentinelone import probing
from watchkeeper.sentinelone.address import Address, environment_proxy
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.limits import Limits
from watchkeeper.sentinelone.token import Token

# Somebody waits before a page.
_LIMITS = Limits(connect=5.0, silence=15.0, total=30.0, tries=2)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What somebody wants to connect: an address, a token, and the way to it."""

    address: Address
    token: Token
    proxy: str = ""
    certificates: str = ""

    def console(self, parts: Installation) -> Console:
        """Its client, less patient than that of a collection."""
        return Console(
            self.address,
            self.token,
            limits=_LIMITS,
            clock=parts.clock,
            proxy=self.proxy or environment_proxy(self.address),
            certificates=self.certificates,
        )


def findings(candidate: Candidate, parts: Installation) -> Iterator[Finding]:
    """What a token can do, line by line as it is found out; nothing is saved."""
    console = candidate.console(parts)
    try:
        yield from preflight(console)
    finally:
        console.close()


def ensure_accepted(candidate: Candidate, parts: Installation) -> None:
    """Raises a ConsoleError unless the console answers and accepts the token."""
    console = candidate.console(parts)
    try:
        console.ask(probing.PATH, {}, _anything)
    finally:
        console.close()


def _anything(text: bytes) -> None:
    """Raises where the answer is not even JSON."""
    msgspec.json.decode(text)
