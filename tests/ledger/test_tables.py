"""Migrations, the append-only audit trail, and tokens nobody can read in the database."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction

from watchkeeper.bootstrap import App
from watchkeeper.errors import UsageError
from watchkeeper.ledger.audit import record
from watchkeeper.ledger.connections import connect
from watchkeeper.ledger.models import AuditEvent, Connection
from watchkeeper.ledger.secrets import Vault, new_key
from watchkeeper.sentinelone.address import parse_address
from watchkeeper.sentinelone.token import Token, parse_token

SECRET = "invented-token-0123456789-abcdefghijklmnopqrstuvwxyz"


def token() -> Token:
    return parse_token(SECRET)


@pytest.mark.postgres
def test_the_migrations_make_the_tables_the_models_want(app: App) -> None:  # noqa: ARG001
    call_command("makemigrations", "ledger", "access", check=True, dry_run=True, verbosity=0)


@pytest.mark.postgres
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_auditevent SET actor = 'nobody'",
        "DELETE FROM ledger_auditevent",
        "TRUNCATE ledger_auditevent",
    ],
)
def test_the_audit_trail_is_only_added_to(ledger: App, statement: str) -> None:  # noqa: ARG001
    record("maria", "connection.added", "acme", console="https://acme.sentinelone.net")

    with (
        pytest.raises(ProgrammingError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)

    assert AuditEvent.objects.get(object="acme").actor == "maria"


def stored_text() -> str:
    """Every row of every table as text."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')  # noqa: S608 - its own
            found += [text for (text,) in cursor.fetchall()]
    return "\n".join(found)


@pytest.mark.postgres
def test_a_token_cannot_be_read_in_the_database(ledger: App) -> None:
    address = parse_address("https://acme.sentinelone.net")

    added = connect(
        "acme",
        address,
        token(),
        vault=ledger.installation.vault,
        actor="maria",
        now=ledger.installation.clock.now(),
    )

    text = stored_text()
    assert "acme.sentinelone.net" in text
    assert SECRET not in text
    assert SECRET[:20] not in text
    assert ledger.installation.vault.decrypt(added.token_ciphertext) == token()


@pytest.mark.postgres
def test_connecting_again_changes_the_connection_and_says_so(ledger: App) -> None:
    vault = ledger.installation.vault
    for url in ("https://one.sentinelone.net", "https://two.sentinelone.net"):
        connect(
            "acme",
            parse_address(url),
            token(),
            vault=vault,
            actor="maria",
            now=ledger.installation.clock.now(),
        )

    assert Connection.objects.get().console == "https://two.sentinelone.net"
    actions = AuditEvent.objects.filter(object="acme").order_by("id")
    assert [event.action for event in actions] == ["connection.added", "connection.changed"]
    assert actions[0].detail == {
        "console": "https://one.sentinelone.net",
        "token": token().fingerprint,
    }


def test_keys_can_be_rotated() -> None:
    old, new = new_key(), new_key()
    kept = Vault([old]).encrypt(token())

    rotated = Vault([new, old]).rotate(kept)

    assert Vault([new]).decrypt(rotated) == token()
    with pytest.raises(UsageError, match="cannot be decrypted"):
        Vault([old]).decrypt(rotated)


def test_neither_a_vault_nor_a_token_prints_what_it_holds() -> None:
    key = new_key()
    vault: Any = Vault([key])

    assert key not in f"{vault} {vault!r}"
    assert SECRET not in f"{token()} {token()!r}"
    assert str(token()) == "***"


@pytest.mark.parametrize(
    "key", ["", "short", pytest.param(Fernet.generate_key().decode()[:-4], id="cut off")]
)
def test_a_key_that_is_none_is_refused_without_being_quoted(key: str) -> None:
    with pytest.raises(UsageError, match="no key") as caught:
        Vault([key])

    assert not key or key not in str(caught.value)
