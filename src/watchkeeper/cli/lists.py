"""`watchkeeper lists`: the lists a company keeps; bringing one in, showing, watching, removing."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watchkeeper.cli import _lists, _statements
from watchkeeper.cli._console import AsJson, Connection
from watchkeeper.cli._installation import DataFolderOption, actor

if TYPE_CHECKING:
    from watchkeeper.cli._statements import Desk
    from watchkeeper.lists.bringing import Understood
    from watchkeeper.lists.mapping import Mapping

_ON_DISK = frozenset({"file", "folder"})


class Action(StrEnum):
    """What to do about lists."""

    SOURCES = "sources"
    LOAD = "load"
    SHOW = "show"
    REMOVE = "remove"
    WATCH = "watch"
    UNWATCH = "unwatch"


def command(
    action: Annotated[
        Action, typer.Argument(help="sources, load, show, remove, watch or unwatch.")
    ],
    kind: Annotated[
        str, typer.Argument(metavar="[KIND]", help="assets, people or support_ends.")
    ] = "",
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="To load: a CSV or XLSX file.")
    ] = "",
    locker: _statements.PlainLocker = None,
    connection: Connection = None,
    name: Annotated[str, typer.Option("--list", metavar="NAME", help="The list's name.")] = "",
    source: Annotated[
        str, typer.Option("--source", metavar="SOURCE", help="Where it is kept; see `sources`.")
    ] = "file",
    option: Annotated[
        list[str] | None,
        typer.Option("--option", metavar="NAME=VALUE", help="An option of the source; repeatable."),
    ] = None,
    secret_file: Annotated[
        list[str] | None,
        typer.Option("--secret-file", metavar="NAME=FILE", help="One that a file holds."),
    ] = None,
    secret_env: Annotated[
        list[str] | None,
        typer.Option("--secret-env", metavar="NAME=VARIABLE", help="One of the environment."),
    ] = None,
    mapped: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="HEADER=COLUMN",
            help="What a column of the list means; HEADER= leaves it out. Repeatable, remembered.",
        ),
    ] = None,
    date_order: Annotated[
        str, typer.Option(metavar="ORDER", help="dmy or mdy, for dates like 01/02/2026.")
    ] = "",
    every: Annotated[
        str, typer.Option(metavar="TIME", help="To watch: how often, 15m to 7d.")
    ] = "",
    guess_again: Annotated[
        bool, typer.Option("--guess-again", help="Forget how its columns were mapped.")
    ] = False,
    allow_shrink: Annotated[
        bool, typer.Option("--allow-shrink", help="Load it though most of its rows are gone.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what it would give; seal nothing.")
    ] = False,
    data: DataFolderOption = None,
    as_json: AsJson = False,
) -> None:
    """Bring in lists of assets, people or ends of support, show which there are, remove one.

    A load replaces the list of that name; others of the same kind stay. Without --locker this is
    about an installation: `watch` loads a list and looks at its source again on a schedule.

    JSON: of sources a list of {"name", "title", "gives", "options"}; of load and watch {"kind",
    "list", "rows", "left_out", "mapping", "date_order", "notes", "sample", "sealed"}; of the
    others a list of {"list", "rows", "loaded", "by", "source", "from", "collection", "mapping",
    "watched"}.
    """
    from watchkeeper.errors import UsageError
    from watchkeeper.lists import load as loads
    from watchkeeper.lists import mapping

    if action is Action.SOURCES:
        _lists.tell_sources(as_json=as_json)
        return
    given = [file, *(option or ()), *(secret_file or ()), *(secret_env or ())]
    takes_file = action in {Action.LOAD, Action.WATCH} and source == "file"
    _lists.ensure_typed(
        action.value,
        kind,
        name=None if action is Action.SHOW else name,
        file=any(given) if takes_file else None,
    )
    resource = loads.resource(kind)
    with _statements.desk(locker, connection, "", data) as here:
        if action in {Action.WATCH, Action.UNWATCH} and not here.installed:
            raise UsageError(
                "A locker alone has no schedule.", hint="Leave --locker out, or load the list."
            )
        if action in {Action.LOAD, Action.WATCH}:
            asked = mapping.given(resource, mapped or (), date_order)
            options = _lists.options_of(
                source, file, option or (), secret_file or (), secret_env or ()
            )
            if action is Action.WATCH and source in _ON_DISK and options.get("path"):
                options["path"] = str(Path(options["path"]).expanduser().absolute())
            understood = _understood(
                here, kind, name, source, options, asked, guess_again=guess_again
            )
            sealed = None
            if not dry_run:
                sealed = _load(here, understood, allow_shrink=allow_shrink)
                if action is Action.WATCH:
                    _watch(here, understood, source, options, every)
            _lists.tell(understood, sealed, as_json=as_json)
            return
        if action is Action.REMOVE:
            _remove(here, kind, name)
        elif action is Action.UNWATCH:
            _unwatch(here, kind, name)
        _lists.show(here, kind, as_json=as_json)


def _understood(
    here: "Desk",
    kind: str,
    name: str,
    source: str,
    options: "dict[str, str]",
    asked: "Mapping",
    *,
    guess_again: bool,
) -> "Understood":
    from watchkeeper.lists import bringing, sources

    given = sources.read(source, options, kind, here.locker.clock)
    return bringing.understand(
        here.locker, here.connection, kind, name, given, asked, guess_again=guess_again
    )


def _load(here: "Desk", understood: "Understood", *, allow_shrink: bool) -> str:
    """Seals a list; the folder of the collection. Raises UsageError."""
    if here.installed:
        from watchkeeper.jobs import listing
        from watchkeeper.jobs.stating import Actor

        who = Actor(here.person, actor())
        sealed, _ = listing.load(
            here.locker, here.connection, who, understood, allow_shrink=allow_shrink
        )
        return sealed.path
    from watchkeeper.lists import bringing

    return bringing.bring_in(
        here.locker, here.connection, understood, by=actor(), allow_shrink=allow_shrink
    ).path


def _remove(here: "Desk", kind: str, name: str) -> None:
    if here.installed:
        from watchkeeper.jobs import listing
        from watchkeeper.jobs.stating import Actor

        listing.remove(here.locker, here.connection, Actor(here.person, actor()), kind, name)
        return
    from watchkeeper.lists import load as loads

    loads.remove(here.locker, here.connection, kind, name, by=actor())


def _watch(
    here: "Desk", understood: "Understood", source: str, options: "dict[str, str]", every: str
) -> None:
    """Saves where a list is kept that has just been loaded from there."""
    from watchkeeper.ledger import list_sources
    from watchkeeper.ledger.installation import installation
    from watchkeeper.ledger.models import Connection
    from watchkeeper.model.options import parse_interval

    wanted = list_sources.watch(
        here.connection,
        understood.resource,
        understood.name,
        source,
        options,
        parse_interval(every) if every else list_sources.usual(source),
        installation().vault,
    )
    held = Connection.objects.get(name=here.connection)
    list_sources.save(held, wanted, actor=actor(), now=here.now)


def _unwatch(here: "Desk", kind: str, name: str) -> None:
    from watchkeeper.errors import UsageError
    from watchkeeper.ledger import list_sources
    from watchkeeper.ledger.models import ListSource

    found = ListSource.objects.select_related("connection").filter(
        connection__name=here.connection, kind=kind
    )
    held = found.filter(name=name).first()
    if held is None:
        known = ", ".join(each.name for each in found) or "none"
        raise UsageError(f"The list {name!r} is not watched.", hint=f"There are: {known}.")
    list_sources.remove(held, actor=actor(), now=here.now)
