"""`watchkeeper items`: the subjects of a control's newest assessment."""

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

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

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from watchkeeper.locker.locker import Locker
    from watchkeeper.model.assessment import Assessment


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

    Exit code 0; 3 where the control could not be judged, or rests on data that is too old by now:
    its result and the reason are said, too.

    JSON (always whole): a list of {"subject", "name", "outcome", "reason", "observed"}.
    """
    from watchkeeper.assessment.verdict import as_read
    from watchkeeper.errors import UsageError
    from watchkeeper.locker.locker import Locker
    from watchkeeper.model.assessment import Outcome, Result

    only = outcome.lower() if outcome is not None else None
    if only is not None and only not in list(Outcome):
        raise UsageError(f"{outcome!r} is no outcome.", hint=f"There are: {', '.join(Outcome)}.")
    store = Locker.open(locker)
    newest = as_read(_newest(store, connection, control), store.clock.now())
    store.vouch([newest.path])
    whole = store.items(newest).to_pylist()
    rows = [row for row in whole if only is None or row["outcome"] == only]
    unsettled = newest.result in {Result.ERROR, Result.STALE}
    said = f"{newest.control} is {newest.result.value}: {visible(newest.reason)}"
    if as_json:
        print_json([row | {"observed": json.loads(row["observed"])} for row in rows])
        if unsettled:
            print(said, file=sys.stderr)
    else:
        if unsettled or not rows:
            none = f"No item of {newest.control} is {only}. " if whole and not rows else ""
            print(none + said)
        if rows:
            _print(rows, limit)
    if unsettled:
        raise typer.Exit(3)


def _newest(store: "Locker", connection: str | None, control: str) -> "Assessment":
    """The newest assessment of a control; raises UsageError where there is none, or of several."""
    from watchkeeper.errors import UsageError

    found = store.assessments(known_connection(store, connection), control.upper())
    if not found:
        known = sorted({each.control for each in store.assessments(connection)})
        raise UsageError(
            f"There is no assessment of {visible(control)} in this locker.",
            hint=f"Judged are: {', '.join(known) or 'none; see `watchkeeper run --help`'}.",
        )
    newest = {each.connection: each for each in found}
    if len(newest) > 1:
        raise UsageError(
            "This locker holds several connections.",
            hint=f"Give --connection: {', '.join(newest)}.",
        )
    return found[-1]


def _print(rows: "Sequence[Mapping[str, Any]]", limit: int) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

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
