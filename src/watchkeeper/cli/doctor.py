"""`watchkeeper doctor`: what is wrong with an installation, and how to mend it."""

import os
from typing import TYPE_CHECKING

import typer

from watchkeeper.cli._console import AsJson, print_json, visible
from watchkeeper.cli._installation import DataFolderOption
from watchkeeper.errors import WatchkeeperError

if TYPE_CHECKING:
    from watchkeeper.bootstrap import Settings
    from watchkeeper.doctor.finding import Finding

_MARKS = {"right": "✓", "note": "·", "wrong": "✗", "unchecked": "?"}


def command(data: DataFolderOption = None, as_json: AsJson = False) -> None:
    """Go through the installation and say what is right, what is wrong, and how to mend it.

    Settings, data folder, keys, controls, database, locker, index, jobs, schedule, clock,
    connections and pages. Nothing is changed and no console is asked. Where nothing runs, the
    embedded database is started for the examination. ✓ right, · worth knowing, ✗ wrong, ? could
    not be checked.

    Exit code 0: nothing is wrong; 1: something is, or could not be checked.

    JSON: {"healthy", "findings": [{"topic", "state", "text", "mend"}]}.
    """
    from watchkeeper import bootstrap
    from watchkeeper.doctor import places
    from watchkeeper.doctor.finding import wrong
    from watchkeeper.doctor.pages import pages

    unknown = bootstrap.unknown_settings()
    found = places.settings(unknown)
    known = {name: value for name, value in os.environ.items() if name not in unknown}
    try:
        settings = bootstrap.load_settings(known, data=data)
    except WatchkeeperError as error:
        found.append(wrong("settings", error.message, error.hint))
    else:
        found += _examine(settings)
        found += pages(settings.address)
    healthy = all(each.state in {"right", "note"} for each in found)
    if as_json:
        _print_json(found, healthy=healthy)
    else:
        _print(found, healthy=healthy)
    raise typer.Exit(0 if healthy else 1)


def _examine(settings: "Settings") -> "list[Finding]":
    """Everything but settings and pages, as far as one can get."""
    from watchkeeper import bootstrap
    from watchkeeper.doctor import places
    from watchkeeper.doctor.finding import wrong
    from watchkeeper.ledger.folder import DataFolder

    folder = DataFolder(settings.data)
    if not settings.data.is_dir():
        mend = "`watchkeeper up` makes one; or name another folder: --data, WATCHKEEPER_DATA."
        return [wrong("data folder", f"There is no installation in {settings.data}.", mend)]
    found = places.folder(folder)
    try:
        app = bootstrap.build(settings)
    except WatchkeeperError as error:
        return [*found, wrong("settings", error.message, error.hint), *_not_reached()]
    from watchkeeper.doctor.examination import examine, made  # after Django is configured

    found += made("keys", lambda: places.keys(app.keys, folder, settings.configuration))
    found += made("controls", places.controls)
    if not settings.database_url and not any(folder.postgres.glob("*/PG_VERSION")):
        mend = "`watchkeeper up` makes it; `watchkeeper restore` or `reindex` bring one back."
        return [*found, wrong("database", "There is no database yet.", mend), *_not_reached()]
    try:
        with bootstrap.reached(settings, migrate=False):
            missing = app.missing_migrations()
            return [*found, *examine(app.installation, app.keys, missing)]
    except WatchkeeperError as error:
        return [*found, wrong("database", error.message, error.hint), *_not_reached()]


def _not_reached() -> "list[Finding]":
    from watchkeeper.doctor.finding import unchecked

    topics = ("locker", "index", "jobs", "schedule", "clock", "connections")
    return [unchecked(topic, "Not checked: the database is needed for it.") for topic in topics]


def _print(found: "list[Finding]", *, healthy: bool) -> None:
    width = max(len(each.topic) for each in found)
    for each in found:
        print(f"{_MARKS[each.state]} {each.topic:<{width}}  {visible(each.text)}")
        if each.mend:
            print(f"  {'':<{width}}  → {visible(each.mend)}")
    wrongs = sum(each.state == "wrong" for each in found)
    missed = sum(each.state == "unchecked" for each in found)
    print("Nothing is wrong." if healthy else f"{wrongs} wrong, {missed} not checked.")


def _print_json(found: "list[Finding]", *, healthy: bool) -> None:
    print_json(
        {
            "healthy": healthy,
            "findings": [
                {
                    "topic": each.topic,
                    "state": each.state.value,
                    "text": each.text,
                    "mend": each.mend,
                }
                for each in found
            ],
        }
    )
