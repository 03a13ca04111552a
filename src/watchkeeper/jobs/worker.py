"""A worker process: takes jobs until it is told to stop."""

from procrastinate.contrib.django import app

from watchkeeper.jobs.tasks import WORKER_SILENT

GRACE = 1.0
"""Seconds a job may go on after the worker was told to stop, before it is asked to give up."""


def work() -> None:
    """Runs jobs until SIGTERM or SIGINT. Django must be configured.

    Two at a time: reading one agent afresh need not wait for a collection.
    """
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    with app.replace_connector(connector) as ready:
        ready.run_worker(
            name="watchkeeper",
            concurrency=2,
            shutdown_graceful_timeout=GRACE,
            stalled_worker_timeout=WORKER_SILENT,
            listen_notify=True,
        )
