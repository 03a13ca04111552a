"""`watchkeeper people`: who can sign in, somebody more, other roles, an account on or off."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from watchkeeper.cli._console import AsJson, print_json
from watchkeeper.cli._installation import DataFolderOption, actor, ago
from watchkeeper.clock import rfc3339
from watchkeeper.errors import UsageError

if TYPE_CHECKING:
    from watchkeeper.access.people import Account


class Action(StrEnum):
    """What to do about people."""

    LIST = "list"
    ADD = "add"
    ROLES = "roles"
    OFF = "off"
    ON = "on"


def command(
    action: Annotated[Action, typer.Argument(help="list, add, roles, off or on.")] = Action.LIST,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Whom: the name to sign in with.")
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option(
            "--role",
            metavar="ROLE",
            help="With add and roles: viewer, auditor, operator or admin; several are possible.",
        ),
    ] = None,
    data: DataFolderOption = None,
    as_json: AsJson = False,
) -> None:
    """List who can sign in; add somebody, give other roles, switch an account off and on.

    A decision needs two people: what one asked for another one approves, who is an operator or an
    admin. `add` prints a password, this once. `roles` takes away what is not named. Who is
    switched off is signed out, and their access keys end. One admin stays. Everything stands in
    the audit trail; it works while `watchkeeper up` runs and while it does not.

    JSON: [{"name", "roles", "active", "signed_in": UTC or null}]; of `add` with "password", too.
    """
    from watchkeeper import bootstrap

    if action is not Action.LIST and not name:
        raise UsageError(f"{action.value} needs a name.", hint="`watchkeeper people` lists all.")
    if role and action not in {Action.ADD, Action.ROLES}:
        raise UsageError(
            f"--role says nothing to `people {action.value}`.", hint="It goes with add and roles."
        )
    settings = bootstrap.load_settings(data=data)
    with bootstrap.reached(settings, make=False), bootstrap.answering():
        password = _change(action, name, role or []) if name else None
        _list(only=name, password=password, as_json=as_json)


def _change(action: Action, name: str, wanted: list[str]) -> str | None:
    """Does it; the password of somebody who was added."""
    from watchkeeper.access import people
    from watchkeeper.access.roles import Role

    for each in wanted:
        if each not in set(Role):
            raise UsageError(f"{each!r} is no role.", hint=f"There are: {', '.join(Role)}.")
    roles = [Role(each) for each in wanted]
    match action:
        case Action.ADD:
            return people.add(name, roles, actor=actor()).password
        case Action.ROLES:
            people.give_roles(name, roles, actor=actor())
        case Action.ON | Action.OFF:
            people.switch(name, on=action is Action.ON, actor=actor())
        case Action.LIST:
            pass
    return None


def _list(*, only: str | None, password: str | None, as_json: bool) -> None:
    from watchkeeper.access.people import accounts

    everybody = accounts()
    found = [each for each in everybody if only in {None, each.name}]
    if only is not None and not found:
        known = ", ".join(each.name for each in everybody)
        raise UsageError(f"There is nobody named {only!r}.", hint=f"There are: {known}.")
    if as_json:
        shown = {} if password is None else {"password": password}
        print_json([_as_json(each) | shown for each in found])
        return
    if password is not None:
        print(f"The password of {only!r} is {password}")
        print("It is shown this once. Whoever has it should sign in and change it.")
    for each in found:
        print(f"  {_line(each)}")
    if not found:
        print("There is nobody yet: the first start of `watchkeeper up` makes the first admin.")


def _as_json(account: "Account") -> dict[str, object]:
    return {
        "name": account.name,
        "roles": [role.value for role in account.roles],
        "active": account.active,
        "signed_in": rfc3339(account.signed_in) if account.signed_in else None,
    }


def _line(account: "Account") -> str:
    from watchkeeper.clock import SYSTEM_CLOCK

    roles = ", ".join(account.roles) or "no role"
    seen = ago(account.signed_in, SYSTEM_CLOCK.now()) if account.signed_in else "never"
    off = "" if account.active else ", switched off"
    return f"{account.name}  {roles}{off}; signed in {seen}"
