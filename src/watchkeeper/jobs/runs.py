"""Asking for work: a run that pages can show at once, and the job that does it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.manager import JobManager
from procrastinate.tasks import configure_task

from watchkeeper.errors import UsageError
from watchkeeper.ledger.installation import installation
from watchkeeper.ledger.models import Connection, Run, RunState

COLLECT = "watchkeeper.collect"
REFRESH = "watchkeeper.refresh_agent"
JUDGE = "watchkeeper.judge"
QUEUES = {COLLECT: "collect", REFRESH: "refresh", JUDGE: "judge"}

_OPEN = (RunState.WAITING, RunState.RUNNING)
_GONE_AFTER = timedelta(minutes=10)


def ask(connection_name: str, only: Sequence[str] | None = None, *, trigger: str) -> Run:
    """Asks for a collection of all resources, or of `only`; returns the run it will be.

    One runs at a time per connection and one waits: asking again widens the one that waits.
    Raises UsageError for a connection that does not exist.
    """
    with transaction.atomic():
        connection = _held(connection_name)
        waiting = _waiting(connection, "")
        if waiting is not None:
            waiting.only = sorted({*waiting.only, *only}) if waiting.only and only else []
            waiting.save(update_fields=["only"])
            return waiting
        run = Run.objects.create(
            connection=connection, trigger=trigger, only=sorted(only or ()), started=_now()
        )
        lock = f"collect:{connection_name}"
        _defer(run, COLLECT, lock=lock, connection_name=connection_name)
        return run


def ask_agent(connection_name: str, agent_id: str, *, trigger: str) -> Run:
    """Asks for one agent to be read afresh; returns the run it will be, or the one that waits.

    Raises UsageError for a connection that does not exist.
    """
    with transaction.atomic():
        connection = _held(connection_name)
        waiting = _waiting(connection, agent_id)
        if waiting is not None:
            return waiting
        run = Run.objects.create(
            connection=connection, trigger=trigger, subject=agent_id, started=_now()
        )
        lock = f"agent:{connection_name}:{agent_id}"
        _defer(run, REFRESH, lock=lock, connection_name=connection_name, agent_id=agent_id)
        return run


def ask_judging(
    connection_name: str, controls: Iterable[str], *, trigger: str, also_new: bool = False
) -> Run | None:
    """Asks for controls to be judged again over what is there; returns the run it will be.

    Unless `also_new`, those that were never judged over the connection are left out; None where
    none is left. One runs at a time per connection, beside a collection, and one waits: asking
    again widens it.
    Raises UsageError for a connection that does not exist.
    """
    with transaction.atomic():
        connection = _held(connection_name)
        wanted = sorted(controls)
        if not also_new:
            judged = connection.assessments.filter(newest=True, control__in=wanted)
            wanted = sorted(judged.values_list("control", flat=True))
        if not wanted:
            return None
        waiting = (
            connection.runs.select_for_update()
            .filter(state=RunState.WAITING)
            .exclude(controls=[])
            .first()
        )
        if waiting is not None:
            waiting.controls = sorted({*waiting.controls, *wanted})
            waiting.save(update_fields=["controls"])
            return waiting
        run = Run.objects.create(
            connection=connection, trigger=trigger, controls=wanted, started=_now()
        )
        _defer(run, JUDGE, lock=f"judge:{connection_name}")
        return run


def busy(connection: Connection) -> bool:
    """Whether a collection of the connection waits or runs."""
    return connection.runs.filter(subject="", controls=[], state__in=_OPEN).exists()


def under_way(connection: Connection) -> bool:
    """Whether anything of the connection waits or runs: a collection, a device, a judging."""
    return connection.runs.filter(state__in=_OPEN).exists()


def failed_since(connection: Connection, moment: datetime) -> bool:
    """Whether the newest collection of the connection failed, and after that moment."""
    newest = connection.runs.filter(subject="", controls=[]).order_by("-started", "-id").first()
    return (
        newest is not None
        and newest.state == RunState.FAILED
        and (newest.ended or newest.started) > moment
    )


def given_back(identity: int) -> None:
    """The job of a run waits again."""
    Run.objects.filter(pk=identity, state__in=_OPEN).update(state=RunState.WAITING)


def given_up(identity: int, reason: str) -> None:
    """The job of a run is not done again."""
    Run.objects.filter(pk=identity, state__in=_OPEN).update(
        state=RunState.FAILED, ended=_now(), reason=reason
    )


def end_orphans() -> None:
    """Ends the open runs that no job stands for any more."""
    for run in Run.objects.filter(state__in=_OPEN, started__lt=_now() - _GONE_AFTER):
        jobs = ProcrastinateJob.objects.filter(args__run=run.pk, status__in=["todo", "doing"])
        if not jobs.exists():
            given_up(run.pk, "Its job is gone.")


def _held(name: str) -> Connection:
    """The connection, locked until the transaction ends, so that two askers see each other."""
    try:
        return Connection.objects.select_for_update().get(name=name)
    except Connection.DoesNotExist:
        raise UsageError(
            f"There is no connection {name!r}.", hint="Add it with `watchkeeper connect`."
        ) from None


def _waiting(connection: Connection, subject: str) -> Run | None:
    return (
        connection.runs.select_for_update()
        .filter(subject=subject, controls=[], state=RunState.WAITING)
        .first()
    )


def _defer(run: Run, task: str, *, lock: str, **arguments: str) -> None:
    """Queues the job of a run; the queueing lock is the database's word that only one waits.

    On Django's own connection, in a worker too: run and job appear in the same moment.
    """
    job = configure_task(
        name=task,
        job_manager=JobManager(DjangoConnector()),
        queue=QUEUES[task],
        lock=lock,
        queueing_lock=lock,
    )
    try:
        with transaction.atomic():
            job.defer(run=run.pk, **arguments)
    except AlreadyEnqueued:
        # Its run was ended by hand, or asked for outside of here: that job does this run's work.
        run.state, run.ended = RunState.FAILED, _now()
        run.reason = "Another job for the same was waiting already."
        run.save(update_fields=["state", "ended", "reason"])


def _now() -> datetime:
    return installation().clock.now()
