"""Lists that are watched: looked at where they are kept, loaded when they are another."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from django.db import transaction
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

from watchkeeper.errors import SourceFailed, UsageError, WatchkeeperError
from watchkeeper.jobs import listing
from watchkeeper.jobs.collecting import Interrupted, interruptible
from watchkeeper.jobs.giving_back import AWAY
from watchkeeper.jobs.stating import Actor
from watchkeeper.ledger import list_sources
from watchkeeper.ledger.installation import Installation
from watchkeeper.ledger.models import ListSource
from watchkeeper.lists import bringing, sources
from watchkeeper.lists import load as loads
from watchkeeper.lists.mapping import Mapping as ListMapping
from watchkeeper.lists.sources import Given

TASK = "watchkeeper.list"
QUEUE = "lists"

RENEWED = timedelta(hours=20)
"""How old a list may grow that is known to be as it was; then it is sealed anew, so that it says
of itself that it is of today."""

_PATIENCE = 30.0  # seconds that somebody waits before a page
_ON_DISK = ("file", "folder")


def ask_for_lists(parts: Installation) -> None:
    """Asks for every list whose turn has come."""
    now = parts.clock.now()
    for held in ListSource.objects.select_related("connection").filter(connection__removed_at=None):
        if list_sources.is_due(held, now):
            ask(held)


def ask(held: ListSource) -> None:
    """Queues the look at a source; one runs at a time per connection, one of each waits."""
    job = configure_task(
        name=TASK,
        job_manager=JobManager(DjangoConnector()),
        queue=QUEUE,
        lock=f"lists:{held.connection.name}",
        queueing_lock=f"list:{held.pk}",
    )
    with contextlib.suppress(AlreadyEnqueued), transaction.atomic():
        job.defer(source=held.pk)


def look(identity: int, parts: Installation, *, stopping: Callable[[], bool]) -> None:
    """Looks at a source whose turn it is, and writes down how it went.

    A named error becomes the source's, in words; any other is raised as well. Raises Interrupted
    when `stopping` says so.
    """
    held = ListSource.objects.select_related("connection").filter(pk=identity).first()
    if held is None or held.connection.removed_at is not None:
        return  # removed meanwhile
    if not list_sources.is_due(held, parts.clock.now()):
        return
    clock = replace(parts.clock, sleep=interruptible(parts.clock, stopping))
    try:
        loaded = _look(held, replace(parts, clock=clock))
    except (Interrupted, *AWAY):
        raise
    except WatchkeeperError as error:
        list_sources.note_failure(held, _words(error), parts.clock.now())
    except Exception as error:
        why = f"Unexpected: {type(error).__name__}."
        list_sources.note_failure(held, why, parts.clock.now())
        raise
    else:
        list_sources.note_found(held, parts.clock.now(), loaded=loaded)


def try_out(source: str, options: Mapping[str, str], resource: str, parts: Installation) -> Given:
    """What a source gives now, less patiently than on the schedule: somebody waits.

    Raises UsageError and SourceFailed as reading it does.
    """
    waited = 0.0

    def sleep(seconds: float) -> None:
        nonlocal waited
        waited += seconds
        if waited > _PATIENCE:
            raise SourceFailed(
                "It is busy, or still being written: nobody should wait for it before a page.",
                hint="Try it again later.",
            )
        parts.clock.sleep(seconds)

    return _read(source, options, resource, replace(parts, clock=replace(parts.clock, sleep=sleep)))


def _look(held: ListSource, parts: Installation) -> bool:
    """Loads what is found unless it is known already; whether it did. Raises WatchkeeperError."""
    options = list_sources.options_of(held, parts.vault)
    given = _read(held.source, options, held.kind, parts)
    locker = parts.locker()
    name = held.connection.name
    standing = {each.name: each for each in loads.held(locker, name, held.kind)}
    before = standing.get(held.name)
    if before and not _is_news(held, before, given, parts):
        return False
    understood = bringing.understand(locker, name, held.kind, held.name, given, ListMapping())
    by = held.wanted_by or "watchkeeper (schedule)"
    listing.load(locker, name, Actor(by, by), understood)
    return True


def _is_news(held: ListSource, before: loads.Held, given: Given, parts: Installation) -> bool:
    """Whether what was found is to be loaded: it is another, asked for, or known to be of today.

    A file that nobody writes any more is what an export looks like that has ended: it is not made
    younger by being looked at.
    """
    if held.wanted_by or held.loaded_at is None or not before.is_of(given.documents):
        return True
    live = list_sources.declared(held.source).live
    written_since = given.written is not None and given.written > before.at
    return (live or written_since) and parts.clock.now() - before.at >= RENEWED


def _read(source: str, options: Mapping[str, str], resource: str, parts: Installation) -> Given:
    if source in _ON_DISK:
        _check_open(options.get("path", ""), parts.closed)
    return sources.read(source, options, resource, parts.clock)


def _check_open(text: str, closed: tuple[Path, ...]) -> None:
    """Raises UsageError for a path to the installation's own files: keys, passwords, sessions."""
    try:
        path = Path(text).expanduser().resolve()
        own = any(path.is_relative_to(each.resolve()) for each in closed)
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{text} is no path.", hint="Give one.") from error
    if own:
        raise UsageError(
            f"{text} lies among Watchkeeper's own files, which nobody is shown.",
            hint="Put lists into a folder of their own.",
        )


def _words(error: WatchkeeperError) -> str:
    """What went wrong; what to do about settings of a command is not for the pages."""
    return str(error) if isinstance(error, SourceFailed) else error.message
