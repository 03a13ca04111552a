"""Connections: which consoles are watched, connecting one, and all there is to know of it."""

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field

from watchkeeper.api import connecting, values
from watchkeeper.api.callers import caller
from watchkeeper.api.endpoints._common import COLLECT, CONNECT, SEE, named, now
from watchkeeper.api.paging import Listed, Searched, Words, listed
from watchkeeper.jobs import runs
from watchkeeper.jobs.trying import findings
from watchkeeper.ledger import connections as ledger
from watchkeeper.ledger.audit import record
from watchkeeper.ledger.installation import installation
from watchkeeper.ledger.models import Connection, ConnectionState
from watchkeeper.ledger.notices import open_notices
from watchkeeper.queries import connections as queries
from watchkeeper.queries.diagnosis import diagnoses
from watchkeeper.queries.freshness import Freshness, freshness
from watchkeeper.queries.gaps import gaps

router = Router(tags=["Connections"])
_STATES = ("", *ConnectionState.values, queries.PAUSED, queries.REMOVED)
_SORTS = tuple(f"{sign}{each}" for each in queries.SORTS for sign in ("", "-"))
_GAPS_TOLD = timedelta(days=30)


class Asked(Searched):
    """Which connections."""

    state: Literal[_STATES] = Field(  # type: ignore[valid-type]
        "", description="A state, `paused`, or `removed`."
    )
    tag: Words = ""
    sort: Literal[_SORTS] = Field(  # type: ignore[valid-type]
        "name", description="With `-` descending."
    )


class ResourceState(Schema):
    """How fresh one resource of a connection is."""

    resource: str
    title: str
    interval_seconds: float
    due: datetime | None
    overdue: bool
    records: int | None = Field(description="How many are known with the newest collection.")
    newest: values.Collection | None
    newest_complete: values.Collection | None


class Diagnosis(Schema):
    """One trouble: what it is, the facts it rests on, what to do next."""

    weight: str = Field(description="`stopped`, `blind`, `wrong` or `soon`, the gravest first.")
    title: str
    facts: list[str]
    step: str
    since: datetime | None
    collection: str = Field(description="The id of one that shows it, or empty.")


class Notice(Schema):
    """What the connection's people were told and is not over."""

    text: str
    at: datetime


class Gap(Schema):
    """A turn of the schedule that was missed, and when it was made up."""

    resource: str
    due: datetime
    made_up: datetime
    collection: str


class ConnectionDetail(values.Connection):
    """One connection, and how it is doing."""

    accounts: list[str]
    sites: list[str]
    own_intervals: dict[str, int] = Field(description="Seconds by resource, where not as declared.")
    own_proxy: bool
    own_certificates: bool
    resources: list[ResourceState]
    diagnoses: list[Diagnosis]
    notices: list[Notice]
    gaps: list[Gap] = Field(description="Those of the last 30 days.")


class Finding(Schema):
    """One line of a test: what was looked at, how it stands, what to do about it."""

    topic: str
    state: str = Field(description="`ok`, `warning` or `problem`.")
    text: str
    advice: str
    records: int | None
    permission: str


class WantedRun(Schema):
    """What to collect: resources, or one agent alone."""

    model_config = ConfigDict(extra="forbid")
    resources: list[Words] = Field(
        default_factory=list, max_length=100, description="Names of resources; empty: all."
    )
    agent: Words = Field("", description="The id of one agent to read afresh, and nothing else.")


@router.get(
    "/connections", auth=SEE, response=Listed[values.Connection], operation_id="connections"
)
def connections(request: HttpRequest, response: HttpResponse, asked: Query[Asked]) -> Any:
    """Every connection that is watched."""
    found = queries.listed(asked.asked({"state": asked.state, "tag": asked.tag}))
    moment = now()
    return listed(request, response, asked, found.map(lambda view: values.connection(view, moment)))


@router.post(
    "/connections",
    auth=CONNECT,
    response={HTTPStatus.CREATED: values.Connection},
    operation_id="connect",
)
def connect(request: HttpRequest, response: HttpResponse, wanted: connecting.NewConnection) -> Any:
    """Connects a console. The token is tried first; the first collection begins at once."""
    parts = installation()
    tried = connecting.candidate(wanted, parts)
    own = connecting.options(wanted)
    name = ledger.new_name(wanted.name or tried.address.netloc)
    connecting.ensure(tried, parts)
    ledger.connect(
        name,
        tried.address,
        tried.token,
        vault=parts.vault,
        actor=caller(request).name,
        now=now(),
        options=own,
    )
    runs.ask(name, trigger="first")
    response.headers["Location"] = reverse("api:connection", args=[name])
    return Status(HTTPStatus.CREATED, values.connection(named(name), now()))


@router.post("/connections/test", auth=CONNECT, response=list[Finding], operation_id="test")
def test(request: HttpRequest, wanted: connecting.NewConnection) -> Any:  # noqa: ARG001
    """What a console and a token are good for. Nothing is saved."""
    parts = installation()
    return list(findings(connecting.candidate(wanted, parts), parts))


