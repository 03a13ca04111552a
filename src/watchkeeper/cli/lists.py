"""`watchkeeper lists`: the lists a company keeps; bringing one in, showing, removing them."""

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchkeeper.cli._console import (
    AsJson,
    Connection,
    known_connection,
    number,
    output,
    print_json,
    visible,
)
from watchkeeper.cli._installation import actor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from watchkeeper.lists.bringing import Understood
    from watchkeeper.locker.locker import Locker

_SHOWN_ROWS = 5


class Action(StrEnum):
    """What to do about lists."""

    SOURCES = "sources"
    LOAD = "load"
    SHOW = "show"
    REMOVE = "remove"


def command(
    action: Annotated[Action, typer.Argument(help="sources, load, show or remove.")],
    kind: Annotated[
        str, typer.Argument(metavar="[KIND]", help="assets, people or support_ends.")
    ] = "",
    file: Annotated[
        str, typer.Argument(metavar="[FILE]", help="To load: a CSV or XLSX file.")
    ] = "",
    locker: Annotated[
        str, typer.Option("--locker", metavar="DIR", help="The evidence folder or bucket's URL.")
    ] = "",
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
    guess_again: Annotated[
        bool, typer.Option("--guess-again", help="Forget how its columns were mapped.")
    ] = False,
    allow_shrink: Annotated[
        bool, typer.Option("--allow-shrink", help="Load it though most of its rows are gone.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what it would give; seal nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring in lists of assets, people or ends of support, show which there are, remove one.

    A load replaces the list of that name; others of the same kind stay.

    JSON: of sources a list of {"name", "title", "gives", "options"}; of load {"kind", "list",
    "rows", "left_out", "mapping", "date_order", "notes", "sample", "sealed"}; of show and remove
    a list of {"list", "rows", "loaded", "by", "source", "from", "collection", "mapping"}.
    """
    from watchkeeper.errors import UsageError
    from watchkeeper.lists import bringing, mapping, sources
    from watchkeeper.lists import load as loads
    from watchkeeper.locker.locker import Locker

    if action is Action.SOURCES:
        _sources(as_json=as_json)
        return
    if not kind or not locker or (not name and action is not Action.SHOW):
        wanted = "assets, --locker" if action is Action.SHOW else "assets, --locker and --list"
        raise UsageError(
            f"`watchkeeper lists {action.value}` needs a kind such as {wanted}.",
            hint="See `watchkeeper lists --help`.",
        )
    resource = loads.resource(kind)
    store = Locker.open(locker)
    of = _connection(store, connection)
    if action is Action.LOAD:
        asked = mapping.given(resource, mapped or (), date_order)
        options = _options(source, file, option or (), secret_file or (), secret_env or ())
        understood = bringing.understand(
            store,
            of,
            kind,
            name,
            sources.read(source, options, kind, store.clock),
            asked,
            guess_again=guess_again,
        )
        sealed = None
        if not dry_run:
            sealed = bringing.bring_in(
                store, of, understood, by=actor(), allow_shrink=allow_shrink
            ).path
        _tell(understood, sealed, as_json=as_json)
        return
    if action is Action.REMOVE:
        loads.remove(store, of, kind, name, by=actor())
    _show(store, of, kind, as_json=as_json)


def _connection(store: "Locker", name: str | None) -> str:
    """The connection that was named, or the only one there is; raises UsageError."""
    from watchkeeper.errors import UsageError

    known_connection(store, name)
    known = [name] if name else store.connections()
    if len(known) == 1:
        return known[0]
    raise UsageError(
        "This locker holds several connections." if known else "Nothing was collected here yet.",
        hint=f"Give --connection: {', '.join(known)}."
        if known
        else "See `watchkeeper run --help`.",
    )


def _options(
    source: str,
    file: str,
    plain: "Iterable[str]",
    files: "Iterable[str]",
    variables: "Iterable[str]",
) -> dict[str, str]:
    """The options of a source; raises UsageError, also for a secret that is an argument."""
    from watchkeeper.errors import UsageError
    from watchkeeper.lists.sources import catalogue

    known = catalogue().get(source)
    secret = {option.name for option in known.options if option.secret} if known else set()
    found: dict[str, str] = {}
    for text in plain:
        key, value = _pair(text)
        if key in secret:
            raise UsageError(
                f"{key} is a secret: it does not belong on a command line.",
                hint=f"Give --secret-file {key}=FILE or --secret-env {key}=VARIABLE.",
            )
        found[key] = value
    for text in files:
        key, value = _pair(text)
        found[key] = _held(Path(value))
    for text in variables:
        key, value = _pair(text)
        found[key] = os.environ.get(value, "").strip()
        if not found[key]:
            raise UsageError(f"The variable {value} is not set.", hint=f"It should hold {key}.")
    if file and source != "file":
        raise UsageError(
            f"The source {source} takes no file.", hint="Give its options: see `sources`."
        )
    return found | ({"path": file} if file else {})


def _pair(text: str) -> tuple[str, str]:
    from watchkeeper.errors import UsageError

    key, sign, value = text.partition("=")
    if not key or not sign:
        raise UsageError("An option of a source is NAME=VALUE.", hint="See `lists sources`.")
    return key.strip(), value


def _held(path: Path) -> str:
    from watchkeeper.errors import UsageError

    try:
        return path.expanduser().read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The secret file {path} cannot be read.", hint="Give a file that holds it alone."
        ) from error


def _sources(*, as_json: bool) -> None:
    from watchkeeper.lists.sources import catalogue

    if as_json:
        print_json(
            [
                {
                    "name": each.name,
                    "title": each.title,
                    "gives": list(each.resources),
                    "options": [
                        {
                            "name": option.name,
                            "help": option.help,
                            "secret": option.secret,
                            "required": option.required,
                            "default": option.default,
                        }
                        for option in each.options
                    ],
                }
                for each in catalogue().values()
            ]
        )
        return
    for each in catalogue().values():
        print(f"{each.name}: {each.title}; gives {', '.join(each.resources)}")
        for option in each.options:
            marks = ["secret"] * option.secret + ["may be left out"] * (not option.required)
            told = f" ({', '.join(marks)})" if marks else ""
            print(f"  {option.name}: {option.help}{told}")


def _tell(understood: "Understood", sealed: str | None, *, as_json: bool) -> None:
    applied, sheet = understood.applied, understood.given.sheet
    sample = applied.rows[:_SHOWN_ROWS]
    if as_json:
        print_json(
            {
                "kind": understood.resource,
                "list": understood.name,
                "rows": len(applied.rows),
                "left_out": applied.left_out,
                "mapping": dict(applied.mapping.pairs),
                "date_order": applied.mapping.date_order,
                "notes": list(understood.notes),
                "sample": [{key: _plain(value) for key, value in row.items()} for row in sample],
                "sealed": sealed,
            }
        )
        return
    told = dict(applied.mapping.pairs)
    _table(("Column of the list", "Means"), ([each, told[each] or "–"] for each in sheet.headers))
    if sealed is None:
        columns = [name for name in sample[0] if name != "listed_at"] if sample else []
        _table(columns, ([_text(row[name]) for name in columns] for row in sample))
    for note in understood.notes:
        print(visible(note))
    done = "Not sealed: a dry run." if sealed is None else "Sealed."
    left_out = f", {sheet.unit}s left out: {number(applied.left_out)}" if applied.left_out else ""
    print(f"{understood.name}: {number(len(applied.rows))} rows{left_out}. {done}")


def _show(store: "Locker", connection: str, kind: str, *, as_json: bool) -> None:
    from watchkeeper.clock import rfc3339
    from watchkeeper.lists import load as loads

    found = loads.held(store, connection, kind)
    if as_json:
        print_json(
            [
                {
                    "list": each.name,
                    "rows": each.rows,
                    "loaded": rfc3339(each.at),
                    "by": each.by,
                    "source": each.source,
                    "from": each.came_from,
                    "collection": each.collection.path,
                    "mapping": each.mapping.as_json() if each.mapping else None,
                }
                for each in found
            ]
        )
        return
    if not found:
        print(f"There is no list of {kind} yet: see `watchkeeper lists --help`.")
        return
    _table(
        ("List", "Rows", "Loaded", "By", "From"),
        (
            [each.name, number(each.rows), f"{each.at:%Y-%m-%d %H:%M} UTC", each.by, each.came_from]
            for each in found
        ),
    )


def _table(headings: "Sequence[str]", rows: "Iterable[Sequence[str]]") -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(header_style="bold", box=box.SIMPLE_HEAD)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    if headings:
        output().print(table)


def _plain(value: Any) -> Any:
    from datetime import datetime

    from watchkeeper.clock import rfc3339

    return rfc3339(value) if isinstance(value, datetime) else value


def _text(value: Any) -> str:
    found = _plain(value)
    return ", ".join(found) if isinstance(found, list) else str(found if found is not None else "–")
