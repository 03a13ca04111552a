"""Roles and what they may do. A role is a Django group; whoever has several may do all of it."""

from enum import StrEnum

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, Group

from watchkeeper.access.models import Person


class Action(StrEnum):
    """Something a person may or may not do."""

    SEE = "see"  # the pages
    EXPORT = "export"  # take evidence away: files, packs, the audit trail
    COLLECT = "collect"  # ask for a collection, refresh an agent
    DECIDE = "decide"  # ask for exceptions, attestations and scope rules, approve them
    LOAD = "load"  # bring in and remove lists of assets, people, ends of support
    SET = "set"  # set the parameters of controls
    CONNECT = "connect"  # add, change, pause a connection, a list's source; give a token
    PEOPLE = "people"  # add people, give roles


class Role(StrEnum):
    """A person's role, by the name of its group."""

    VIEWER = "viewer"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    ADMIN = "admin"


MAY: dict[Role, frozenset[Action]] = {
    Role.VIEWER: frozenset({Action.SEE}),
    Role.AUDITOR: frozenset({Action.SEE, Action.EXPORT}),
    Role.OPERATOR: frozenset(
        {Action.SEE, Action.EXPORT, Action.COLLECT, Action.DECIDE, Action.LOAD}
    ),
    Role.ADMIN: frozenset(Action),
}


def may(user: AbstractBaseUser | AnonymousUser, action: Action | str) -> bool:
    """Whether the person may do that; nobody who is not signed in may do anything.

    Raises ValueError for an action that does not exist.
    """
    return Action(action) in actions(user)


def actions(user: AbstractBaseUser | AnonymousUser) -> frozenset[Action]:
    """All that the person may do."""
    return frozenset().union(*(MAY[role] for role in roles(user)))


def roles(user: AbstractBaseUser | AnonymousUser) -> frozenset[Role]:
    """The person's roles, asked of the database once per loaded person."""
    if not isinstance(user, Person) or not user.is_active:
        return frozenset()
    if user.known_roles is None:
        names = Group.objects.filter(user=user).values_list("name", flat=True)
        user.known_roles = frozenset(Role(name) for name in names if name in set(Role))
    return user.known_roles
