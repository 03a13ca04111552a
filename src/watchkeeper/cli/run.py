"""`watchkeeper run`: collect everything, judge everything, print the table."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchkeeper.cli._console import (
    INTERRUPTED,
    AllowHost,
    AsJson,
    CaFile,
    Connection,
    ConsoleUrl,
    ControlsFolder,
    LockerFolder,
    Pause,
    Rates,
    Silence,
    TokenFile,
    Total,
    Tries,
    Walks,
    open_console,
    output,
    print_json,
    records,
    visible,
)

if TYPE_CHECKING:
    from watchkeeper.collection.engine import Report
    from watchkeeper.errors import ConsoleError
    from watchkeeper.locker.locker import Locker
    from watchkeeper.model.assessment import Assessment

_UNKNOWN = "unknown"


def command(
    console: ConsoleUrl,
    locker: LockerFolder,
    token_file: TokenFile = None,
    only: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Resources or controls, comma separated: `agents,users` or `HLT-01`.",
        ),
    ] = None,
    agent: Annotated[
        str | None, typer.Option(metavar="ID", help="Read this one device afresh, nothing else.")
    ] = None,
    connection: Connection = None,
    controls: ControlsFolder = None,
    as_json: AsJson = False,
    allow_host: AllowHost = None,
    silence: Silence = 30.0,
    total: Total = 60.0,
    tries: Tries = 3,
    ca_file: CaFile = None,
    pause: Pause = 1.0,
    walks: Walks = 20,
    rate: Rates = None,
) -> None:
    """Collect from a console into a locker, judge the controls, print the results.

    A run that was cut off less than six hours ago is gone on with: what it had read is not asked
    for again.

    Exit code 0: nothing failed; 1: at least one control failed; 2: wrong usage; 3: something could
    not be checked, or nothing could be judged; 4: nothing could be read.

    JSON: {"connection": {"name", "console", "scope", "visible_sites"}, "collections": [{"resource",
    "verdict", "rows", "distinct", "count_before", "count_after", "reason", …}], "results":
    [{"control", "version", "result", "counts", "reason", …}], "went_on": [resources of an earlier
    run that was cut off], "left": [resources in part read before and not come to],
    "faulty_controls": [{"file", "faults"}], "error"}.
    """
    from watchkeeper.cli import _report
    from watchkeeper.collection.engine import collect
    from watchkeeper.locker.locker import Locker

    _report.use_controls(controls)
    client = open_console(
        console,
        token_file,
        allow_host=allow_host,
        silence=silence,
        total=total,
        tries=tries,
        pause=pause,
        walks=walks,
        rates=rate,
        ca_file=ca_file,
    )
    resources, wanted = _selection(only)
    name = _name(connection, client.address.netloc)
    store = Locker.open(locker, create=True)
    try:
        with _progress(quiet=as_json) as listener:
            report = collect(client, store, name, only=resources, agent=agent, on_progress=listener)
            client.close()
            results = [] if agent is not None else _judge(store, name, wanted)
    except KeyboardInterrupt:
        print(_stopped(store, agent), file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from None
    document = _document(name, client.address.url, store, report, results)
    if as_json:
        print_json(document)
    else:
        _print(document, report, results)
    faulty = _report.tell_of_faulty()
    if not report.anything_read:
        raise typer.Exit(4)
    if agent is not None:
        raise typer.Exit(_agent_exit(report, agent))
    raise typer.Exit(3 if faulty else _report.exit_code(results))


def _name(given: str | None, host: str) -> str:
    """The connection's name in the locker; raises UsageError for what cannot be one."""
    from watchkeeper.errors import UsageError
    from watchkeeper.locker.layout import connection_id

    name = connection_id(host if given is None else given)
    if given is not None and name != given.lower():
        raise UsageError(
            f"{given!r} is no name for a connection.",
            hint="Use letters, digits, dots, dashes and underscores.",
        )
    return name


def _stopped(store: "Locker", agent: str | None) -> str:
    """What becomes of a run that was stopped by hand; nobody goes on with one of a device."""
    told = "stopped: what was sealed stays"
    if agent is not None:
        return f"{told}, the rest is ignored"
    when = "within six hours" if store.store.root is not None else "in ten minutes to six hours"
    return f"{told}; the next `run` {when}, with the same token, goes on with what was under way"


