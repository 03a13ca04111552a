"""`watchkeeper items`: the subjects of a control's newest assessment."""

import json
from typing import Annotated

import typer

from watchkeeper.cli._console import (
    AsJson,
    Connection,
    LockerFolder,
    known_connection,
    output,
    print_json,
    visible,
)


def command(
    control: Annotated[str, typer.Argument(help="The control's id, such as HLT-01.")],
    locker: LockerFolder,
    outcome: Annotated[
        str | None,
        typer.Option(metavar="OUTCOME", help="fail, unknown, pass or not_applicable only."),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="How many to print; 0 for all.")] = 50,
    connection: Connection = None,
    as_json: AsJson = False,
) -> None:
    """List the items of a control: each subject with its outcome, the reason, what was observed.

    JSON (always whole): a list of {"subject", "name", "outcome", "reason", "observed"}.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from watchkeeper.errors import UsageError
    from watchkeeper.locker.locker import Locker
    from watchkeeper.model.assessment import Outcome

    wanted = control.upper()
    if outcome is not None and outcome not in list(Outcome):
        raise UsageError(f"{outcome!r} is no outcome.", hint=f"There are: {', '.join(Outcome)}.")
    store = Locker.open(locker)
    found = store.assessments(known_connection(store, connection), wanted)
    if not found:
        known = sorted({each.control for each in store.assessments(connection)})
        raise UsageError(
            f"There is no assessment of {visible(control)} in this locker.",
            hint=f"Judged are: {', '.join(known) or 'none; see `watchkeeper run --help`'}.",
        )
    newest = list({each.connection: each for each in found}.values())
    if len(newest) > 1:
        raise UsageError(
            "This locker holds several connections.",
            hint=f"Give --connection: {', '.join(each.connection for each in newest)}.",
        )
    store.vouch(each.path for each in newest)
    rows = [
        row
        for each in newest
        for row in store.items(each).to_pylist()
        if outcome is None or row["outcome"] == outcome
    ]
    if as_json:
        print_json([row | {"observed": json.loads(row["observed"])} for row in rows])
        return
    table = Table(header_style="bold", box=box.SIMPLE_HEAD)
    for heading in ("Subject", "Name", "Outcome", "Reason"):
        table.add_column(heading, overflow="fold")
    for row in rows[: limit or None]:
        table.add_row(
            *(Text(visible(row[key] or "")) for key in ("subject", "name", "outcome", "reason"))
        )
    output().print(table)
    if limit and len(rows) > limit:
        print(f"{len(rows) - limit:,} more; --limit 0 prints all.")
