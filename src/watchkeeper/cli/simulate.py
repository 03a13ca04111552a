"""Serve a simulated SentinelOne console, to try Watchkeeper without a console of one's own."""

import gc
import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from watchkeeper.simulator import Company, Running

_HOUR = 3600
_LAST_PORT = 65535
_STOP = {signal.SIGINT, signal.SIGTERM}


def command(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any free one.")] = 0,
    agents: Annotated[int, typer.Option(help="How many agents.")] = 2000,
    sites: Annotated[int, typer.Option(help="How many sites.")] = 12,
    accounts: Annotated[int, typer.Option(help="How many accounts.")] = 3,
    threats: Annotated[int, typer.Option(help="How many threats.")] = 300,
    users: Annotated[int, typer.Option(help="How many users.")] = 60,
    activities: Annotated[int, typer.Option(help="How many activities.")] = 5000,
    seed: Annotated[int, typer.Option(help="Same seed, same company.")] = 7,
    groups: Annotated[
        int | None,
        typer.Option(help="How many groups in all; three or four a site if none is said."),
    ] = None,
    own_policies: Annotated[
        float | None,
        typer.Option(
            help="How many groups in a hundred have a policy of their own.", metavar="PERCENT"
        ),
    ] = None,
    uneven: Annotated[
        bool, typer.Option("--uneven", help="A few large sites and a long tail of small ones.")
    ] = False,
    drift: Annotated[
        float | None,
        typer.Option(help="How many agents in a hundred change on every day.", metavar="PERCENT"),
    ] = None,
    day: Annotated[int, typer.Option(help="The same company that many days later.")] = 0,
    now: Annotated[
        str | None,
        typer.Option(
            help="The moment it is seen at, with a time zone, so that two runs differ by their "
            "day only; this very moment if none is said.",
            metavar="TIME",
        ),
    ] = None,
    profile: Annotated[
        str, typer.Option(help="Which API it speaks: 2026, 2024 or documented.")
    ] = "2026",
    fault: Annotated[
        list[str] | None,
        typer.Option(
            help="Something that goes wrong, as --list-faults names it, the first time each "
            "request is made; of those that pass, NAME:always for every time and NAME:threats for "
            "threats only. Repeat for more.",
            metavar="NAME[:ARGUMENT]",
        ),
    ] = None,
    latency: Annotated[int, typer.Option(help="Every answer takes that long.", metavar="MS")] = 0,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help="Write the API token there, readable by you only, instead of printing it.",
            metavar="PATH",
        ),
    ] = None,
    lists: Annotated[
        Path | None,
        typer.Option(
            help="Write the lists this company keeps there: assets.csv, people.csv, "
            "support_ends.csv.",
            metavar="DIR",
        ),
    ] = None,
    truth: Annotated[
        bool, typer.Option("--truth", help="Print what every control must find and stop.")
    ] = False,
    list_faults: Annotated[
        bool, typer.Option("--list-faults", help="Print every fault there is, and stop.")
    ] = False,
) -> None:
    """Serve a simulated SentinelOne console on this machine.

    It answers as the management API does, with the agents, threats, policies, people and activities
    of an invented company in which a few things are wrong. Point a connection at the address it
    prints, with the token it prints. GET /simulator/seen there tells how often it was asked, and
    POST /simulator/forget begins to count anew. The company lives on: its times move with the
    clock, hour by hour, and every day something changes. It listens on this machine only and stops
    with Ctrl-C.

    Example: watchkeeper simulate --agents 20000 --fault 429-html --token-file token
    """
    from watchkeeper import simulator  # so that --help need not load it

    if list_faults:
        typer.echo("\n".join(f"{name:20} {told}" for name, told in simulator.FAULTS.items()))
        return
    if latency < 0:
        _fail(f"latency must not be negative, got {latency}")
    if not 0 <= port <= _LAST_PORT:
        _fail(f"port must be between 0 and {_LAST_PORT}, got {port}")
    # Blocked before any thread starts, so that a request to stop waits for who awaits it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)
    try:
        build = partial(
            simulator.Company,
            agents=agents,
            sites=sites,
            accounts=accounts,
            threats=threats,
            users=users,
            activities=activities,
            seed=seed,
            profile=profile,
            now=None if now is None else _moment(now),
            groups=groups,
            own_policies=own_policies,
            uneven=uneven,
            drift=drift,
        )
        company = build(day=day)
        gc.freeze()  # a large company is no garbage: looking through it takes seconds
        if lists is not None:
            _write_lists(lists, simulator.statements(company))
        if truth:
            console = simulator.Running(company, profile, token="")
            console.start(fault or ())
            _print_truth(console.truth())
            return
        with simulator.running(
            company, profile=profile, faults=fault or (), port=port, latency=latency / 1000
        ) as served:
            _announce(served.url, served.token, token_file)
            _live(served, build, day)
    except ValueError as error:
        _fail(str(error))
    except OSError as error:
        what = f"write {error.filename}" if error.filename else f"listen on port {port}"
        _fail(f"cannot {what}: {error.strerror or error}")
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _live(served: "Running", build: Callable[..., "Company"], day: int) -> None:
    """Until somebody asks it to stop, move the company on hour by hour."""
    started = time.monotonic()
    while signal.sigtimedwait(_STOP, _HOUR) is None:
        days = int((time.monotonic() - started) // (24 * _HOUR))
        served.set_company(build(day=day + days))
        gc.freeze()


def _moment(text: str) -> datetime:
    """The moment that was typed; raises ValueError for what is none."""
    wanted = f"now must be a moment with a time zone, such as 2026-03-01T12:00:00Z, got {text!r}"
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(wanted) from None
    if found.tzinfo is None:
        raise ValueError(wanted)
    return found


def _fail(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(2)


def _print_truth(found: dict[str, dict[str, Any]]) -> None:
    import json

    json.dump(found, sys.stdout, indent=2)
    sys.stdout.write("\n")


def _write_lists(folder: Path, stated: dict[str, list[dict[str, Any]]]) -> None:
    """What the company keeps itself, a file each, with a column for all that is in it."""
    import csv

    folder.mkdir(parents=True, exist_ok=True)
    for name in ("assets", "people", "support_ends"):
        columns = [each for each in stated[name][0] if each not in {"id", "list", "listed_at"}]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            for row in stated[name]:
                told = row | {"external_id": row["id"]}  # what tells rows apart
                writer.writerow([_cell(told[column]) for column in columns])


def _cell(value: Any) -> Any:
    return "; ".join(map(str, value)) if isinstance(value, list) else value


def _announce(url: str, token: str, token_file: Path | None) -> None:
    """Say where it is and how to get in; the address stands on a line of its own."""
    if token_file is None:
        typer.echo(token)
    else:
        # A file that is there already keeps its mode when opened, hence a fresh one.
        token_file.unlink(missing_ok=True)
        token_file.touch(mode=0o600, exist_ok=False)
        token_file.write_text(token, encoding="utf-8")
    typer.echo(url)
    sys.stdout.flush()
