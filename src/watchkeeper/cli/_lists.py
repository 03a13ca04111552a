"""What `watchkeeper lists` reads from its arguments, and how it tells of lists and sources."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from watchkeeper.cli._console import number, output, print_json, visible

if TYPE_CHECKING:
    from watchkeeper.cli._statements import Desk
    from watchkeeper.ledger.models import ListSource
    from watchkeeper.lists.bringing import Understood

_SHOWN_ROWS = 5


def ensure_typed(action: str, kind: str, *, name: str | None, file: bool | None) -> None:
    """Raises UsageError where something is missing; None: the action takes no such thing.

    `file` is whether one was given, as an argument or as an option of the source.
    """
    from watchkeeper.errors import UsageError

    missing = [
        *([] if kind else ["a kind (assets, people or support_ends)"]),
        *(["a FILE"] if file is False else []),
        *(["a name for the list (--list NAME)"] if name == "" else []),
    ]
    if not missing:
        return
    shown = kind or "assets"
    example = [action, shown]
    example += [f"{shown}.csv"] if file is not None else []
    example += ["--list", shown] if name is not None else []
    *others, last = missing
    wanted = f"{', '.join(others)} and {last}" if others else last
    raise UsageError(
        f"`watchkeeper lists {action}` needs {wanted}.",
        hint=f"As in: watchkeeper lists {' '.join(example)}",
    )


def options_of(
    source: str,
    file: str,
    plain: Iterable[str],
    files: Iterable[str],
    variables: Iterable[str],
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


def tell_sources(*, as_json: bool) -> None:
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


def tell(understood: "Understood", sealed: str | None, *, as_json: bool) -> None:
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


def show(here: "Desk", kind: str, *, as_json: bool) -> None:
    """Prints which lists of a kind stand, and in an installation which are watched."""
    from watchkeeper.clock import rfc3339
    from watchkeeper.lists import load as loads

    found = loads.held(here.locker, here.connection, kind)
    watched = _watched(here, kind)
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
                    "watched": _source(watched.get(each.name)),
                }
                for each in found
            ]
        )
        return
    if not found:
        print(f"There is no list of {kind} yet: see `watchkeeper lists --help`.")
    else:
        _table(
            ("List", "Rows", "Loaded", "By", "From"),
            (
                [
                    each.name,
                    number(each.rows),
                    f"{each.at:%Y-%m-%d %H:%M} UTC",
                    each.by,
                    each.came_from,
                ]
                for each in found
            ),
        )
    if watched:
        _table(("Watched", "At", "Every", "Looked at", "How it went"), map(_row, watched.values()))


def _watched(here: "Desk", kind: str) -> "dict[str, ListSource]":
    """By list: its source; none over a locker alone, where nothing is watched."""
    if not here.installed:
        return {}
    from watchkeeper.ledger.models import ListSource

    found = ListSource.objects.filter(connection__name=here.connection, kind=kind)
    return {each.name: each for each in found}


def _source(held: "ListSource | None") -> dict[str, Any] | None:
    if held is None:
        return None
    from watchkeeper.clock import rfc3339

    return {
        "source": held.source,
        "every": held.interval,
        "paused": held.paused,
        "looked_at": rfc3339(held.tried_at) if held.tried_at else None,
        "found_whole": rfc3339(held.found_at) if held.found_at else None,
        "error": held.error,
    }


def _row(held: "ListSource") -> list[str]:
    from datetime import timedelta

    from watchkeeper.cli._installation import span

    went = held.error or ("paused" if held.paused else "whole")
    looked = f"{held.tried_at:%Y-%m-%d %H:%M} UTC" if held.tried_at else "not yet"
    every = span(timedelta(seconds=held.interval).total_seconds())
    return [held.name, held.source, every, looked, went]


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
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
