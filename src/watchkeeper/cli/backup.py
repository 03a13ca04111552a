"""`watchkeeper backup`: everything of an installation in one file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watchkeeper.cli._console import visible
from watchkeeper.cli._installation import DataFolderOption, actor, size

if TYPE_CHECKING:
    from watchkeeper.bootstrap import App
    from watchkeeper.locker.store import Store

_DIFFERS = 5


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it; a new file.")],
    data: DataFolderOption = None,
    locker: Annotated[
        bool | None,
        typer.Option(
            "--locker/--no-locker",
            help="With the evidence or without [default: with a folder, without a bucket].",
        ),
    ] = None,
    with_keys: Annotated[
        bool,
        typer.Option("--with-keys", help="With the keys: whoever has the file has the tokens."),
    ] = False,
) -> None:
    """Write a backup: database, evidence, and the keys if asked for; while `up` runs or not.

    The database is of one moment; of the evidence everything that is sealed is in it, collections
    that are being written are not. One tar file, private, with the SHA-256 of every file in it;
    it has its name once it is whole. Without the keys the API tokens in it cannot be read, and
    have to be entered again where the keys are lost: keep them elsewhere.

    Exit code 5: it was written, but something in the locker is not what was sealed.

    Example: watchkeeper backup /backups/watchkeeper-2026-11-23.tar
    """
    from watchkeeper import __version__, bootstrap

    settings = bootstrap.load_settings(data=data)
    target = file.expanduser().absolute()
    with bootstrap.reached(settings, migrate=False, make=False) as app, bootstrap.answering():
        from watchkeeper.cli._progress import Counting
        from watchkeeper.ledger.audit import record
        from watchkeeper.ledger.backup import backup

        store = _store(app, wanted=locker)
        keys = app.keys.read() if with_keys else ()
        with Counting() as counting:
            made = backup(
                target,
                version=__version__,
                clock=app.installation.clock,
                store=store,
                keys=keys,
                on_progress=counting,
                controls=_pages(app),
            )
        record(actor(), "backup.made", target.name, keys=bool(keys), locker=store is not None)
    written = size(target.stat().st_size)
    print(f"{target}: {written}; {made.tables} tables with {made.rows:,} rows", end="")
    print(f", {made.entries:,} sealed records in {made.files:,} files" if store else "")
    if store is None:
        print("Without the evidence: the locker is left to a backup of its own.")
    if keys:
        print("With the keys: whoever has this file can use the API tokens. Lock it away.")
    else:
        print(
            "Without the keys: keep them elsewhere (`watchkeeper keys list` says where they are)."
        )
    for path in made.differences:
        print(f"! {visible(path)} is not what was sealed; `watchkeeper verify` says more.")
    if made.differences:
        raise typer.Exit(_DIFFERS)


def _pages(app: "App") -> list[Path]:
    """The pages of controls in the data folder; those that lie elsewhere are not ours to keep."""
    from watchkeeper.controls.tenant import listed

    folder = app.settings.controls_folder
    if app.settings.controls is not None or not folder.is_dir():
        return []
    return [folder / name for name in listed(folder) if (folder / name).is_file()]


def _store(app: "App", *, wanted: bool | None) -> "Store | None":
    """The locker where it is to be in the backup."""
    bucket = "://" in app.settings.locker
    if not (not bucket if wanted is None else wanted):
        return None
    return app.installation.locker().store
