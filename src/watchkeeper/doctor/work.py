"""Workers, jobs, the schedule and the connections."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from procrastinate.contrib.django.models import ProcrastinateJob

from watchkeeper.doctor.finding import Finding, note, right, wrong
from watchkeeper.jobs.runs import busy
from watchkeeper.jobs.tasks import WORKER_SILENT
from watchkeeper.jobs.under_way import WorkerSeen, workers
from watchkeeper.ledger.models import Connection, ConnectionState, Run, RunState
from watchkeeper.ledger.rotation import Opened
from watchkeeper.ledger.schedule import wanted_of

TOKEN_SOON = timedelta(days=14)
LATE = timedelta(hours=2)
_ASKED_LONG_AGO = timedelta(minutes=15)
_STATES = {
    ConnectionState.TOKEN_DEAD: "Make a new token in the console and give it: "
    "`watchkeeper connect`.",
    ConnectionState.TOKEN_LOST: "Enter the token again: `watchkeeper connect`.",
    ConnectionState.UNREACHABLE: "See what `watchkeeper check` says from this machine.",
    ConnectionState.FAILED: "See what `watchkeeper check` says from this machine.",
}


def jobs(now: datetime) -> list[Finding]:
    """Whether workers live, and whether every job has one and every run a job."""
    alive, silent = workers(now, WORKER_SILENT)
    doing = ProcrastinateJob.objects.filter(status="doing")
    living = [each.id for each in alive]
    stalled = doing.exclude(worker_id__in=living).count()
    return [*worker_findings(alive, silent, stalled), *_orphans(now)]


def worker_findings(
    alive: Sequence[WorkerSeen], silent: Sequence[WorkerSeen], stalled: int
) -> list[Finding]:
    """What the workers' heartbeats say; `stalled` jobs belong to workers that are silent."""
    topic = "jobs"
    found = []
    if alive:
        named = "1 worker is" if len(alive) == 1 else f"{len(alive)} workers are"
        found.append(right(topic, f"{named} alive."))
    else:
        mend = "Start `watchkeeper up`, or `watchkeeper worker`."
        found.append(wrong(topic, "No worker is alive: nothing is collected.", mend))
    if stalled and alive:
        found.append(note(topic, f"{stalled} jobs of dead workers are given back in a minute."))
    elif stalled:
        mend = "They go on as soon as a worker is started."
        found.append(wrong(topic, f"{stalled} jobs stand still: their worker is gone.", mend))
    if silent:
        named = ", ".join(str(each.id) for each in silent)
        found.append(note(topic, f"Workers that ended without a word: {named}."))
    return found


def _orphans(now: datetime) -> list[Finding]:
    open_runs = Run.objects.filter(state__in=[RunState.WAITING, RunState.RUNNING])
    lost = [
        run
        for run in open_runs.filter(started__lt=now - _ASKED_LONG_AGO)
        if not ProcrastinateJob.objects.filter(
            args__run=run.pk, status__in=["todo", "doing"]
        ).exists()
    ]
    if not lost:
        return []
    text = f"{len(lost)} runs have no job any more, the oldest is run {lost[0].pk}."
    return [wrong("jobs", text, "A living worker ends them within a minute; ask for them again.")]


def schedule(now: datetime) -> list[Finding]:
    """What should have been collected by now and was not."""
    topic = "schedule"
    found = []
    for connection in Connection.objects.filter(paused=False, removed_at=None):
        late = {
            name: now - moment
            for name, moment in wanted_of(connection).items()
            if now - moment > LATE
        }
        if late and busy(connection):
            text = f"{connection}: {len(late)} resources are overdue; a run was asked for."
            found.append(note(topic, text))
        elif late:
            hours = max(late.values()).total_seconds() / 3600
            named = ", ".join(late)
            text = f"{connection}: {named} should have been collected up to {hours:,.0f} h ago."
            mend = "See `watchkeeper jobs`, and what is said of its connection."
            found.append(wrong(topic, text, mend))
    return found or [right(topic, f"Nothing is overdue by more than {LATE.seconds // 3600} h.")]


def connections(now: datetime, keys: Opened) -> list[Finding]:
    """Which connections work, and whose tokens are lost, dead or about to expire."""
    found = list(Connection.objects.filter(removed_at=None).order_by("name"))
    if not found:
        return [note("connections", "There is none yet: `watchkeeper connect` adds one.")]
    return [each for connection in found for each in _connection(connection, keys, now)]


def _connection(connection: Connection, keys: Opened, now: datetime) -> Iterator[Finding]:
    topic, name = "connections", connection.name
    state, expires = ConnectionState(connection.state), connection.token_expires_at
    if name in keys.lost:
        text = f"{name}: no key opens its stored token."
        mend = f"Enter the token again (`watchkeeper connect --name {name}`), or put its key back."
        yield wrong(topic, text, mend)
    elif state in _STATES:
        yield wrong(topic, f"{name}: {state.label}. {connection.state_reason}", _STATES[state])
    elif expires is not None and expires <= now:
        yield wrong(topic, f"{name}: its token expired on {expires:%Y-%m-%d}.", _STATES[
            ConnectionState.TOKEN_DEAD
        ])  # fmt: skip
    elif expires is not None and expires - now <= TOKEN_SOON:
        mend = "Make a new one in the console and give it: `watchkeeper connect`."
        yield wrong(topic, f"{name}: its token expires on {expires:%Y-%m-%d}.", mend)
    elif state == ConnectionState.NEW:
        yield note(topic, f"{name}: not tried yet.")
    else:
        yield right(topic, f"{name}: works.")
    for each in connection.list_sources.exclude(failures=0):
        text = f"{name}: the list {each.name} ({each.kind}) was not loaded: {each.error}"
        yield wrong(topic, text, "See its source under Lists.")
    if connection.paused:
        yield note(topic, f"{name}: paused; the schedule leaves it alone.")
