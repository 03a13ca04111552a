"""`watchkeeper migrate`: the database's tables, brought up to this version."""

from typing import Annotated

import typer

from watchkeeper.cli._console import AsJson, print_json
from watchkeeper.cli._installation import DataFolderOption

_NAMED = 6


def command(
    data: DataFolderOption = None,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; exit code 1 when steps are missing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring the database's tables up to this version of Watchkeeper, and make the locker.

    `watchkeeper up` does this by itself; with a PostgreSQL of your own and processes that run
    apart, run it once after every upgrade, before they start. One at a time: a second one waits.

    JSON: {"steps": [names]}.
    """
    from watchkeeper import bootstrap

    settings = bootstrap.load_settings(data=data)
    with bootstrap.reached(settings, migrate=False) as app:
        steps = app.missing_migrations() if check else app.migrate()
        if not check:
            app.make_locker()
    if as_json:
        print_json({"steps": steps})
    elif not steps:
        print("The tables are those of this version.")
    else:
        named = ", ".join(steps) if len(steps) <= _NAMED else f"{len(steps)} steps to {steps[-1]}"
        print("Missing:" if check else "Done:", named)
    raise typer.Exit(1 if check and steps else 0)
