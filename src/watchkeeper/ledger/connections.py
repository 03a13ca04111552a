"""Connections: added, changed, paused, given another token, removed; and what is known of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from watchkeeper.errors import KeyLost, UsageError
from watchkeeper.ledger.audit import record
from watchkeeper.ledger.intervals import checked
from watchkeeper.ledger.models import Connection, ConnectionState
from watchkeeper.ledger.notices import over, tell
from watchkeeper.ledger.secrets import Vault
from watchkeeper.locker.layout import connection_id
from watchkeeper.model.filter import Filter
from watchkeeper.sentinelone.address import Address
from watchkeeper.sentinelone.token import Token

_PAGES = frozenset({"new"})  # names that stand for pages in addresses
_TOLD = {
    ConnectionState.TOKEN_DEAD: "The console no longer accepts the API token of {name}.",
    ConnectionState.TOKEN_LOST: "The API token of {name} cannot be read: it has to be given again.",
    ConnectionState.UNREACHABLE: "The console of {name} cannot be reached.",
    ConnectionState.FAILED: "Nothing could be collected of {name}.",
}


@dataclass(frozen=True, slots=True)
class Options:
    """What can be set about a connection beside its address and token.

    `within` is what is watched of the console; `intervals` are by resource; `certificates` is
    PEM; `proxy` a URL, which may hold a password.
    """

    tags: Sequence[str] = ()
    within: Filter = field(default_factory=Filter)
    intervals: Mapping[str, timedelta] = field(default_factory=dict)
    certificates: str = ""
    proxy: str = ""


def connect(
    name: str,
    address: Address,
    token: Token,
    *,
    vault: Vault,
    actor: str,
    now: datetime,
    options: Options | None = None,
) -> Connection:
    """The connection of that name with this address and token: made, or changed where it exists.

    `name` is the locker's connection id (`layout.connection_id`); one that was removed is watched
    again. Without `options` those it has stay. Nothing is sent to the console. Raises UsageError
    for options that cannot be used.
    """
    values = {
        "console": address.url,
        **_token_values(token, vault),
        "state": ConnectionState.NEW,
        "state_reason": "",
        "state_since": now,
        "removed_at": None,
    }
    if options is not None:
        values |= _option_values(options, vault)
    with transaction.atomic():
        connection, made = Connection.objects.update_or_create(name=name, defaults=values)
        over(connection, "", now)
        record(
            actor,
            "connection.added" if made else "connection.changed",
            name,
            console=address.url,
            token=token.fingerprint,
        )
    return connection


def new_name(text: str) -> str:
    """The name a new connection gets from what was typed; raises UsageError for one that is taken.

    One that was removed is not in the way: it is watched again.
    """
    name = connection_id(text)
    if name in _PAGES:
        raise UsageError(f"{name} cannot be a connection's name.", hint="Give another one.")
    if Connection.objects.filter(name=name, removed_at=None).exists():
        raise UsageError(
            f"{name} is connected already.", hint="Edit that one, or give another name."
        )
    return name


def change(
    connection: Connection,
    options: Options,
    *,
    vault: Vault,
    actor: str,
    token: Token | None = None,
    now: datetime,
) -> None:
    """Gives a connection other options and, where one is given, another token.

    Collections go on: one that runs keeps the token it began with. Raises UsageError for options
    that cannot be used.
    """
    values = _option_values(options, vault)
    told: dict[str, object] = {
        name: values[name]
        for name in ("tags", "accounts", "sites", "intervals")
        if values[name] != getattr(connection, name)
    }
    if values["certificates"] != connection.certificates:
        told["certificates"] = "changed"
    if options.proxy != known_proxy(connection, vault):
        told["proxy"] = "changed"
    if token is not None:
        values |= _token_values(token, vault)
        values |= {"state": ConnectionState.NEW, "state_reason": "", "state_since": now}
        told["token"] = token.fingerprint
    with transaction.atomic():
        Connection.objects.filter(pk=connection.pk).update(**values)
        if token is not None:
            over(connection, "", now)
        if told:
            record(actor, "connection.changed", connection.name, **told)
    connection.refresh_from_db()


def pause(connection: Connection, *, paused: bool, actor: str) -> None:
    """Lets the schedule leave a connection alone, or take it up again."""
    with transaction.atomic():
        if Connection.objects.filter(pk=connection.pk).exclude(paused=paused).update(paused=paused):
            action = "connection.paused" if paused else "connection.resumed"
            record(actor, action, connection.name)
    connection.paused = paused


def remove(connection: Connection, *, actor: str, now: datetime) -> None:
    """No longer watches a connection and forgets its token; its evidence and results stay."""
    with transaction.atomic():
        Connection.objects.filter(pk=connection.pk).update(
            removed_at=now, token_ciphertext="", proxy_ciphertext="", token_expires_at=None
        )
        connection.list_sources.all().delete()  # their secrets are forgotten with the token
        over(connection, "", now)
        record(actor, "connection.removed", connection.name)
    connection.refresh_from_db()


def note_state(connection: Connection, state: ConnectionState, reason: str, now: datetime) -> None:
    """Writes down how a connection is doing, and since when; tells its people what is wrong."""
    changed = Connection.objects.filter(pk=connection.pk).exclude(state=state)
    with transaction.atomic():
        if changed.update(state=state, state_since=now):
            over(connection, "state ", now)
        Connection.objects.filter(pk=connection.pk).update(state_reason=reason)
        if state in _TOLD:
            tell(connection, f"state {state.value}", _TOLD[state].format(name=connection.name), now)


def options_of(name: str, vault: Vault) -> Options:
    """The options a connection of that name has, those of a new one where there is none.

    Raises KeyLost when its proxy cannot be decrypted.
    """
    held = Connection.objects.filter(name=name).first()
    if held is None:
        return Options()
    own = {resource: timedelta(seconds=each) for resource, each in held.intervals.items()}
    within = Filter(tuple(held.accounts), tuple(held.sites))
    return Options(held.tags, within, own, held.certificates, proxy_of(held, vault))


def known_proxy(connection: Connection, vault: Vault) -> str | None:
    """Its proxy; None where no key opens it any more, and it has to be given again."""
    try:
        return proxy_of(connection, vault)
    except KeyLost:
        return None


def proxy_of(connection: Connection, vault: Vault) -> str:
    """The proxy's URL, empty where there is none of its own; raises UsageError without the key."""
    return vault.decrypt_text(connection.proxy_ciphertext) if connection.proxy_ciphertext else ""


def _token_values(token: Token, vault: Vault) -> dict[str, object]:
    return {
        "token_ciphertext": vault.encrypt(token),
        "token_fingerprint": token.fingerprint,
        "token_expires_at": token.expires,
        "token_user": "",
        "scope": "",
    }


def _option_values(options: Options, vault: Vault) -> dict[str, object]:
    return {
        "tags": list(options.tags),
        "accounts": list(options.within.accounts),
        "sites": list(options.within.sites),
        "intervals": checked(options.intervals),
        "certificates": options.certificates,
        "proxy_ciphertext": vault.encrypt_text(options.proxy) if options.proxy else "",
    }
