"""The command line: one file per command, found here. Heavy imports stay inside the commands."""

import importlib
import pkgutil
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import typer

from watchkeeper import __version__
from watchkeeper.cli._console import INTERRUPTED, fail
from watchkeeper.errors import WatchkeeperError

_HELP = (
    "Continuous control monitoring for SentinelOne: collects what a console knows, read-only, "
    "judges controls over it, and keeps evidence an auditor can check."
)
_new_app = partial(
    typer.Typer,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        print(f"watchkeeper {__version__}")
        raise typer.Exit


def _root(
    *,
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    del version  # handled before anything else by its callback


def _commands() -> dict[str, str]:
    """By command: the module that has it."""
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name.replace("_", "-"): name for name in modules if not name.startswith("_")}


def _command(module: str) -> Callable[..., Any]:
    found: Callable[..., Any] = importlib.import_module(f"{__name__}.{module}").command
    return found


def _run(arguments: list[str]) -> None:
    """Runs what was typed. A command that is named is the only one that is loaded."""
    started = Path(sys.argv[0]).name
    program = "python -m watchkeeper" if started == "__main__.py" else started
    commands = _commands()
    if arguments and arguments[0] in commands:
        name = arguments[0]
        app = _new_app()
        app.command(name)(_command(commands[name]))
        app(arguments[1:], prog_name=f"{program} {name}")
        return
    app = _new_app(name="watchkeeper", help=_HELP, no_args_is_help=True)
    app.callback()(_root)
    for name, module in commands.items():
        app.command(name)(_command(module))
    app(arguments, prog_name=program)


def main() -> None:
    """The program: a named error is one sentence on stderr and an exit code, never a traceback."""
    try:
        _run(sys.argv[1:])
    except WatchkeeperError as error:
        fail(error)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of a pipe left; nothing to say and nobody to say it to
        sys.exit(0)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)  # before its command had begun
        sys.exit(INTERRUPTED)
