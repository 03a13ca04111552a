"""`watchkeeper jobs`: what runs, waits and failed lately."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchkeeper.cli._console import AsJson, number, output, print_json, visible
from watchkeeper.cli._installation import DataFolderOption, ago, span

if TYPE_CHECKING:
    from rich.table import Table

    from watchkeeper.jobs.under_way import Work


def command(
    data: DataFolderOption = None,
    failed: Annotated[
        int, typer.Option("--failed", metavar="N", min=0, help="How many failed ones, at most.")
    ] = 10,
    as_json: AsJson = False,
) -> None:
    """List what runs, what waits and what failed in the last week, of a running installation.

    The time left is an estimate: from the last run for the same, or from the pace so far.

    JSON: {"jobs": [{"run", "connection", "state", "trigger", "resources", "subject", "since",
    "pages", "rows", "expected", "seconds_left", "worker", "reason"}], "workers": [{"id", "heard",
    "alive"}]}.
    """
    from watchkeeper import bootstrap

    settings = bootstrap.load_settings(data=data)
    with bootstrap.reached(settings, start=False) as app, bootstrap.answering():
        from watchkeeper.jobs.tasks import WORKER_SILENT  # after Django is configured
        from watchkeeper.jobs.under_way import under_way, workers

        now = app.installation.clock.now()
        found = under_way(now, failed=failed)
        alive, silent = workers(now, WORKER_SILENT)
    if as_json:
        seen = [
            {"id": each.id, "heard": each.heard.isoformat(), "alive": each in alive}
            for each in (*alive, *silent)
        ]
        print_json({"jobs": [_as_json(each) for each in found], "workers": seen})
        return
    if found:
        output().print(_table(found, now))
    else:
        print("Nothing runs, waits or failed lately.")
    heard = ", ".join(f"{each.id} ({ago(each.heard, now)})" for each in alive)
    print(f"Workers: {heard}" if heard else "No worker is alive: nothing is collected.")


def _as_json(work: "Work") -> dict[str, Any]:
    return {
        "run": work.run,
        "connection": work.connection,
        "state": work.state,
        "trigger": work.trigger,
        "resources": list(work.resources),
        "subject": work.subject,
        "since": work.since.isoformat(),
        "pages": work.pages,
        "rows": work.rows,
        "expected": work.expected,
        "seconds_left": round(work.left.total_seconds()) if work.left is not None else None,
        "worker": work.worker.id if work.worker is not None else None,
        "reason": work.reason,
    }


def _table(found: "list[Work]", now: datetime) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(title="Jobs", title_justify="left", header_style="bold", box=box.SIMPLE_HEAD)
    for heading in ("Connection", "Resources", "State", "Since"):
        table.add_column(heading)
    for heading in ("Pages", "Records", "Expected", "Left"):
        table.add_column(heading, justify="right")
    table.add_column("Worker")
    table.add_column("Reason")
    for work in found:
        what = f"agent {work.subject}" if work.subject else ", ".join(work.resources) or "all"
        table.add_row(
            visible(work.connection),
            visible(what),
            work.state,
            ago(work.since, now),
            number(work.pages),
            number(work.rows),
            number(work.expected),
            span(work.left.total_seconds()) if work.left is not None else "–",
            str(work.worker.id) if work.worker is not None else "–",
            visible(work.reason),
        )
    return table
