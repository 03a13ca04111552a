"""`watchkeeper restore`: an installation as a backup has it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watchkeeper.cli._console import visible
from watchkeeper.cli._installation import DataFolderOption, actor
from watchkeeper.errors import UsageError, WatchkeeperError

if TYPE_CHECKING:
    from watchkeeper.bootstrap import App, Settings
    from watchkeeper.ledger.folder import DataFolder


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `watchkeeper backup` wrote.")],
    data: DataFolderOption = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Move aside what lies there already; nothing is removed."),
    ] = False,
) -> None:
    """Bring a backup back, into a data folder that is empty and that nothing runs on.

    Every digest is compared first; nothing is written where one differs. A backup of an earlier
    version of Watchkeeper is brought up to this one. With WATCHKEEPER_DATABASE_URL the database
    must be a new one. Whoever was signed in signs in again.

    Example: watchkeeper restore /backups/watchkeeper-2026-11-23.tar --data /srv/watchkeeper
    """
    from watchkeeper import bootstrap
    from watchkeeper.cli._progress import Counting
    from watchkeeper.ledger.archive import manifest_of
    from watchkeeper.ledger.folder import DataFolder

    settings = bootstrap.load_settings(data=data)
    source = file.expanduser().absolute()
    with Counting() as counting:
        told = manifest_of(source, lambda done, total: counting("bytes compared", done, total))
    _tell(told, settings)
    folder = DataFolder(settings.data)
    with folder.held(to_restore=True):
        _make_room(settings, folder, with_locker=told["locker"] is not None, replace=replace)
        folder.restoring.touch(mode=0o600)
        with bootstrap.database(settings):
            app = bootstrap.build(settings)
            with bootstrap.answering(), _naming_faults(), Counting() as counting:
                _bring_back(app, source, told, counting)
        folder.restoring.unlink()
    print("Everything is back. Start it with `watchkeeper up`.")


@contextlib.contextmanager
def _naming_faults() -> Iterator[None]:
    """A full disk, and the like, in words."""
    try:
        yield
    except OSError as error:
        raise WatchkeeperError(
            f"The restore was cut off: {error.strerror or error}.",
            hint="Mend that, then run it again with --replace.",
        ) from error


def _tell(told: dict[str, Any], settings: "Settings") -> None:
    rows = sum(table["rows"] for table in told["database"]["tables"].values())
    print(f"A backup of {told['made']} by Watchkeeper {told['version']}, whole: {rows:,} rows")
    if told["locker"] is None:
        print(f"The evidence is not in it; it is expected in {settings.locker}.")
    else:
        print(f"with {told['locker']['entries']:,} sealed records, into {settings.locker}.")


def _make_room(
    settings: "Settings", folder: "DataFolder", *, with_locker: bool, replace: bool
) -> None:
    """Moves aside what is in the way; raises UsageError where that was not asked for."""
    from watchkeeper.clock import SYSTEM_CLOCK
    from watchkeeper.ledger.room import in_the_way, move_aside

    bucket = "://" in settings.locker
    found = in_the_way(folder, Path(settings.locker) if with_locker and not bucket else None)
    if settings.database_url:
        found = [path for path in found if path != folder.postgres]
    if not found:
        return
    if not replace:
        raise UsageError(
            f"There is something already: {', '.join(map(str, found))}.",
            hint="Give an empty folder with --data, or --replace to move it aside.",
        )
    print(f"What was there lies in {move_aside(folder, found, SYSTEM_CLOCK.now())} now.")


def _bring_back(app: "App", source: Path, told: dict[str, Any], counting: Any) -> None:
    from watchkeeper.ledger import dump, restore
    from watchkeeper.ledger.audit import record
    from watchkeeper.ledger.index import index
    from watchkeeper.ledger.models import Connection
    from watchkeeper.locker.store import Store

    if not dump.is_fresh():
        raise UsageError(
            "The database of WATCHKEEPER_DATABASE_URL is not empty.",
            hint="Make a new one and restore into that.",
        )
    if told["locker"] is not None:
        # What is sealed is more than one file each: how many there are shows at the end.
        store = Store(app.settings.locker, create=True)
        restore.restore_locker(source, store, lambda done: counting("files", done, done))
    tables = list(told["database"]["tables"])
    restore.restore_database(
        source,
        told["database"],
        app.folder.path,
        lambda name: counting("tables", tables.index(name) + 1, len(tables)),
    )
    app.migrate()
    app.make_locker()
    if pages := restore.restore_controls(source, app.settings.controls_folder):
        print(f"{len(pages)} controls of your own are in {app.settings.controls_folder}.")
    _restore_keys(app, restore.keys_of(source))
    locker = app.installation.locker()
    for connection in Connection.objects.all():
        index(locker, connection)  # what was sealed while the backup was made
    record(actor(), "backup.restored", source.name, made=told["made"])


def _restore_keys(app: "App", keys: tuple[str, ...]) -> None:
    """Puts the keys back, and says of which connections the token cannot be opened."""
    from watchkeeper.ledger.rotation import opened, tell_lost

    if keys and app.keys.given:
        print("The backup holds keys; WATCHKEEPER_KEY is set, so they were not written anywhere.")
    elif keys:
        app.keys.put_behind(keys)
        print(f"The keys are in {app.keys}.")
    found = opened(app.keys, app.installation.vault)
    tell_lost(found.lost, app.installation.clock.now())
    for name in found.lost:
        print(f"! No key opens the token of {visible(name)}: enter it again, or put its key back.")
    for name in found.lost_lists:
        print(f"! No key opens the secrets of the list {visible(name)}: give them again.")
