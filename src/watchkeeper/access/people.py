"""People: the first admin and those after, their roles, and passwords that are shown once."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
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


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in, or could while the account was on (`active`).

    `signed_in` is when they did last (UTC), None for never.
    """

    name: str
    roles: tuple[Role, ...]
    active: bool
    signed_in: datetime | None


def accounts() -> list[Account]:
    """Everybody there is, by name; roles in the order of what they may do."""
    found = Person.objects.order_by("username").prefetch_related("groups")
    return [
        Account(
            person.username,
            tuple(role for role in Role if role in {each.name for each in person.groups.all()}),
            person.is_active,
            person.last_login,
        )
        for person in found
    ]


def add(name: str, roles: Collection[Role], *, actor: str) -> Credentials:
    """Makes somebody with these roles.

    Raises UsageError for a name that somebody has, in whatever capitals, or nobody can have, and
    without a role: whoever signed in would see nothing.
    """
    _some(roles)
    person = Person(username=name)
    try:
        person.clean_fields(exclude=["password"])
    except ValidationError as error:
        raise UsageError(
            f"{name!r} cannot be a name to sign in with: {'; '.join(error.messages)}",
            hint="Letters, digits and @ . + - _ may be in it, 150 of them at most.",
        ) from error
    chosen = secrets.token_urlsafe(12)
    person.set_password(chosen)
    with transaction.atomic():
        _await_others()
        if Person.objects.filter(username__iexact=name).exists():
            raise UsageError(
                f"There is somebody named {name!r} already.",
                hint="`watchkeeper people roles` gives them other roles.",
            )
        person.save()
        person.groups.set(Group.objects.filter(name__in=roles))
        record(actor, "person.added", name, roles=_names(roles))
    return Credentials(name, chosen)


def give_roles(name: str, roles: Collection[Role], *, actor: str) -> None:
    """Gives somebody these roles and no others; raises UsageError, also for the last admin."""
    _some(roles)
    with transaction.atomic():
        _await_others()
        person = _named(name)
        if Role.ADMIN not in roles:
            _refuse_last_admin(person)
        person.groups.set(Group.objects.filter(name__in=roles))
        record(actor, "person.roles_given", name, roles=_names(roles))


def switch(name: str, *, on: bool, actor: str) -> None:
    """Lets somebody in, or no longer: their sessions and access keys end with their account.

    Raises UsageError for a name that nobody has and for the last admin.
    """
    with transaction.atomic():
        _await_others()
        person = _named(name)
        if not on:
            _refuse_last_admin(person)
        person.is_active = on
        person.save(update_fields=["is_active"])
        record(actor, "person.switched_on" if on else "person.switched_off", name)


def _some(roles: Collection[Role]) -> None:
    if not roles:
        raise UsageError("No role is given.", hint=f"Give --role: {', '.join(Role)}.")


def _names(roles: Collection[Role]) -> list[str]:
    return [role.value for role in Role if role in roles]


def _await_others() -> None:
    """Whoever changes accounts meanwhile is done first: what is read now stays true."""
    Group.objects.select_for_update().get(name=Role.ADMIN)


def _named(name: str) -> Person:
    person = Person.objects.select_for_update().filter(username=name).first()
    if person is None:
        known = ", ".join(Person.objects.order_by("username").values_list("username", flat=True))
        raise UsageError(f"There is nobody named {name!r}.", hint=f"There are: {known}.")
    return person


def _refuse_last_admin(person: Person) -> None:
    admins = Person.objects.filter(is_active=True, groups__name=Role.ADMIN)
    if admins.filter(pk=person.pk).exists() and not admins.exclude(pk=person.pk).exists():
        raise UsageError(
            f"{person.username!r} is the only admin.",
            hint="Make somebody else one first: `watchkeeper people add NAME --role admin`.",
        )


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
        person = _named(name)
        if not person.is_active:
            raise UsageError(
                f"The account of {name!r} is switched off.",
                hint="A password alone would not let anybody in: `watchkeeper people on NAME`.",
            )
        chosen = secrets.token_urlsafe(12)
        person.set_password(chosen)
        person.save(update_fields=["password"])
        throttle.forget(name)
        record(actor, "person.password_reset", name)
    return Credentials(name, chosen)