def _selection(only: str | None) -> tuple[list[str] | None, list[str] | None]:
    """The resources to collect and the controls to judge; None for all."""
    from watchkeeper.controls import catalogue as controls
    from watchkeeper.errors import UsageError
    from watchkeeper.resources import catalogue as resources

    if only is None:
        return None, None
    names = [name.strip() for name in only.split(",") if name.strip()]
    known = controls()
    wanted_controls = {name.upper() for name in names if name.upper() in known}
    wanted = {name for name in names if name in resources()}
    unknown = [name for name in names if name not in wanted and name.upper() not in known]
    if unknown or not names:
        raise UsageError(
            f"--only names {', '.join(unknown) or 'nothing'}, which is no resource and no control.",
            hint=f"Resources: {', '.join(resources())}. Controls: {', '.join(known)}.",
        )
    for name in wanted_controls:
        wanted |= set(known[name].reads) & set(resources())
    judged = {
        name
        for name, control in known.items()
        if name in wanted_controls
        or (
            not wanted_controls
            and set(control.reads) & set(resources()) - control.optional <= wanted
        )
    }
    return sorted(wanted), sorted(judged)


def _judge(store: "Locker", connection: str, controls: list[str] | None) -> "list[Assessment]":
    from watchkeeper.assessment.assess import assess
    from watchkeeper.assessment.verdict import as_read
    from watchkeeper.controls import catalogue

    wanted = [
        control for name, control in catalogue().items() if controls is None or name in controls
    ]
    now = store.clock.now()
    return [as_read(each, now) for each in assess(store, connection, wanted, now=now)]


def _document(
    name: str, console: str, store: "Locker", report: "Report", results: "list[Assessment]"
) -> dict[str, Any]:
    from watchkeeper.cli import _report

    scope, sites = _UNKNOWN, None
    for found in report.collections:
        if found.resource == "own_user" and found.complete:
            scopes = store.table(found, ["scope"]).column("scope").to_pylist()
            scope = (scopes[0] or scope) if scopes else scope
        if found.resource == "sites" and found.complete:
            sites = found.completeness.distinct
    return {
        "connection": {"name": name, "console": console, "scope": scope, "visible_sites": sites},
        "collections": [_report.collection_as_json(found) for found in report.collections],
        "results": [_report.assessment_as_json(found) for found in results],
        "went_on": report.went_on,
        "left": report.left,
        "faulty_controls": _report.faulty_as_json(),
        "error": str(report.fatal) if report.fatal is not None else None,
    }


def _print(document: dict[str, Any], report: "Report", results: "list[Assessment]") -> None:
    from watchkeeper.cli import _report

    out = output()
    out.print(visible(", ".join(_seen(document["connection"]))), markup=False)
    if report.fatal is not None and not report.anything_read:
        # The same words for each resource and each control would bury the one that matters.
        sealed = f"Nothing was read; {len(results)} results were sealed and say so"
        out.print(f"{sealed}: `watchkeeper results`." if results else "Nothing was read.")
        _tell_error(report.fatal)
        return
    if report.went_on:
        taken = ", ".join(report.went_on)
        out.print(f"Went on where an earlier run was cut off: {taken}", markup=False)
    out.print(_report.collections_table(report.collections, "Collected"))
    if report.left:
        told = ", ".join(report.left)
        out.print(f"Not come to, in part read before; the next run goes on: {told}", markup=False)
    if results:
        out.print(_report.results_table(results, "Results, worst first"))
    if report.fatal is not None:
        _tell_error(report.fatal)


def _seen(connection: dict[str, Any]) -> list[str]:
    """The console, and what is known of how much of it the token sees."""
    told = [connection["console"]]
    if connection["scope"] != _UNKNOWN:
        told.append(f"scope {connection['scope']}")
    if connection["visible_sites"] is not None:
        told.append(f"{connection['visible_sites']} sites visible")
    return told


def _tell_error(error: "ConsoleError") -> None:
    print(f"error: {visible(error.message)}", file=sys.stderr)
    print(f"       {visible(error.hint)}", file=sys.stderr)


def _agent_exit(report: "Report", agent: str) -> int:
    found = report.collections[0]
    if not found.complete:
        return 3
    if found.completeness.distinct == 0:
        print(f"error: the console knows no agent {visible(agent)}.", file=sys.stderr)
        return 3
    return 0


class _progress:  # noqa: N801 - used like a function
    """Lines of progress on stderr: a bar on a terminal, one line per resource elsewhere."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet

    def __enter__(self) -> Any:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        error = Console(stderr=True, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description:<22}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}"),
            console=error,
            disable=self._quiet or not error.is_terminal,
        )
        self._tasks: dict[str, Any] = {}
        self._lines = not self._quiet and not error.is_terminal
        self._bar.start()
        return self._step

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def _step(self, step: Any) -> None:
        name = step.resource.title
        if self._lines and step.verdict is not None:
            print(f"{name}: {step.verdict.value}, {records(step.rows)}", file=sys.stderr)
        if name not in self._tasks:
            self._tasks[name] = self._bar.add_task(name, total=None, state="")
        done = step.verdict is not None
        self._bar.update(
            self._tasks[name],
            completed=step.rows,
            total=step.rows if done else step.expected,
            state=step.verdict.value if done else "",
        )
