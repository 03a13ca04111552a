"""Making people: the first admin, and passwords that are shown once."""

import secrets
from dataclasses import dataclass, field

from django.contrib.auth.models import Group
from django.db import transaction

from watchkeeper.access import throttle
from watchkeeper.access.models import Person
from watchkeeper.access.roles import Role
from watchkeeper.errors import UsageError
from watchkeeper.ledger.audit import record

FIRST_ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and the password that was generated for it; shown once, kept nowhere."""

    name: str
    password: str = field(repr=False)


def first_admin(password: str | None = None) -> Credentials | None:
    """Makes the first admin where nobody exists yet, else returns None.

    `password` is generated where none is given.
    """
    with transaction.atomic():
        # Two starts at the same time: the group's row is what they wait for each other on.
        group = Group.objects.select_for_update().get(name=Role.ADMIN)
        if Person.objects.exists():
            return None
        chosen = password or secrets.token_urlsafe(12)
        person = Person.objects.create_user(FIRST_ADMIN, password=chosen)
        person.groups.add(group)
        record("watchkeeper", "person.added", FIRST_ADMIN, role=Role.ADMIN.value)
    return Credentials(FIRST_ADMIN, chosen)


def new_password(name: str, *, actor: str) -> Credentials:
    """Gives somebody another password, for who can no longer sign in; their sessions end.

    Raises UsageError for a name that nobody has, and for an account that is switched off.
    """
    with transaction.atomic():
        person = Person.objects.select_for_update().filter(username=name).first()
        if person is None:
            known = ", ".join(
                Person.objects.order_by("username").values_list("username", flat=True)
            )
            raise UsageError(f"There is nobody named {name!r}.", hint=f"There are: {known}.")
        if not person.is_active:
            raise UsageError(
                f"The account of {name!r} is switched off.",
                hint="An admin can switch it on; a password alone would not let anybody in.",
            )
        chosen = secrets.token_urlsafe(12)
        person.set_password(chosen)
        person.save(update_fields=["password"])
        throttle.forget(name)
        record(actor, "person.password_reset", name)
    return Credentials(name, chosen)
