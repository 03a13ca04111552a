"""What the commands about an installation share: its folder, who asks, times and sizes in words."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

DataFolderOption = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="The folder of this installation."),
]
Lifeline = Annotated[
    bool,
    typer.Option("--lifeline", hidden=True, help="End when standard input does: for `up`."),
]


def actor() -> str:
    """Who typed the command, for the audit trail."""
    import getpass

    try:
        return f"{getpass.getuser()} (command line)"
    except (KeyError, OSError):
        return "command line"


def begin_part(*, lifeline: bool) -> None:
    """What a process of the installation does first: nothing it writes is for others to read."""
    import os

    from watchkeeper.jobs.processes import end_with_starter

    os.umask(0o077)  # evidence names machines and people
    if lifeline:
        end_with_starter()


def span(seconds: float) -> str:
    """A time span as people say it: `40 s`, `12 min`, `3 h 20 min`, `5 days`."""
    minutes = round(seconds / 60)
    if minutes < 2:  # noqa: PLR2004 - said in seconds
        return f"{max(0, round(seconds))} s"
    if minutes < 120:  # noqa: PLR2004 - two hours
        return f"{minutes} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // (24 * 60)} days"


def ago(moment: datetime, now: datetime) -> str:
    """How long ago a moment was."""
    return f"{span(max(timedelta(), now - moment).total_seconds())} ago"


def size(number: int) -> str:
    """Bytes as people say them."""
    value = float(number)
    for unit in ("bytes", "kB", "MB", "GB"):
        if value < 1000:  # noqa: PLR2004 - decimal units
            return f"{value:,.0f} {unit}" if unit == "bytes" else f"{value:,.1f} {unit}"
        value /= 1000
    return f"{value:,.1f} TB"
