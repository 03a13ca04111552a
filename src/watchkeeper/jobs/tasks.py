"""The tasks a worker runs. Each is a few lines around a use-case; see collecting.py.

A worker that dies leaves its job `doing`; the tick finds it by the missing heartbeat and queues
it again. A worker that is asked to stop gives its job back.
"""

import contextlib
from datetime import timedelta

import structlog
from asgiref.sync import sync_to_async
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException, JobAborted
from procrastinate.jobs import Status

from watchkeeper.jobs import runs, watching
from watchkeeper.jobs.adopting import judge_what_is_new
from watchkeeper.jobs.collecting import Interrupted, carry_out
from watchkeeper.jobs.giving_back import GivenBack
from watchkeeper.jobs.lapsing import tell_of_times
from watchkeeper.ledger.installation import installation
from watchkeeper.ledger.models import Connection, ConnectionState, Run
from watchkeeper.ledger.notices import warn_of_tokens
from watchkeeper.ledger.schedule import due_of
from watchkeeper.lists import staged
from watchkeeper.model.schedule import AGAIN

_log = structlog.get_logger("watchkeeper.jobs")

WORKER_SILENT = 30.0
"""Seconds without a heartbeat after which a worker counts as dead."""

AGAIN_WITHOUT_TOKEN = timedelta(hours=24)
"""After what time a console that refused the token is asked once more: nothing else shows that it
was its own mistake."""

_TRIES = 5
_KEEP_JOBS_HOURS = 30 * 24
_GIVEN_BACK = GivenBack()


@app.task(name=runs.COLLECT, queue=runs.QUEUES[runs.COLLECT], pass_context=True, retry=_GIVEN_BACK)
def collect(
    context: JobContext,
    connection_name: str,
    only: list[str] | None = None,
    run: int | None = None,
) -> None:
    """Collects from a connection (all resources, or `only`), judges, indexes.

    `run` is the run it was asked for as; without one, one is made. Pages ask with `runs.ask`.
    """
    if run is None:
        connection = Connection.objects.get(name=connection_name)
        run = Run.objects.create(connection=connection, trigger="job", only=sorted(only or ())).pk
    _carry_out(context, run)


@app.task(name=runs.REFRESH, queue=runs.QUEUES[runs.REFRESH], pass_context=True, retry=_GIVEN_BACK)
def refresh_agent(
    context: JobContext, connection_name: str, agent_id: str, run: int | None = None
) -> None:
    """Reads one agent afresh. Pages ask with `runs.ask_agent`."""
    if run is None:
        connection = Connection.objects.get(name=connection_name)
        run = Run.objects.create(connection=connection, trigger="job", subject=agent_id).pk
    _carry_out(context, run)


@app.task(name=runs.JUDGE, queue=runs.QUEUES[runs.JUDGE], pass_context=True, retry=_GIVEN_BACK)
def judge(context: JobContext, run: int) -> None:
    """Judges controls again over what is there. Pages ask with `runs.ask_judging`."""
    _carry_out(context, run)


@app.task(name=watching.TASK, queue=watching.QUEUE, pass_context=True, retry=_GIVEN_BACK)
def look_at_list(context: JobContext, source: int) -> None:
    """Looks at a list that is watched. Asked for with `watching.ask`."""
    try:
        watching.look(source, installation(), stopping=context.should_abort)
    except Interrupted as interrupted:
        raise JobAborted from interrupted


def _carry_out(context: JobContext, identity: int) -> None:
    run = Run.objects.select_related("connection").filter(pk=identity).first()
    if run is None:
        _log.warning("the run of a job is gone", run=identity)  # its connection was removed
        return
    if run.ended is not None:
        return  # it went through; only the job's own end could not be written down
    try:
        carry_out(run, installation(), stopping=context.should_abort)
    except Interrupted as interrupted:
        raise JobAborted from interrupted


@app.periodic(cron="* * * * *")
@app.task(name="watchkeeper.tick", queue="tick", queueing_lock="tick", pass_context=True)
async def tick(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 - the schedule's own
    """Every minute: gives back the jobs of dead workers, then asks for what is due."""
    jobs = context.app.job_manager
    for job in await jobs.get_stalled_jobs(seconds_since_heartbeat=WORKER_SILENT):
        run = job.task_kwargs.get("run")
        reason = "" if job.attempts < _TRIES else f"Its worker died, at try {job.attempts + 1}."
        if not reason:
            try:
                await jobs.retry_job(job)
            except ConnectorException:  # one for the same waits: that one does it
                reason = "Its worker died, and another run was waiting."
        _log.warning("the worker of a job died", job=job.id, task=job.task_name, reason=reason)
        if reason:
            await jobs.finish_job(job, Status.FAILED, delete_job=False)
        if isinstance(run, int):
            await sync_to_async(_tell_run)(run, reason)
    with contextlib.suppress(AlreadyEnqueued):
        await ask_for_what_is_due.defer_async()


def _tell_run(run: int, reason: str) -> None:
    if reason:
        runs.given_up(run, reason)
    else:
        runs.given_back(run)


@app.task(name="watchkeeper.due", queue="tick", queueing_lock="due")
def ask_for_what_is_due() -> None:
    """Asks for the resources that are due, of every connection that is neither paused nor busy.

    After a run that failed as a whole, the next one waits. Warns of tokens that expire soon, tells
    of statements that began or expired, asks for lists whose turn has come, and for controls to be
    judged whose page is new.
    """
    runs.end_orphans()
    now = installation().clock.now()
    warn_of_tokens(now)
    tell_of_times(installation().locker, now)
    staged.sweep(installation().uploads, now)
    watching.ask_for_lists(installation())
    for connection in Connection.objects.filter(removed_at=None):
        judge_what_is_new(connection)
    for connection in Connection.objects.filter(paused=False, removed_at=None):
        if connection.state == ConnectionState.TOKEN_LOST or runs.busy(connection):
            continue
        dead = connection.state == ConnectionState.TOKEN_DEAD
        if runs.failed_since(connection, now - (AGAIN_WITHOUT_TOKEN if dead else AGAIN)):
            continue
        wanted = due_of(connection, now)
        if wanted:
            runs.ask(connection.name, wanted, trigger="schedule")


@app.periodic(cron="17 3 * * *")
@app.task(name="watchkeeper.tidy", queue="tick", queueing_lock="tidy", pass_context=True)
async def tidy(context: JobContext, timestamp: int) -> None:  # noqa: ARG001 - the schedule's own
    """Every night: forgets jobs that ended a month ago; the runs stay."""
    await context.app.job_manager.delete_old_jobs(
        nb_hours=_KEEP_JOBS_HOURS, include_failed=True, include_aborted=True
    )
