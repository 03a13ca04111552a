"""Access keys: how a program uses the API as a person, with no more than one role.

Of a key only its SHA-256 is kept. That is enough to find it, and it is 256 bits of chance, so its
digest cannot be searched backwards as a password's could.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from watchkeeper.access.models import AccessKey, Person
from watchkeeper.access.roles import MAY, Action, Role, actions
from watchkeeper.errors import UsageError
from watchkeeper.ledger.audit import record

PREFIX = "wk_"
DAYS, LONGEST_DAYS = 90, 365
_BYTES = 32
_SHOWN = len(PREFIX) + 6
_NOTE_USE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Issued:
    """A key that was made; `text` is shown once and kept nowhere."""

    key: AccessKey
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever uses a key: the person, and what the key may do of what the person may."""

    key: AccessKey
    actions: frozenset[Action]

    @property
    def name(self) -> str:
        """As the audit trail names it."""
        return f"{self.key.person.get_username()} (key {self.key.name})"


def offered(person: Person) -> tuple[Role, ...]:
    """The roles a key of that person may have: those that may do no more than the person."""
    return tuple(role for role in Role if MAY[role] <= actions(person))


def issue(person: Person, name: str, role: Role, days: int, *, actor: str, now: datetime) -> Issued:
    """Makes a key for a person; raises UsageError for what it cannot be."""
    name = " ".join(name.split())
    if not name:
        raise UsageError("An access key needs a name.", hint="Say what uses it: `ticketing`.")
    if not name.isprintable():
        raise UsageError("The name holds characters that do not show.", hint="Type it anew.")
    if role not in offered(person):
        raise UsageError(
            f"{person.get_username()} may do less than the role {role.value}.",
            hint="A key can do no more than the person it belongs to.",
        )
    if not 1 <= days <= LONGEST_DAYS:
        raise UsageError(f"A key is good for 1 to {LONGEST_DAYS} days, not for {days}.")
    text = PREFIX + secrets.token_urlsafe(_BYTES)
    with transaction.atomic():
        # Two at the same moment: the person's row is what they wait for each other on.
        Person.objects.select_for_update().get(pk=person.pk)
        if person.access_keys.filter(name=name, revoked_at=None, expires_at__gt=now).exists():
            raise UsageError(
                f"There is a key named {name!r} already.", hint="Revoke it, or give another name."
            )
        key = AccessKey.objects.create(
            person=person,
            name=name,
            digest=_digest(text),
            start=text[:_SHOWN],
            role=role.value,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        record(actor, "access_key.issued", person.get_username(), key=name, role=role.value)
    return Issued(key, text)


def revoke(key: AccessKey, *, actor: str, now: datetime) -> None:
    """Ends a key at once."""
    with transaction.atomic():
        if AccessKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            record(actor, "access_key.revoked", key.person.get_username(), key=key.name)


def bearer(text: str, now: datetime) -> Bearer | None:
    """Who uses that key; None for one that was never made, has ended, or whose person has."""
    key = (
        AccessKey.objects.select_related("person")
        .filter(digest=_digest(text), revoked_at=None, expires_at__gt=now, person__is_active=True)
        .first()
    )
    if key is None:
        return None
    if key.used_at is None or now - key.used_at >= _NOTE_USE_EVERY:
        AccessKey.objects.filter(pk=key.pk).update(used_at=now)
    return Bearer(key, MAY[Role(key.role)] & actions(key.person))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
