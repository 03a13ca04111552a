"""`watchkeeper keys`: which keys open the stored tokens; a new one; everything encrypted anew."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from watchkeeper.cli._console import AsJson, print_json
from watchkeeper.cli._installation import DataFolderOption, actor

if TYPE_CHECKING:
    from watchkeeper.bootstrap import App


class Action(StrEnum):
    """What to do about the keys."""

    LIST = "list"
    NEW = "new"
    ROTATE = "rotate"


def command(
    action: Annotated[Action, typer.Argument(help="list, new or rotate.")] = Action.LIST,
    forget: Annotated[
        bool, typer.Option("--forget", help="With rotate: forget keys that open nothing any more.")
    ] = False,
    data: DataFolderOption = None,
    as_json: AsJson = False,
) -> None:
    """List the keys that encrypt API tokens, make a new one, encrypt all tokens with the newest.

    A key is never printed, only its fingerprint. `new` puts a key in front of the file; what is
    stored from then on is encrypted with it, the older ones still open what is there. `rotate`
    encrypts everything with the newest, all or nothing, while workers run; older keys stay in the
    file, for older backups, until `--forget`.

    JSON: {"source", "keys": [{"fingerprint", "encrypts", "opens"}], "lost": [connections],
    "lost_lists": [watched lists]}.
    """
    from watchkeeper import bootstrap

    settings = bootstrap.load_settings(data=data)
    with bootstrap.reached(settings, make=False) as app, bootstrap.answering():
        if action is Action.NEW:
            _new(app)
        elif action is Action.ROTATE:
            _rotate(app, forget=forget)
        _list(app, as_json=as_json)


def _new(app: "App") -> None:
    from watchkeeper.ledger.audit import record
    from watchkeeper.ledger.keys import fingerprint

    made = fingerprint(app.keys.add()[0])
    record(actor(), "key.added", made)


def _rotate(app: "App", *, forget: bool) -> None:
    from watchkeeper.ledger.rotation import opened, rotate

    rotate(app.installation.vault, actor=actor())
    if forget:
        newest = opened(app.keys, app.installation.vault)
        app.keys.keep([each.fingerprint for each in newest.keys if each.encrypts or each.opens])


def _list(app: "App", *, as_json: bool) -> None:
    from watchkeeper.ledger.rotation import opened

    found = opened(app.keys, app.installation.vault)
    if as_json:
        print_json(
            {
                "source": found.source,
                "keys": [
                    {"fingerprint": key.fingerprint, "encrypts": key.encrypts, "opens": key.opens}
                    for key in found.keys
                ],
                "lost": list(found.lost),
                "lost_lists": list(found.lost_lists),
            }
        )
        return
    print(f"Keys of {found.source}:" if found.keys else f"There is no key in {found.source} yet.")
    for key in found.keys:
        first = ", encrypts what is stored from now on" if key.encrypts else ""
        what = "1 secret" if key.opens == 1 else f"{key.opens} secrets"
        print(f"  {key.fingerprint}  opens {what}{first}")
    for name in found.lost:
        print(f"! No key opens the token of {name}: enter it again, or bring back its key.")
    for name in found.lost_lists:
        print(f"! No key opens the secrets of the list {name}: give them again.")
