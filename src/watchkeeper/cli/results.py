"""`watchkeeper results`: the newest result of every control."""

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
    connection: Connection = None,
    history: Annotated[bool, typer.Option(help="Every result, not only the newest.")] = False,
    at: Annotated[
        str | None,
        typer.Option(metavar="MOMENT", help="As of a past day (2026-03-31) or moment (RFC 3339)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the newest result of every control in a locker, worst first.

    A result that rests on data older than its control allows is shown as STALE. Exit code as of
    `watchkeeper run`: 0 nothing failed, 1 FAIL, 3 something could not be checked.

    With --at it is what every control said then, from what was sealed by then: at the end of a past
    day (UTC), today at this moment. What is still to come is refused.

    JSON: a list of {"connection", "control", "version", "result", "counts", "reason", …}.
    """
    from watchkeeper.assessment.verdict import as_read
    from watchkeeper.cli import _report
    from watchkeeper.locker.locker import Locker
    from watchkeeper.model.past import parse_past

    store = Locker.open(locker)
    now = store.clock.now()
    now = parse_past(at, now) if at is not None else now
    found = store.assessments(known_connection(store, connection))
    found = [each for each in found if each.judged_at <= now]
    if not history:
        found = list({(each.connection, each.control): each for each in found}.values())
    store.vouch(each.path for each in found)
    found = [as_read(each, now) for each in found]
    if as_json:
        print_json([_report.assessment_as_json(each) for each in found])
    elif not found:
        then = "by then" if at is not None else "yet: see `watchkeeper run --help`"
        print(f"Nothing had been judged in this locker {then}.")
    else:
        for name in sorted({each.connection for each in found}):
            own = [each for each in found if each.connection == name]
            output().print(_report.results_table(own, f"Results of {name}"))
    raise typer.Exit(_report.exit_code(found))
