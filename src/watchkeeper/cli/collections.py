"""`watchkeeper collections`: what was collected, when, and whether it is whole."""

from typing import Annotated

import typer

from watchkeeper.cli._console import (
    AsJson,
    Connection,
    LockerFolder,
    known_connection,
    output,
    print_json,
)


def command(
    locker: LockerFolder,
    resource: Annotated[
        str | None, typer.Option(metavar="NAME", help="One resource only, such as agents.")
    ] = None,
    connection: Connection = None,
    as_json: AsJson = False,
) -> None:
    """List the sealed collections of a locker, oldest first, with their verdicts.

    JSON: a list of {"id", "connection", "resource", "verdict", "rows", "distinct", "count_before",
    "count_after", "reason", "notes", "route", "derived", "started", "ended", "path"}.
    """
    from watchkeeper.cli import _report
    from watchkeeper.errors import UsageError
    from watchkeeper.locker.locker import Locker
    from watchkeeper.resources import everything

    if resource is not None and resource not in everything():
        raise UsageError(
            f"{resource!r} is no resource.", hint=f"There are: {', '.join(everything())}."
        )
    store = Locker.open(locker)
    found = store.collections(known_connection(store, connection), resource)
    store.vouch(each.path for each in found)
    if as_json:
        print_json([_report.collection_as_json(each) for each in found])
    elif not found:
        print("Nothing of that has been collected yet: see `watchkeeper run --help`.")
    else:
        output().print(_report.collections_table(found, "Collections"))
