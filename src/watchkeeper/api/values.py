"""What the API tells of connections, runs and collections: one form for each."""

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from watchkeeper.ledger.models import RunState
from watchkeeper.model.collection import Verdict
from watchkeeper.queries.connections import ConnectionView


class Progress(Schema):
    """How far a run is with one resource."""

    resource: str
    title: str
    rows: int
    expected: int | None = Field(description="What the console counted; null where it does not.")
    verdict: str = Field(description="Empty until it is done.")


class Run(Schema):
    """One collecting and judging, from being asked for to its end."""

    id: int
    subject: str = Field(description="The id of the one agent it reads, or empty.")
    controls: list[str] = Field(
        description="Nothing is collected: these are judged again. Empty for a collection."
    )
    trigger: str = Field(description="What asked for it: `schedule`, `first`, or who did.")
    state: RunState
    reason: str
    started: datetime
    ended: datetime | None
    progress: list[Progress]


class Token(Schema):
    """What is known of a connection's token. The token itself is never told."""

    user: str
    fingerprint: str = Field(description="The first 12 hex digits of its SHA-256.")
    expires_at: datetime | None
    state: str = Field(description="`valid`, `soon` (within 30 days), `expired` or `unknown`.")


class Connection(Schema):
    """One console that is watched."""

    name: str
    console: str
    state: str
    state_reason: str
    state_since: datetime
    paused: bool
    removed_at: datetime | None
    tags: list[str]
    scope: str = Field(description="What the token sees: tenant, account, site.")
    token: Token
    created_at: datetime
    newest_run: Run | None


class Collection(Schema):
    """One collection: one reading of one resource, sealed."""

    id: str
    path: str = Field(description="Its folder in the locker.")
    resource: str
    subject: str = Field(description="Empty, or the one thing it is about: `agent:123`.")
    verdict: Verdict
    reason: str
    started: datetime
    ended: datetime
    due: datetime | None = Field(description="When the schedule wanted it.")
    rows: int
    distinct: int
    count_before: int | None
    count_after: int | None
    derived: bool
    requests: int
    retries: int
    manifest_sha256: str


def connection(view: ConnectionView, now: datetime) -> dict[str, Any]:
    """A connection, as `Connection` tells it."""
    told = {name: getattr(view, name) for name in Connection.model_fields if name != "token"}
    token = {
        "user": view.token_user,
        "fingerprint": view.token_fingerprint,
        "expires_at": view.token_expires_at,
        "state": view.token_state(now),
    }
    return told | {"token": token, "newest_run": view.newest_run}
