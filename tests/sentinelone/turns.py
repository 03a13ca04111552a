"""Asking a pacer as the client does."""

from collections.abc import Iterator

from watchkeeper.sentinelone.limits import Pacer


def asked(pacer: Pacer, path: str, held: float = 0.0) -> Iterator[float]:
    """All the seconds that are waited for before a request; `held` of them for a place."""
    yield from pacer.turns(path)
    yield held
    while (wait := pacer.use(path)) > 0:
        yield wait
    pacer.sent(path)
