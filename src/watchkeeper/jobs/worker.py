"""A worker process: takes jobs until it is told to stop, whatever the database does meanwhile.

A worker that cannot reach the database does not know whether its jobs are still its own: after
half a minute without a heartbeat another one may take them. So when the database is away this one
stops what it does, waits, and begins again as a new worker. What was collected is in the locker;
the job waits again and goes on after its last page.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.db import close_old_connections
from procrastinate import App
from procrastinate.connector import Notify
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.worker import Worker

from watchkeeper.errors import WatchkeeperError
from watchkeeper.jobs.giving_back import is_away
from watchkeeper.jobs.tasks import WORKER_SILENT, tick
from watchkeeper.ledger.cluster import DatabaseError

GRACE = 1.0
"""Seconds a job may go on after the worker was told to stop, before it is asked to give up."""

_ANSWER_SECONDS = 5.0
_LOOK_EVERY = 1.0
_TALKING = (
    "procrastinate.utils",
    "procrastinate.worker",
    "procrastinate.worker.watchkeeper",
    "psycopg.pool",
)
_log = structlog.get_logger("watchkeeper.jobs")


def work(missing: Callable[[], list[str]]) -> None:
    """Runs jobs until SIGTERM or SIGINT. Django must be configured.

    `missing` names the steps that the tables are behind, or raises DatabaseError. Two jobs at a
    time: reading one agent afresh need not wait for a collection.
    """
    asyncio.run(_work(missing))


async def _work(missing: Callable[[], list[str]]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    loop.set_exception_handler(_unheard)
    former: int | None = None
    while await _until_ready(missing, stop):
        lost = asyncio.Event()
        with _quiet_while(lost):
            former = await _one_life(stop, lost, former)
        if lost.is_set() and not stop.is_set():
            _log.warning("the database went away: what was under way is given back")
            await _pause(stop)


async def _until_ready(missing: Callable[[], list[str]], stop: asyncio.Event) -> bool:
    """Waits until the database answers with this version's tables; False when told to stop."""

    def look() -> str:
        close_old_connections()
        try:
            steps = missing()
        except DatabaseError as error:
            return error.message
        finally:
            close_old_connections()
        return f"`watchkeeper migrate` has to be run first: {len(steps)} steps" if steps else ""

    told = ""
    while not stop.is_set():
        why = await sync_to_async(look)()
        if not why:
            if told:
                _log.warning("the database is back")
            return True
        if not told:
            _log.warning("waiting for the database", reason=why)
            told = why
        await _pause(stop)
    return False


async def _pause(stop: asyncio.Event) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), _LOOK_EVERY)


async def _one_life(stop: asyncio.Event, lost: asyncio.Event, former: int | None) -> int | None:
    """Works until told to stop, or until the database is lost.

    `former` is the worker this process was before; returned is the one it has been now, if the
    database still believes in it.
    """
    connector = _Watchful(lost, kwargs=connector_params(), timeout=_ANSWER_SECONDS)
    worker: Worker | None = None
    with app.replace_connector(connector) as ready:
        try:
            async with ready.open_async():
                if former is not None:
                    await _give_back(ready, former)
                    former = None
                ready.perform_import_paths()  # type: ignore[no-untyped-call]
                worker = _worker(ready)
                await _first_of(worker, stop, lost)
        except Exception as error:
            if not is_away(error):
                raise
            lost.set()
    if not (stop.is_set() or lost.is_set()):
        raise WatchkeeperError(
            "The worker ended by itself, though the database answers.", hint="See what it said."
        )
    return worker.worker_id if worker is not None else former


def _worker(ready: App) -> Worker:
    # What Django's contrib adds: each job begins with a connection that works.
    given: dict[str, Any] = dict(ready.worker_defaults)
    return Worker(
        app=ready,
        **given,
        name="watchkeeper",
        concurrency=2,
        shutdown_graceful_timeout=GRACE,
        stalled_worker_timeout=WORKER_SILENT,
        listen_notify=True,
        install_signal_handlers=False,
    )


async def _first_of(worker: Worker, stop: asyncio.Event, lost: asyncio.Event) -> None:
    """Runs the worker until it ends by itself, is told to stop, or loses the database."""
    running = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]
    others = [asyncio.create_task(event.wait()) for event in (stop, lost)]
    await asyncio.wait([running, *others], return_when=asyncio.FIRST_COMPLETED)
    for each in (running, *others):
        each.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running  # its jobs are asked to give up, and are waited for


async def _give_back(ready: App, former: int) -> None:
    """What this process had as an earlier worker belongs to nobody; the tick gives it back."""
    await ready.job_manager.unregister_worker(former)
    with contextlib.suppress(AlreadyEnqueued):
        await tick.configure().defer_async(timestamp=0)


class _Watchful(PsycopgConnector):
    """Procrastinate's way to the database; notes when that does not answer."""

    def __init__(self, lost: asyncio.Event, **given: Any) -> None:
        super().__init__(**given)
        self._lost = lost

    @contextlib.contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except ConnectorException as error:
            if is_away(error):
                self._lost.set()
            raise

    async def execute_query_async(self, query: Any, **arguments: Any) -> None:
        with self._noting():
            await super().execute_query_async(query, **arguments)

    async def execute_query_one_async(self, query: Any, **arguments: Any) -> dict[str, Any]:
        with self._noting():
            row: dict[str, Any] = await super().execute_query_one_async(query, **arguments)
            return row

    async def execute_query_all_async(self, query: Any, **arguments: Any) -> list[dict[str, Any]]:
        with self._noting():
            rows: list[dict[str, Any]] = await super().execute_query_all_async(query, **arguments)
            return rows

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        with self._noting():
            await super().listen_notify(on_notification, channels)


@contextlib.contextmanager
def _quiet_while(lost: asyncio.Event) -> Iterator[None]:
    """Nobody else tells at length, and again and again, that the database is away."""

    def still_there(_record: logging.LogRecord) -> bool:
        return not lost.is_set()

    loggers = [logging.getLogger(name) for name in _TALKING]
    for each in loggers:
        each.addFilter(still_there)
    try:
        yield
    finally:
        for each in loggers:
            each.removeFilter(still_there)


def _unheard(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A job whose end could not be written down is given back; the rest is told as usual."""
    error = context.get("exception")
    if not (isinstance(error, Exception) and is_away(error)):
        loop.default_exception_handler(context)
