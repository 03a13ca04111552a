"""Which consoles are connected, and how each connection is doing."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from watchkeeper.ledger.models import Connection, Run, RunState

_TOKEN_SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is with one resource; `verdict` is empty until it is done."""

    title: str
    rows: int
    expected: int | None
    verdict: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """One collecting and judging, from being asked for to its end."""

    id: int
    trigger: str
    state: str
    reason: str
    started: datetime
    ended: datetime | None
    progress: tuple[Progress, ...]

    @property
    def open(self) -> bool:
        """True while it waits or runs."""
        return self.state in {RunState.WAITING, RunState.RUNNING}


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection as pages show it; never its token."""

    id: int
    name: str
    console: str
    state: str
    state_reason: str
    paused: bool
    scope: str
    token_user: str
    token_fingerprint: str
    token_expires_at: datetime | None
    created_at: datetime
    newest_run: RunRow | None

    @property
    def host(self) -> str:
        """The console without its scheme."""
        return self.console.split("://", 1)[-1].rstrip("/")

    @property
    def works(self) -> bool:
        """True when the last use of the connection went well."""
        return self.state == "ok"

    def token_state(self, now: datetime) -> str:
        """`expired`, `soon`, `valid` or `unknown`."""
        if self.token_expires_at is None:
            return "unknown"
        if self.token_expires_at <= now:
            return "expired"
        return "soon" if self.token_expires_at - now <= _TOKEN_SOON else "valid"


def connections() -> tuple[ConnectionView, ...]:
    """Every connection, by name."""
    return tuple(_view(found) for found in Connection.objects.order_by("name"))


def connection(name: str) -> ConnectionView | None:
    """The connection of that name, or None."""
    found = Connection.objects.filter(name=name).first()
    return _view(found) if found else None


def _view(found: Connection) -> ConnectionView:
    newest = found.runs.filter(subject="").order_by("-started", "-id").first()
    return ConnectionView(
        id=found.pk,
        name=found.name,
        console=found.console,
        state=found.state,
        state_reason=found.state_reason,
        paused=found.paused,
        scope=found.scope,
        token_user=found.token_user,
        token_fingerprint=found.token_fingerprint,
        token_expires_at=found.token_expires_at,
        created_at=found.created_at,
        newest_run=run_row(newest) if newest else None,
    )


def run_row(run: Run) -> RunRow:
    """A run as pages show it."""
    progress = tuple(
        Progress(
            title=str(step.get("title", name)),
            rows=int(step.get("rows") or 0),
            expected=step.get("expected"),
            verdict=step.get("verdict") or "",
        )
        for name, step in run.progress.items()
    )
    return RunRow(run.pk, run.trigger, run.state, run.reason, run.started, run.ended, progress)
