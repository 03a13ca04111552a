"""Which key opens which stored secret, and encrypting all of them with the newest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from watchkeeper.errors import KeyLost
from watchkeeper.ledger.audit import record
from watchkeeper.ledger.connections import note_state
from watchkeeper.ledger.keys import KeyRing, fingerprint
from watchkeeper.ledger.models import Connection, ConnectionState, ListSource
from watchkeeper.ledger.secrets import Vault

_SECRETS = ("token_ciphertext", "proxy_ciphertext")
_SECRETS_OF_LISTS = "secrets_ciphertext"


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A key by its fingerprint: whether it encrypts what is new, and how many secrets it opens."""

    fingerprint: str
    encrypts: bool
    opens: int


@dataclass(frozen=True, slots=True)
class Opened:
    """Every key, the newest first, and the connections of which a secret is opened by none.

    `lost_lists` are the lists that are watched of which that is so, in words.
    """

    source: str
    keys: tuple[KeyUse, ...]
    lost: tuple[str, ...]
    lost_lists: tuple[str, ...] = ()


def opened(ring: KeyRing, vault: Vault) -> Opened:
    """What each key of the ring is good for."""
    counts = {fingerprint(key): 0 for key in ring.read()}
    lost: list[str] = []
    lost_lists: list[str] = []
    for held, _, ciphertext in _stored():
        found = vault.opened_by(ciphertext)
        if found is None and isinstance(held, ListSource):
            lost_lists.append(f"{held.connection.name}, {held.kind}, {held.name}")
        elif found is None:
            lost.append(held.name)
        else:
            counts[found] += 1
    keys = tuple(
        KeyUse(name, encrypts=place == 0, opens=number)
        for place, (name, number) in enumerate(counts.items())
    )
    return Opened(str(ring), keys, tuple(dict.fromkeys(lost)), tuple(lost_lists))


def rotate(vault: Vault, *, actor: str) -> int:
    """Encrypts every secret with the newest key, in one transaction; returns how many.

    What no key opens stays as it is. Workers need not stop: they keep the token they began with.
    """
    rotated = 0
    with transaction.atomic():
        for held, name, ciphertext in list(_stored(locked=True)):
            try:
                renewed = vault.rotate(ciphertext)
            except KeyLost:
                continue
            type(held).objects.filter(pk=held.pk).update(**{name: renewed})
            rotated += 1
        record(actor, "key.rotated", "", secrets=rotated)
    return rotated


def _stored(*, locked: bool = False) -> Iterator[tuple[Connection | ListSource, str, str]]:
    """Every stored secret: whose it is, which one, and as it is stored."""
    found = Connection.objects.filter(removed_at=None)
    for connection in found.select_for_update() if locked else found:
        for name in _SECRETS:
            ciphertext = getattr(connection, name)
            if ciphertext or name == _SECRETS[0]:
                yield connection, name, ciphertext
    listed = ListSource.objects.exclude(secrets_ciphertext="")
    for source in listed.select_for_update() if locked else listed.select_related("connection"):
        yield source, _SECRETS_OF_LISTS, source.secrets_ciphertext


def tell_lost(names: Sequence[str], now: datetime) -> None:
    """Writes down of these connections that their token has to be entered again."""
    for connection in Connection.objects.filter(name__in=names):
        reason = "No key opens the stored token. Enter the token again, or put its key back."
        note_state(connection, ConnectionState.TOKEN_LOST, reason, now)
