"""One run, carried out: collect, judge, index, and tell how far it is."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from watchkeeper.assessment.assess import assess
from watchkeeper.clock import Clock
from watchkeeper.collection.engine import Report, Terms, collect
from watchkeeper.collection.job import Step
from watchkeeper.controls import catalogue
from watchkeeper.errors import (
    ConsoleError,
    GoneSilent,
    KeyLost,
    NotReachable,
    TokenDead,
    WatchkeeperError,
)
from watchkeeper.jobs.giving_back import AWAY
from watchkeeper.jobs.judging import judge_again
from watchkeeper.ledger.connections import note_state, proxy_of
from watchkeeper.ledger.consoles import console_address
from watchkeeper.ledger.index import index
from watchkeeper.ledger.installation import Installation
from watchkeeper.ledger.models import Connection, ConnectionState, Run, RunState
from watchkeeper.ledger.schedule import wanted_of
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection
from watchkeeper.model.filter import Filter
from watchkeeper.model.resource import Walk
from watchkeeper.resources import everything
from watchkeeper.sentinelone.address import environment_proxy
from watchkeeper.sentinelone.client import Console

_OWN = frozenset(name for name, each in everything().items() if each.walk is Walk.OWN)
_WRITE_EVERY = 0.5  # seconds between two writes of a run's progress


class Interrupted(Exception):
    """The worker was asked to stop; the job is done again by the next one."""


def carry_out(run: Run, parts: Installation, *, stopping: Callable[[], bool]) -> None:
    """Does what a run asks for, collecting or judging again, and writes down how it went.

    `stopping` is asked at every step; when it says so, Interrupted is raised and the run waits
    again. A named error ends the run as failed, with its words; any other is raised as well.
    """
    Run.objects.filter(pk=run.pk).update(
        state=RunState.RUNNING, started=parts.clock.now(), ended=None, reason="", progress={}
    )
    run.refresh_from_db()
    if run.connection.removed_at is not None:
        _end(run, parts.clock.now(), RunState.FAILED, "The connection was removed.")
        return
    try:
        if run.controls:
            reason = judge_again(run, parts, _raising(stopping))
        else:
            reason = _collect_and_judge(run, parts, stopping)
    except Interrupted:
        Run.objects.filter(pk=run.pk).update(state=RunState.WAITING)
        raise
    except AWAY:
        raise  # the database is away: the job is done again once it is back
    except WatchkeeperError as error:
        _end(run, parts.clock.now(), RunState.FAILED, str(error))
    except Exception as error:
        _end(run, parts.clock.now(), RunState.FAILED, f"Unexpected: {type(error).__name__}.")
        raise
    else:
        _end(run, parts.clock.now(), RunState.FAILED if reason else RunState.DONE, reason)


def open_console(connection: Connection, parts: Installation) -> Console:
    """The client of a connection, its token decrypted; raises UsageError."""
    address = console_address(connection.console, parts.allowed_consoles)
    try:
        token = parts.vault.decrypt(connection.token_ciphertext)
        proxy = proxy_of(connection, parts.vault)
    except KeyLost as error:
        now = parts.clock.now()
        note_state(connection, ConnectionState.TOKEN_LOST, str(error), now)
        raise
    return Console(
        address,
        token,
        clock=parts.clock,
        proxy=proxy or environment_proxy(address),
        certificates=connection.certificates,
    )


def _collect_and_judge(run: Run, parts: Installation, stopping: Callable[[], bool]) -> str:
    """Why the run did not go through, empty when it did."""
    connection = run.connection
    locker = parts.locker()
    clock = replace(parts.clock, sleep=interruptible(parts.clock, stopping))
    console = open_console(connection, replace(parts, clock=clock))
    within = Filter(tuple(connection.accounts), tuple(connection.sites))
    terms = Terms(wanted_of(connection), within)
    progress = _ProgressWriter(run, parts.clock.monotonic, stopping)
    judge = _Judge(connection, locker, parts.clock.now)
    try:
        report = collect(
            console,
            locker,
            connection.name,
            only=run.only or None,
            agent=run.subject or None,
            trigger=run.trigger,
            on_progress=progress,
            on_sealed=judge.ready,
            terms=terms,
        )
        if isinstance(report.fatal, TokenDead) and run.only and _is_news(connection):
            # Every resource is sealed as not read, so that no control stays as it was.
            report = collect(console, locker, connection.name, trigger=run.trigger, terms=terms)
            judge.again()
    finally:
        console.close()
        progress.write()
        index(locker, connection)  # also what was sealed before an interruption
    if _current(connection):
        note_state(connection, *_state(report), parts.clock.now())
        _note_token(connection, locker, report.collections)
    if not run.subject:
        judge.rest({found.resource for found in report.collections})
    return str(report.fatal) if report.fatal is not None else ""


def _raising(stopping: Callable[[], bool]) -> Callable[[], None]:
    """A step at which the work ends, with Interrupted, when the worker is to stop."""

    def check() -> None:
        if stopping():
            raise Interrupted

    return check


def _current(connection: Connection) -> bool:
    """Whether the connection still has the token this run began with.

    Where it was replaced meanwhile, what this run saw of the old one says nothing of the new one;
    generating a token ends the one before.
    """
    same = {"pk": connection.pk, "token_fingerprint": connection.token_fingerprint}
    return Connection.objects.filter(**same).exists()


def _is_news(connection: Connection) -> bool:
    """Whether nobody was told yet that the token it still has is dead."""
    return connection.state != ConnectionState.TOKEN_DEAD and _current(connection)


def interruptible(clock: Clock, stopping: Callable[[], bool]) -> Callable[[float], None]:
    """A pause between two requests that ends, with Interrupted, when the worker is to stop."""

    def sleep(seconds: float) -> None:
        end = clock.monotonic() + seconds
        while (left := end - clock.monotonic()) > 0:
            if stopping():
                raise Interrupted
            clock.sleep(min(left, _WRITE_EVERY))

    return sleep


class _Judge:
    """Judges the controls of a run, each as soon as all is sealed that it reads of the run."""

    def __init__(self, connection: Connection, locker: Locker, now: Callable[[], datetime]) -> None:
        self._connection = connection
        self._locker = locker
        self._now = now
        self._left = dict(catalogue())
        self._read: set[str] = set()

    def ready(self, sealed: str, coming: frozenset[str]) -> None:
        """A resource was sealed; `coming` are those that the run has still to read."""
        self._read.add(sealed)
        index(self._locker, self._connection)
        self._judge(self._read, coming)

    def again(self) -> None:
        """Everything was read anew: what was judged meanwhile counts no more."""
        self._left = dict(catalogue())

    def rest(self, collected: Iterable[str]) -> None:
        """Judges what is left of the controls that read any of what was collected."""
        self._judge(set(collected), frozenset())

    def _judge(self, read: set[str], coming: frozenset[str]) -> None:
        controls = [
            each
            for each in self._left.values()
            if read & set(each.reads)
            and not coming & set(each.reads)
            # What judges our own collections waits for all of them.
            and not (coming and set(each.reads) & _OWN)
        ]
        if not controls:
            return
        for each in controls:
            del self._left[each.id]
        assess(self._locker, self._connection.name, controls, now=self._now())
        index(self._locker, self._connection)


class _ProgressWriter:
    """Takes the collector's steps and writes them into the run, not more often than needed."""

    def __init__(
        self, run: Run, monotonic: Callable[[], float], stopping: Callable[[], bool]
    ) -> None:
        self._run = run
        self._monotonic = monotonic
        self._stopping = stopping
        self._steps: dict[str, dict[str, Any]] = {}
        self._written = float("-inf")

    def __call__(self, step: Step) -> None:
        self._steps[step.resource.name] = {
            "title": step.resource.title,
            "pages": step.pages,
            "rows": step.rows,
            "expected": step.expected,
            "verdict": step.verdict.value if step.verdict is not None else None,
        }
        if step.verdict is not None or self._monotonic() - self._written >= _WRITE_EVERY:
            self.write()
        if self._stopping():
            raise Interrupted

    def write(self) -> None:
        """Writes what is known now."""
        self._written = self._monotonic()
        Run.objects.filter(pk=self._run.pk).update(progress=self._steps)


