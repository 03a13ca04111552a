"""Adding a console, or giving a connection another address or token."""

from django.db import transaction

from watchkeeper.ledger.audit import record
from watchkeeper.ledger.models import Connection, ConnectionState
from watchkeeper.ledger.secrets import Vault
from watchkeeper.sentinelone.address import Address
from watchkeeper.sentinelone.token import Token


def connect(name: str, address: Address, token: Token, *, vault: Vault, actor: str) -> Connection:
    """The connection of that name with this address and token: made, or changed where it exists.

    `name` is the locker's connection id (`layout.connection_id`). Nothing is sent to the console.
    """
    values = {
        "console": address.url,
        "token_ciphertext": vault.encrypt(token),
        "token_fingerprint": token.fingerprint,
        "token_expires_at": token.expires,
        "state": ConnectionState.NEW,
        "state_reason": "",
    }
    with transaction.atomic():
        connection, made = Connection.objects.update_or_create(name=name, defaults=values)
        record(
            actor,
            "connection.added" if made else "connection.changed",
            name,
            console=address.url,
            token=token.fingerprint,
        )
    return connection
