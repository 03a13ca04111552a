"""The command line: one file per command, found here. Heavy imports stay inside the commands."""

import importlib
import pkgutil
import sys

import typer

from watchkeeper import __version__
from watchkeeper.cli._console import fail
from watchkeeper.errors import WatchkeeperError

app = typer.Typer(
    name="watchkeeper",
    help=(
        "Continuous control monitoring for SentinelOne: collects what a console knows, read-only, "
        "judges controls over it, and keeps evidence an auditor can check."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        print(f"watchkeeper {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and exit."
    ),
) -> None:
    del version  # handled before anything else by its callback


for _module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
    if not _module.name.startswith("_"):
        _command = importlib.import_module(f"{__name__}.{_module.name}").command
        app.command(_module.name.replace("_", "-"))(_command)


def main() -> None:
    """The program: a named error is one sentence on stderr and an exit code, never a traceback."""
    try:
        app()
    except WatchkeeperError as error:
        fail(error)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of a pipe left; nothing to say and nobody to say it to
        sys.exit(0)
    except KeyboardInterrupt:
        print("stopped: what was sealed stays, the rest is ignored", file=sys.stderr)
        sys.exit(130)