def _end(run: Run, now: datetime, state: RunState, reason: str) -> None:
    Run.objects.filter(pk=run.pk).update(state=state, ended=now, reason=reason)


def _state(report: Report) -> tuple[ConnectionState, str]:
    """What the run says about the connection itself, and why."""
    states: tuple[tuple[type[ConsoleError], ConnectionState], ...] = (
        (TokenDead, ConnectionState.TOKEN_DEAD),
        (NotReachable, ConnectionState.UNREACHABLE),
        (GoneSilent, ConnectionState.UNREACHABLE),
    )
    if report.fatal is None:
        return ConnectionState.OK, ""
    kinds = [found for kind, found in states if isinstance(report.fatal, kind)]
    return (kinds[0] if kinds else ConnectionState.FAILED), str(report.fatal)


def _note_token(connection: Connection, locker: Locker, collections: Sequence[Collection]) -> None:
    """Whose token it is and what it may see, where this run read it."""
    for found in collections:
        if found.resource != "own_user" or not found.complete:
            continue
        columns = ["full_name", "email", "scope", "api_token_expires_at"]
        for row in locker.table(found, columns).to_pylist():
            Connection.objects.filter(pk=connection.pk).update(
                token_user=row["email"] or row["full_name"] or "",
                scope=row["scope"] or "",
                token_expires_at=row["api_token_expires_at"] or connection.token_expires_at,
            )