@router.get(
    "/connections/{connection}", auth=SEE, response=ConnectionDetail, operation_id="connection",
    url_name="connection",
)  # fmt: skip
def connection(request: HttpRequest, connection: str) -> Any:  # noqa: ARG001
    """One connection: its token, what is wrong, every resource, its gaps."""
    return _detail(connection)


@router.patch(
    "/connections/{connection}", auth=CONNECT, response=ConnectionDetail, operation_id="change"
)
def change(request: HttpRequest, connection: str, wanted: connecting.ChangedConnection) -> Any:
    """Changes what is sent; another token is tried before it replaces the one there is."""
    parts = installation()
    held = _held(connection)
    own = connecting.changed(held, wanted, parts)
    token = connecting.new_token(held, wanted, own, parts)
    actor = caller(request).name
    ledger.change(held, own, token=token, vault=parts.vault, actor=actor, now=now())
    if wanted.paused is not None:
        ledger.pause(held, paused=wanted.paused, actor=actor)
    if token is not None:
        runs.ask(connection, trigger="new token")
    return _detail(connection)


@router.delete(
    "/connections/{connection}",
    auth=CONNECT,
    response={HTTPStatus.NO_CONTENT: None},
    operation_id="remove",
)
def remove(request: HttpRequest, connection: str) -> Any:
    """No longer watches the console and forgets its token; its evidence stays."""
    ledger.remove(_held(connection), actor=caller(request).name, now=now())
    return Status(HTTPStatus.NO_CONTENT, None)


@router.post(
    "/connections/{connection}/runs",
    auth=COLLECT,
    response={HTTPStatus.ACCEPTED: values.Run},
    operation_id="collect",
    tags=["Runs"],
)
def collect(request: HttpRequest, connection: str, wanted: WantedRun) -> Any:
    """Asks for a collection now; one that waits already is widened."""
    held = _held(connection)
    actor = caller(request).name
    if wanted.agent:
        connecting.ensure_agent(wanted.agent, wanted.resources)
        run = runs.ask_agent(held.name, wanted.agent, trigger=actor)
        record(actor, "device.refresh_asked", wanted.agent, connection=held.name, run=run.pk)
    else:
        run = runs.ask(held.name, connecting.resources(wanted.resources), trigger=actor)
        record(actor, "collection.asked", held.name, run=run.pk)
    return Status(HTTPStatus.ACCEPTED, queries.run_row(run))


@router.get(
    "/connections/{connection}/runs", auth=SEE, response=list[values.Run], operation_id="runs",
    tags=["Runs"],
)  # fmt: skip
def newest_runs(request: HttpRequest, connection: str) -> Any:  # noqa: ARG001
    """The newest fifty runs, the newest first, with the progress of what runs now."""
    return list(queries.runs_of(named(connection).id, 50, devices=True))


@router.get(
    "/connections/{connection}/runs/{int:run}", auth=SEE, response=values.Run, operation_id="run",
    tags=["Runs"],
)  # fmt: skip
def one_run(request: HttpRequest, connection: str, run: int) -> Any:  # noqa: ARG001
    """One run."""
    found = queries.run_of(named(connection).id, run)
    if found is None:
        raise Http404("There is no such run of this connection.")
    return found


def _held(name: str) -> Connection:
    """A connection that is watched; raises Http404."""
    found = Connection.objects.filter(name=name, removed_at=None).first()
    if found is None:
        raise Http404("There is no such connection that is watched.")
    return found


def _detail(name: str) -> dict[str, Any]:
    view, moment = named(name), now()
    held = Connection.objects.get(pk=view.id)
    locker = installation().locker()
    fresh = freshness(locker, view.id)
    return values.connection(view, moment) | {
        "accounts": held.accounts,
        "sites": held.sites,
        "own_intervals": held.intervals,
        "own_proxy": bool(held.proxy_ciphertext),
        "own_certificates": bool(held.certificates),
        "resources": [_resource(each, moment) for each in fresh],
        "diagnoses": [
            {
                "weight": each.weight.name.lower(),
                **{name: getattr(each, name) for name in ("title", "facts", "step", "since")},
                "collection": each.collection,
            }
            for each in diagnoses(view, fresh, locker, moment)
        ],
        "notices": list(open_notices(view.id)),
        "gaps": list(gaps(view.id, moment - _GAPS_TOLD)),
    }


def _resource(fresh: Freshness, moment: datetime) -> dict[str, Any]:
    return {
        "resource": fresh.resource.name,
        "title": fresh.resource.title,
        "interval_seconds": fresh.interval.total_seconds(),
        "due": fresh.due,
        "overdue": fresh.overdue(moment),
        "records": fresh.records,
        "newest": fresh.newest,
        "newest_complete": fresh.newest_complete,
    }
