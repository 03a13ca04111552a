"""What runs, waits and failed lately, and how long what runs may still take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from watchkeeper.ledger.models import Run, RunState

_LATELY = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """A worker and when it last said that it lives."""

    id: int
    heard: datetime


@dataclass(frozen=True, slots=True)
class Work:
    """One run: what it is for and how far it is. `left` is an estimate, None where there is none.

    `since` is when it was asked for while it waits, when it began once it runs, and when it ended
    where it failed. `resources` is empty where all are meant.
    """

    run: int
    connection: str
    state: str
    trigger: str
    resources: tuple[str, ...]
    subject: str
    since: datetime
    pages: int
    rows: int
    expected: int | None
    left: timedelta | None
    worker: WorkerSeen | None
    reason: str


def time_left(
    steps: Mapping[str, Mapping[str, Any]], begun: timedelta, before: timedelta | None
) -> timedelta | None:
    """How long a run may still take, None where nothing tells it.

    `begun`: how long it runs; `before`: how long the last one for the same took. Without that,
    what has been read so far of the lists that are counted tells the pace; lists that were not
    begun are not in it.
    """
    if before is not None and before > begun:
        return before - begun
    counted = [step for step in steps.values() if step.get("expected")]
    done = sum(min(int(step["rows"]), int(step["expected"])) for step in counted)
    left = sum(int(step["expected"]) for step in counted) - done
    return begun * (left / done) if done and left else None


def under_way(now: datetime, *, failed: int = 10) -> list[Work]:
    """What runs, then what waits, then what failed in the last week (the newest `failed`)."""
    runs = Run.objects.select_related("connection")
    running = runs.filter(state=RunState.RUNNING).order_by("started")
    waiting = runs.filter(state=RunState.WAITING).order_by("started")
    lately = runs.filter(state=RunState.FAILED, ended__gt=now - _LATELY).order_by("-ended")
    workers = _workers_by_run()
    return [_work(run, workers, now) for run in (*running, *waiting, *lately[:failed])]


def workers(now: datetime, silent: float) -> tuple[list[WorkerSeen], list[WorkerSeen]]:
    """The workers that live, and those that were not heard for `silent` seconds, by number."""
    seen = [
        WorkerSeen(each.pk, each.last_heartbeat)
        for each in ProcrastinateWorker.objects.order_by("pk")
    ]
    limit = now - timedelta(seconds=silent)
    return [w for w in seen if w.heard > limit], [w for w in seen if w.heard <= limit]


def _workers_by_run() -> dict[int, WorkerSeen]:
    found = {}
    doing = ProcrastinateJob.objects.filter(status="doing", worker__isnull=False)
    for job in doing.select_related("worker"):
        run = job.args.get("run")
        if isinstance(run, int):
            found[run] = WorkerSeen(job.worker.pk, job.worker.last_heartbeat)
    return found


def _work(run: Run, workers: Mapping[int, WorkerSeen], now: datetime) -> Work:
    steps: Sequence[Mapping[str, Any]] = list(run.progress.values())
    expected = [step["expected"] for step in steps if step.get("expected")]
    running = run.state == RunState.RUNNING
    return Work(
        run=run.pk,
        connection=run.connection.name,
        state=run.state,
        trigger=run.trigger,
        resources=tuple(run.only),
        subject=run.subject,
        since=run.ended or run.started,
        pages=sum(int(step.get("pages") or 0) for step in steps),
        rows=sum(int(step.get("rows") or 0) for step in steps),
        expected=sum(expected) if expected else None,
        left=time_left(run.progress, now - run.started, _took(run)) if running else None,
        worker=workers.get(run.pk),
        reason=run.reason,
    )


def _took(run: Run) -> timedelta | None:
    """How long the last run for the same took that went through."""
    same = Run.objects.filter(
        connection=run.connection,
        subject=run.subject,
        only=run.only,
        controls=run.controls,
        state=RunState.DONE,
    )
    last = same.exclude(ended=None).order_by("-ended").first()
    return last.ended - last.started if last is not None and last.ended is not None else None
