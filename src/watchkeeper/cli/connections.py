"""`watchkeeper connections`: the consoles of an installation; pausing, resuming, removing one."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchkeeper.cli._console import AsJson, number, output, print_json, visible
from watchkeeper.cli._installation import DataFolderOption, actor

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from watchkeeper.bootstrap import App
    from watchkeeper.queries.connections import ConnectionView


class Action(StrEnum):
    """What to do about connections."""

    LIST = "list"
    PAUSE = "pause"
    RESUME = "resume"
    REMOVE = "remove"


def command(
    action: Annotated[Action, typer.Argument(help="list, pause, resume or remove.")] = Action.LIST,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which one; not for list.")] = "",
    data: DataFolderOption = None,
    as_json: AsJson = False,
) -> None:
    """List the connected consoles; let the schedule leave one alone, take it up again, end it.

    Removing forgets the token; what was collected and judged stays. `watchkeeper connect` adds
    one, gives one another token, or takes up one that was removed.

    JSON: a list of {"name", "console", "state", "since", "reason", "paused", "tags", "intervals":
    {resource: seconds}, "scope", "token": {"fingerprint", "user", "expires"}, "removed",
    "diagnoses": [{"weight", "title", "facts", "step", "since"}]}.
    """
    from watchkeeper import bootstrap
    from watchkeeper.errors import UsageError

    if (action is Action.LIST) != (not name):
        wanted = "takes no name" if name else f"{action.value} needs the name of a connection"
        raise UsageError(
            f"`watchkeeper connections`: {wanted}.", hint="See `watchkeeper connections --help`."
        )
    settings = bootstrap.load_settings(data=data)
    with bootstrap.reached(settings, make=False) as app, bootstrap.answering():
        if action is not Action.LIST:
            _act(action, name, app.installation.clock.now())
        _list(app, as_json=as_json)


def _act(action: Action, name: str, now: "datetime") -> None:
    from watchkeeper.errors import UsageError
    from watchkeeper.ledger import connections
    from watchkeeper.ledger.models import Connection

    held = Connection.objects.filter(name=name, removed_at=None).first()
    if held is None:
        known = Connection.objects.filter(removed_at=None).values_list("name", flat=True)
        raise UsageError(
            f"There is no connection {name!r}.", hint=f"There are: {', '.join(known) or 'none'}."
        )
    if action is Action.REMOVE:
        connections.remove(held, actor=actor(), now=now)
    else:
        connections.pause(held, paused=action is Action.PAUSE, actor=actor())


def _list(app: "App", *, as_json: bool) -> None:
    from watchkeeper.errors import NotALocker
    from watchkeeper.queries.connections import connections
    from watchkeeper.queries.diagnosis import Diagnosis, diagnoses
    from watchkeeper.queries.freshness import freshness

    now = app.installation.clock.now()
    try:
        locker = app.installation.locker()
    except NotALocker:
        locker = None  # nothing was collected yet
    found: list[tuple[ConnectionView, Sequence[Diagnosis]]] = [
        (each, diagnoses(each, freshness(locker, each.id), locker, now) if locker else ())
        for each in connections()
    ]
    if as_json:
        print_json([_as_json(view, diagnosed) for view, diagnosed in found])
    elif not found:
        print("No console is connected yet: see `watchkeeper connect --help`.")
    else:
        _table(found, now)


def _as_json(view: "ConnectionView", diagnosed: "Sequence[Any]") -> dict[str, Any]:
    from watchkeeper.clock import rfc3339

    def moment(found: "datetime | None") -> str | None:
        return rfc3339(found) if found is not None else None

    return {
        "name": view.name,
        "console": view.console,
        "state": view.state,
        "since": moment(view.state_since),
        "reason": view.state_reason,
        "paused": view.paused,
        "tags": list(view.tags),
        "intervals": dict(view.intervals),
        "scope": view.scope,
        "token": {
            "fingerprint": view.token_fingerprint,
            "user": view.token_user,
            "expires": moment(view.token_expires_at),
        },
        "removed": moment(view.removed_at),
        "diagnoses": [
            {
                "weight": each.weight.name.lower(),
                "title": each.title,
                "facts": list(each.facts),
                "step": each.step,
                "since": moment(each.since),
            }
            for each in diagnosed
        ],
    }


def _table(found: "Sequence[tuple[ConnectionView, Sequence[Any]]]", now: "datetime") -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table("Connection", "Console", "State", "Token", "Scope", "What is wrong")
    for view, diagnosed in found:
        state = f"{view.state}, paused" if view.paused else view.state
        expires = view.token_expires_at
        left = (expires - now).days if expires is not None else None
        token = "expiry unknown" if left is None else f"{number(left)} days left"
        wrong = diagnosed[0].title if diagnosed else "nothing"
        more = f" (and {len(diagnosed) - 1} more)" if len(diagnosed) > 1 else ""
        cells = (view.name, view.host, state, token, view.scope or "–", wrong + more)
        table.add_row(*(Text(visible(cell)) for cell in cells))
    output().print(table)
