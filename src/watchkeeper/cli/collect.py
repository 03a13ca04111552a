"""`watchkeeper collect`: asks a running installation to collect now."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from watchkeeper.cli._console import INTERRUPTED, visible
from watchkeeper.cli._installation import DataFolderOption, actor
from watchkeeper.errors import UsageError, WatchkeeperError

if TYPE_CHECKING:
    from datetime import datetime

    from watchkeeper.ledger.models import Run

_LOOK_EVERY = 0.3


def command(
    connection: Annotated[
        str | None,
        typer.Argument(metavar="[CONNECTION]", help="Which; all that are not paused without it."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="RESOURCE", help="Such as agents; repeatable, or a,b."),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Show how far it is, and end as the run ends.")
    ] = False,
    data: DataFolderOption = None,
) -> None:
    """Ask a running installation to collect and judge now, without waiting for its schedule.

    Where one for the same waits already, that one does it. Ctrl-C ends the waiting, not the run.
    With --wait the exit code is 0 when every run went through, 3 when one failed.

    Example: watchkeeper collect acme --only agents --only threats --wait
    """
    from watchkeeper import bootstrap

    settings = bootstrap.load_settings(data=data)
    wanted = _resources(only or [])
    with bootstrap.reached(settings, start=False) as app, bootstrap.answering():
        runs = _ask(connection, wanted)
        for run in runs:
            print(f"{visible(run.connection.name)}: asked for (run {run.pk})", flush=True)
        if not _a_worker_lives(app.installation.clock.now()):
            print("No worker is alive: it begins as soon as one is started.", file=sys.stderr)
        if wait:
            _follow(runs)


def _resources(only: list[str]) -> list[str]:
    """The resources that were named; none for all."""
    from watchkeeper.resources import catalogue

    names = [name.strip() for each in only for name in each.split(",") if name.strip()]
    unknown = [name for name in names if name not in catalogue()]
    if unknown or (only and not names):
        raise UsageError(
            f"--only names {', '.join(unknown) or 'nothing'}, which is no resource.",
            hint=f"There are: {', '.join(catalogue())}.",
        )
    return sorted(set(names))


def _ask(connection: str | None, wanted: list[str]) -> "list[Run]":
    from watchkeeper.jobs import runs
    from watchkeeper.ledger.audit import record
    from watchkeeper.ledger.models import Connection

    watched = Connection.objects.filter(removed_at=None)
    if connection is not None:
        names = [connection]
        if not watched.filter(name=connection).exists():
            known = ", ".join(watched.values_list("name", flat=True)) or "none yet"
            raise UsageError(f"There is no connection {connection!r}.", hint=f"There are: {known}.")
    else:
        names = list(watched.filter(paused=False).values_list("name", flat=True))
    if not names:
        raise UsageError(
            "There is no connection that is not paused.",
            hint="Add one with `watchkeeper connect`, or name one that is paused.",
        )
    found = []
    for name in names:
        run = runs.ask(name, wanted or None, trigger=actor())
        record(actor(), "collection.asked", name, run=run.pk)
        found.append(run)
    return found


def _a_worker_lives(now: "datetime") -> bool:
    from watchkeeper.jobs.tasks import WORKER_SILENT
    from watchkeeper.jobs.under_way import workers

    alive, _ = workers(now, WORKER_SILENT)
    return bool(alive)


def _follow(runs: "list[Run]") -> None:
    """Shows how far the runs are until all have ended; raises when one failed."""
    from watchkeeper.cli._progress import Bars
    from watchkeeper.clock import SYSTEM_CLOCK
    from watchkeeper.ledger.models import RunState

    failed = []
    try:
        for run in runs:
            with Bars() as bars:
                while run.state in {RunState.WAITING, RunState.RUNNING}:
                    SYSTEM_CLOCK.sleep(_LOOK_EVERY)
                    run.refresh_from_db()
                    bars.show(run.progress)
            ended = "done" if run.state == RunState.DONE else f"failed: {visible(run.reason)}"
            print(f"{visible(run.connection.name)}: {ended}", flush=True)
            if run.state != RunState.DONE:
                failed.append(run.connection.name)
    except KeyboardInterrupt:
        print("No longer waiting; the runs go on.", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    if failed:
        raise WatchkeeperError(
            f"Nothing, or not all, was collected of {', '.join(failed)}.",
            hint="The reason is above; `watchkeeper jobs` lists it, too.",
        )
