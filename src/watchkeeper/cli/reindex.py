"""`watchkeeper reindex`: the database's index, built again from the locker."""

from pathlib import Path
from typing import TYPE_CHECKING

from watchkeeper.cli._console import visible
from watchkeeper.cli._installation import DataFolderOption, actor

if TYPE_CHECKING:
    from watchkeeper.ledger.recovery import Rebuilt


def command(data: DataFolderOption = None) -> None:
    """Forget what the database holds of the locker, and read the locker's log again.

    Results, their history and what fails come back as they were sealed; the locker is only read.
    Connections that the locker knows and the database does not come back paused and without a
    token. Works while `watchkeeper up` runs: pages show the older index until the new one is
    there. A database that is gone is made again where the locker is still there.
    """
    from watchkeeper import bootstrap

    settings = bootstrap.load_settings(data=data)
    make = _is_there(settings.locker)
    with bootstrap.reached(settings, make=make) as app, bootstrap.answering():
        from watchkeeper.ledger.recovery import reindex  # after Django is configured

        parts = app.installation
        found = reindex(parts.locker(), now=parts.clock.now(), actor=actor(), on_connection=_say)
    back = [each.connection for each in found if each.came_back]
    if not found:
        print("There is nothing to index: no connection, and nothing sealed.")
    if back:
        print(
            "\nOnly the database held, so these did not come back: tokens, intervals and tags of "
            "connections; people and their passwords; runs; the audit trail. A backup has them "
            "(`watchkeeper restore`). Without one:"
        )
        for name in back:
            shown = visible(name)
            print(f"  watchkeeper connect --name {shown} …         enters its token again, then")
            print(f"  watchkeeper connections resume {shown}       lets the schedule have it")
        print("and `watchkeeper up` makes a first admin where there is nobody.")


def _is_there(where: str) -> bool:
    """Whether there is a locker to build a database from; raises NotALocker for something else."""
    from watchkeeper.locker.locker import Locker

    if "://" not in where and not Path(where).expanduser().exists():
        return False
    Locker.open(where)
    return True


def _say(one: "Rebuilt") -> None:
    note = " (came back without a token, paused)" if one.came_back else ""
    print(
        f"{visible(one.connection)}: {one.collections:,} collections, "
        f"{one.assessments:,} results{note}",
        flush=True,
    )
