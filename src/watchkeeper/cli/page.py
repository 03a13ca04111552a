"""`watchkeeper page`: what the console said, page by page, out of a locker."""

import sys
from typing import Annotated

import typer

from watchkeeper.cli._console import LockerFolder


def command(
    path: Annotated[
        str,
        typer.Argument(
            metavar="PATH",
            help="A page's file as a manifest or `verify` names it: collections/…/page-00001.…",
        ),
    ],
    locker: LockerFolder,
) -> None:
    """Print one stored page as JSON, whatever form it is stored in; its digests are checked.

    The bytes are the console's own, apart from secrets that were overwritten: nothing is made
    harmless for a terminal. Send them to a file or a program.

    Example: watchkeeper page --locker evidence collections/…/page-00001.json.zst > page.json
    """
    import json
    from pathlib import Path

    from watchkeeper.errors import UsageError
    from watchkeeper.locker import layout
    from watchkeeper.locker.locker import Locker

    store = Locker.open(locker)
    wanted = path
    if store.store.root is not None and Path(path).resolve().is_relative_to(store.store.root):
        wanted = Path(path).resolve().relative_to(store.store.root).as_posix()
    folder = layout.folder_of(wanted)
    pages = []
    if folder is not None and store.store.exists(f"{folder}/{layout.MANIFEST}"):
        store.vouch([folder])
        pages = json.loads(store.manifest(folder)[0]).get("pages", [])
    name = wanted.rsplit("/", 1)[1] if "/" in wanted else ""
    found = next((page for page in pages if page["file"] == name and "in" not in page), None)
    if found is None:
        raise UsageError(
            f"{path} is no page of a sealed collection in {locker}.",
            hint="Give the path as it stands in the locker, from `collections/` on.",
        )
    sys.stdout.buffer.write(store.pages.text(wanted, found))
