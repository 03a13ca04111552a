"""What the commands share: options, output for people, output for programs."""

import json
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from watchkeeper.errors import UsageError, WatchkeeperError

if TYPE_CHECKING:
    from rich.console import Console as RichConsole

    from watchkeeper.locker.locker import Locker
    from watchkeeper.sentinelone.client import Console

TOKEN_VARIABLE = "WATCHKEEPER_TOKEN"  # noqa: S105 - the variable's name
# The exit code of what was stopped with Ctrl-C, as shells have it.
INTERRUPTED = 130
# Console text is hostile: no control character and no direction mark reaches a terminal.
_HOSTILE = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

_PIPED = 180
_SHORTEST, _LONGEST = 0.1, 3600.0

ConsoleUrl = Annotated[
    str,
    typer.Option(
        "--console", metavar="URL", help="The console: https://yourcompany.sentinelone.net"
    ),
]
TokenFile = Annotated[
    Path | None,
    typer.Option(
        "--token-file",
        metavar="FILE",
        help=f"A file that holds the API token and nothing else (or set {TOKEN_VARIABLE}).",
    ),
]
LockerFolder = Annotated[
    str,
    typer.Option("--locker", metavar="DIR", help="The evidence folder (or a bucket's URL)."),
]
ControlsFolder = Annotated[
    Path | None,
    typer.Option(
        "--controls",
        metavar="DIR",
        envvar="WATCHKEEPER_CONTROLS",
        help="A folder of controls you wrote, beside those that come with the product.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, in the documented shape.")]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host", metavar="HOST", help="A console's host outside sentinelone.net; repeatable."
    ),
]
Silence = Annotated[
    float,
    typer.Option("--silence-timeout", metavar="SECONDS", help="How long an answer may be silent."),
]
Total = Annotated[
    float, typer.Option("--total-timeout", metavar="SECONDS", help="How long an answer may take.")
]
Tries = Annotated[
    int, typer.Option("--tries", metavar="N", min=1, max=20, help="How often a page is asked for.")
]
CaFile = Annotated[
    Path | None,
    typer.Option(
        "--ca-file", metavar="FILE", help="PEM: authorities believed beside the system's."
    ),
]
Pause = Annotated[
    float,
    typer.Option(
        "--pause", metavar="SECONDS", min=0.0, help="The first pause before asking again; doubles."
    ),
]
Walks = Annotated[
    int,
    typer.Option("--walks", metavar="N", min=1, max=32, help="How many requests at once, at most."),
]
Rates = Annotated[
    list[str] | None,
    typer.Option(
        "--rate",
        metavar="PATH=N",
        help="Ask a path no more than N times a second, such as /agents=5; repeatable. The "
        "vendor's limits hold anyway.",
    ),
]
Connection = Annotated[
    str | None,
    typer.Option(
        "--connection",
        metavar="NAME",
        help="The connection's name in the locker; its console's host by default.",
    ),
]


def open_console(
    url: str,
    token_file: Path | None,
    *,
    allow_host: list[str] | None = None,
    silence: float = 30.0,
    total: float = 60.0,
    tries: int = 3,
    pause: float = 1.0,
    walks: int = 20,
    rates: list[str] | None = None,
    ca_file: Path | None = None,
) -> "Console":
    """The client for what was typed; raises UsageError for what cannot be used."""
    from watchkeeper.sentinelone.address import environment_proxy, parse_address
    from watchkeeper.sentinelone.client import Console
    from watchkeeper.sentinelone.limits import Limits, slower
    from watchkeeper.sentinelone.token import parse_token

    for name, value in (("--silence-timeout", silence), ("--total-timeout", total)):
        if not _SHORTEST <= value <= _LONGEST:
            raise UsageError(
                f"{name} {value:g} is out of range.",
                hint=f"Give {_SHORTEST} to {_LONGEST} seconds.",
            )
    _check_paths(rates or ())
    address = parse_address(url, allow_host or ())
    token = parse_token(_token_text(token_file))
    limits = Limits(
        silence=silence,
        total=total,
        tries=tries,
        pause=pause,
        walks=walks,
        rates=slower(rates or ()),
    )
    return Console(
        address,
        token,
        limits=limits,
        proxy=environment_proxy(address),
        certificates=certificates(ca_file) if ca_file else "",
    )


def _check_paths(rates: Iterable[str]) -> None:
    """Raises UsageError for a rate of a path that nothing begins with: it would slow nothing."""
    from watchkeeper.resources import catalogue

    levels = ("accounts", "groups", "sites")
    paths = {each.path for each in catalogue().values() if "{level}" not in each.path}
    asked = sorted({*paths, "/tenant/policy", *(f"/{level}/{{id}}/policy" for level in levels)})
    for rate in rates:
        path = rate.partition("=")[0]
        if path.startswith("/") and not any(each.startswith(path) for each in asked):
            raise UsageError(
                f"--rate {rate}: nothing is asked for at {path}.",
                hint=f"Give one of these, or how some of them begin: {', '.join(asked)}.",
            )


def certificates(file: Path) -> str:
    """The PEM in a file; raises UsageError."""
    from watchkeeper.sentinelone.certificates import parse_certificates

    try:
        return parse_certificates(file.expanduser().read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{file} cannot be read as a certificate.", hint="Give a PEM file."
        ) from error


def _token_text(token_file: Path | None) -> str:
    if token_file is None:
        text = os.environ.get(TOKEN_VARIABLE, "")
        if not text.strip():
            raise UsageError(
                "No token was given.", hint=f"Give --token-file FILE or set {TOKEN_VARIABLE}."
            )
        return text
    try:
        return token_file.expanduser().read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{token_file} is not a text file.") from error
    except OSError as error:
        raise UsageError(
            f"The token file {token_file} cannot be read: {error.strerror}.",
            hint="Give a file that holds the API token and nothing else.",
        ) from error


def known_connection(store: "Locker", name: str | None) -> str | None:
    """The connection that was named, if the locker has it; raises UsageError when not."""
    known = store.connections()
    if name is not None and name not in known:
        raise UsageError(
            f"There is no connection {name!r} in this locker.",
            hint=f"There are: {', '.join(known) or 'none yet'}.",
        )
    return name


def output() -> "RichConsole":
    """Where tables go: as wide as the terminal, and wide enough not to cut where there is none."""
    from rich.console import Console as RichConsole

    console = RichConsole(highlight=False)
    return console if console.is_terminal else RichConsole(highlight=False, width=_PIPED)


def fail(error: WatchkeeperError) -> NoReturn:
    """One sentence on stderr, and the error's exit code."""
    print(f"error: {visible(error.message)}", file=sys.stderr)
    if error.hint:
        print(f"       {visible(error.hint)}", file=sys.stderr)
    sys.exit(error.exit_code)


def print_json(document: Any) -> None:
    """The document on stdout, readable and stable."""
    json.dump(document, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def visible(text: str) -> str:
    """Text from a console for a terminal: what would steer it is shown as an escape."""
    return _HOSTILE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def number(value: int | None) -> str:
    """A count for people, a dash where there is none."""
    return "–" if value is None else f"{value:,}"


def records(count: int) -> str:
    """So many records, in words for people."""
    return f"{count:,} record{'' if count == 1 else 's'}"
