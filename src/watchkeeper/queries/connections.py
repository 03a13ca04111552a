"""Which consoles are connected, and how each connection is doing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from watchkeeper.ledger.models import Connection, Run, RunState
from watchkeeper.ledger.notices import WARN_DAYS
from watchkeeper.queries.listing import Asked
from watchkeeper.queries.paging import Page, clamp

_TOKEN_SOON = timedelta(days=max(WARN_DAYS))
SORTS = {"name": "name", "state": "state", "expires": "token_expires_at", "added": "created_at"}
FILTERS = ("state", "tag")
PAUSED, REMOVED = "paused", "removed"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is with one resource; `verdict` is empty until it is done."""

    resource: str
    title: str
    rows: int
    expected: int | None
    verdict: str


@dataclass(frozen=True, slots=True)
class RunRow:
    """One collecting and judging, from being asked for to its end.

    With `controls` nothing is collected: these are judged again; `progress` has their results.
    """

    id: int
    trigger: str
    state: str
    reason: str
    started: datetime
    ended: datetime | None
    progress: tuple[Progress, ...]
    subject: str = ""
    controls: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        """True while it waits or runs."""
        return self.state in {RunState.WAITING, RunState.RUNNING}

    def left(self, now: datetime) -> timedelta | None:
        """About how long it will still take for what is counted; None while that is not known."""
        going = [each for each in self.progress if not each.verdict and each.expected]
        done = sum(each.rows for each in self.progress)
        ahead = sum(max(0, (each.expected or 0) - each.rows) for each in going)
        passed = now - self.started
        if not going or not done or self.state != RunState.RUNNING:
            return None
        return passed * (ahead / done)


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection as pages show it; never its token."""

    id: int
    name: str
    console: str
    state: str
    state_reason: str
    state_since: datetime
    paused: bool
    removed_at: datetime | None
    tags: tuple[str, ...]
    intervals: Mapping[str, int]
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

    @property
    def waits_for_token(self) -> bool:
        """True when the schedule has no turns before a token is accepted again."""
        return self.state in {"token dead", "token lost"}

    def token_state(self, now: datetime) -> str:
        """`expired`, `soon`, `valid` or `unknown`."""
        if self.token_expires_at is None:
            return "unknown"
        if self.token_expires_at <= now:
            return "expired"
        return "soon" if self.token_expires_at - now <= _TOKEN_SOON else "valid"


def connections() -> tuple[ConnectionView, ...]:
    """Every connection that is watched, by name."""
    return _views(Connection.objects.filter(removed_at=None).order_by("name"))


def watched() -> tuple[str, ...]:
    """The names of all connections that are watched, in order; there may be hundreds."""
    found = Connection.objects.filter(removed_at=None).order_by("name")
    return tuple(found.values_list("name", flat=True))


def connection(name: str) -> ConnectionView | None:
    """The connection of that name, one that was removed too, or None."""
    found = Connection.objects.filter(name=name).first()
    return _views([found])[0] if found else None


def listed(asked: Asked) -> Page[ConnectionView]:
    """A page of the connections asked for; those that were removed only where they are asked for.

    `state` is one of a connection's states, `paused` or `removed`; `tag` is one of the tags.
    """
    found = _filtered(asked)
    total = found.count()
    number = clamp(asked.number, asked.size, total)
    field = SORTS.get(asked.sort, "name")
    order = f"-{field}" if asked.descending else field
    shown = found.order_by(order, "name")[(number - 1) * asked.size : number * asked.size]
    return Page(_views(shown), number, asked.size, total)


def _filtered(asked: Asked) -> QuerySet[Connection]:
    state, tag = asked.chosen.get("state", ""), asked.chosen.get("tag", "")
    found = Connection.objects.filter(removed_at__isnull=state != REMOVED)
    if state == PAUSED:
        found = found.filter(paused=True)
    elif state and state != REMOVED:
        found = found.filter(state=state)
    if tag:
        found = found.filter(tags__contains=[tag])
    if asked.search.strip():
        text = asked.search.strip()
        known = Q(name__icontains=text) | Q(console__icontains=text) | Q(token_user__icontains=text)
        found = found.filter(known)
    return found


def tags() -> Sequence[str]:
    """Every tag that a connection has, in order."""
    lists = Connection.objects.filter(removed_at=None).values_list("tags", flat=True)
    return sorted({tag for each in lists for tag in each})


def _views(found: Iterable[Connection]) -> tuple[ConnectionView, ...]:
    """Connections with the newest run of each, which is asked for once for all of them."""
    held = list(found)
    runs = (
        Run.objects.filter(connection__in=held, subject="", controls=[])
        .order_by("connection_id", "-started", "-id")
        .distinct("connection_id")
    )
    newest = {run.connection_id: run for run in runs}
    return tuple(_view(each, newest.get(each.pk)) for each in held)


def _view(found: Connection, newest: Run | None) -> ConnectionView:
    return ConnectionView(
        id=found.pk,
        name=found.name,
        console=found.console,
        state=found.state,
        state_reason=found.state_reason,
        state_since=found.state_since,
        paused=found.paused,
        removed_at=found.removed_at,
        tags=tuple(found.tags),
        intervals=found.intervals,
        scope=found.scope,
        token_user=found.token_user,
        token_fingerprint=found.token_fingerprint,
        token_expires_at=found.token_expires_at,
        created_at=found.created_at,
        newest_run=run_row(newest) if newest else None,
    )


def runs_of(connection: int, most: int = 10, *, devices: bool = False) -> tuple[RunRow, ...]:
    """The newest runs of a connection, the newest first; with `devices` those of one device too."""
    found = Run.objects.filter(connection=connection)
    if not devices:
        found = found.filter(subject="")
    return tuple(run_row(each) for each in found[:most])


def run_of(connection: int, run: int) -> RunRow | None:
    """One run of a connection; None when it has no such one."""
    found = Run.objects.filter(connection=connection, pk=run).first()
    return run_row(found) if found else None


def run_row(run: Run) -> RunRow:
    """A run as pages show it."""
    progress = tuple(
        Progress(
            resource=name,
            title=str(step.get("title", name)),
            rows=int(step.get("rows") or 0),
            expected=step.get("expected"),
            verdict=step.get("verdict") or "",
        )
        for name, step in run.progress.items()
    )
    return RunRow(
        id=run.pk,
        trigger=run.trigger,
        state=run.state,
        reason=run.reason,
        started=run.started,
        ended=run.ended,
        progress=progress,
        subject=run.subject,
        controls=tuple(run.controls),
    )
