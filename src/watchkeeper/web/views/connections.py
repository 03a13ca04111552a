"""Connections: which consoles are watched, connecting one, and all there is to know of it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from watchkeeper.access.roles import Action, may
from watchkeeper.errors import ConsoleError, WatchkeeperError
from watchkeeper.jobs import runs
from watchkeeper.jobs.trying import Candidate, ensure_accepted, findings
from watchkeeper.ledger import connections as ledger
from watchkeeper.ledger.audit import record
from watchkeeper.ledger.installation import installation
from watchkeeper.ledger.models import Connection, ConnectionState
from watchkeeper.ledger.notices import open_notices
from watchkeeper.queries import connections as queries
from watchkeeper.queries.diagnosis import diagnoses
from watchkeeper.queries.freshness import freshness, rows_over_time
from watchkeeper.queries.gaps import gaps
from watchkeeper.resources import catalogue
from watchkeeper.web.asked import asked
from watchkeeper.web.forms import ConnectionForm
from watchkeeper.web.page import Setting, page, setting
from watchkeeper.web.sparks import spark

_GAPS_SHOWN = timedelta(days=30)


@require_GET
@page()
def connections(request: HttpRequest) -> HttpResponse:
    """Every connection, searchable, with its state and the expiry of its token."""
    wanted = asked(request, queries.FILTERS)
    listed = queries.listed(wanted)
    context = {
        "listed": [(each, each.token_state(_now())) for each in listed.rows],
        "page": listed,
        "asked": wanted,
        "sort": wanted.sort or "name",
        "filtered": bool(wanted.search or wanted.chosen),
        "states": [*ConnectionState.values, queries.PAUSED, queries.REMOVED],
        "tags": queries.tags(),
        "may_connect": may(request.user, Action.CONNECT),
        "setting": _setting(request),
        "now": _now(),
    }
    return render(request, "web/connections.html", context)


@require_http_methods(["GET", "POST"])
@page(Action.CONNECT)
def new(request: HttpRequest) -> HttpResponse:
    """Connects a console: two fields are enough. The token is tried before it is saved."""
    parts = installation()
    form = ConnectionForm(request.POST or None, parts=parts)
    if request.method == "POST" and form.is_valid() and _accepted(form):
        actor = request.user.get_username()
        added = ledger.connect(
            form.identity,
            form.candidate.address,
            form.candidate.token,
            vault=parts.vault,
            actor=actor,
            now=parts.clock.now(),
            options=form.options,
        )
        runs.ask(added.name, trigger="first")
        messages.success(request, f"{added.name} is connected; its first collection begins now.")
        return redirect("web:connection", added.name)
    return _form(request, form)


@require_http_methods(["GET", "POST"])
@page(Action.CONNECT)
def edit(request: HttpRequest, name: str) -> HttpResponse:
    """Changes a connection; another token is tried before it replaces the one there is."""
    parts = installation()
    connection = _held(name)
    form = ConnectionForm(request.POST or None, parts=parts, connection=connection)
    if request.method == "POST" and form.is_valid() and (form.new_token is None or _accepted(form)):
        ledger.change(
            connection,
            form.options,
            token=form.new_token,
            vault=parts.vault,
            actor=request.user.get_username(),
            now=parts.clock.now(),
        )
        if form.new_token is not None:
            runs.ask(name, trigger="new token")
        messages.success(request, f"{name} was changed.")
        return redirect("web:connection", name)
    return _form(request, form)


@require_POST
@page(Action.CONNECT)
def try_out(request: HttpRequest, /, name: str | None = None) -> HttpResponse:
    """What the console and token typed are good for, line by line as it is found out.

    Nothing is saved. With `name`, an empty token means the one that connection has.
    """
    parts = installation()
    connection = _held(name) if name else None
    form = ConnectionForm(request.POST, parts=parts, connection=connection)
    form.fields["name"].disabled = True  # what it will be called does not matter yet
    form.full_clean()
    part = request.headers.get("Accept") == "text/fragment"
    if not hasattr(form, "candidate"):
        context = {"faults": form.told(), "now": _now()}
        template = "web/tested.html" if part else "web/tested_page.html"
        return render(request, template, context, status=422)
    answer: Any = StreamingHttpResponse(_lines(request, form.candidate, part=part))
    answer.headers["X-Accel-Buffering"] = "no"  # a proxy in front must not wait for the end
    return cast("HttpResponse", answer)


def _lines(request: HttpRequest, candidate: Candidate, *, part: bool) -> Iterator[str]:
    """The test's page, or its lines alone, as they come."""
    if not part:
        context = {"now": _now(), "console": candidate.address.url}
        head, foot = render_to_string("web/tested_page.html", context, request).split("<!--here-->")
        yield head
    try:
        for finding in findings(candidate, installation()):
            yield render_to_string("web/parts/finding.html", {"finding": finding})
    except WatchkeeperError as error:
        yield render_to_string("web/parts/finding.html", {"fault": error})
    if not part:
        yield foot


@require_GET
@page()
def connection(request: HttpRequest, name: str) -> HttpResponse:
    """One connection: its token, what is wrong, every resource, its runs and gaps."""
    held = _held(name)
    found = setting(request, name) if held.removed_at is None else None
    view = queries.connection(name)
    if view is None:
        raise Http404("There is no such connection.")
    now = _now()
    locker = installation().locker()
    fresh = freshness(locker, view.id)
    rows = rows_over_time(locker, view.id)
    context = {
        "setting": found or _setting(request),
        "view": view,
        "held": held,
        "token": view.token_state(now),
        "notices": open_notices(view.id),
        "diagnoses": diagnoses(view, fresh, locker, now),
        "fresh": [
            (each, each.overdue(now), spark(rows.get(each.resource.name, []))) for each in fresh
        ],
        "runs": queries.runs_of(view.id),
        "left": view.newest_run.left(now) if view.newest_run else None,
        "gaps": gaps(view.id, now - _GAPS_SHOWN),
        "ever_whole": any(each.newest_complete for each in fresh),
        "may_collect": may(request.user, Action.COLLECT) and held.removed_at is None,
        "may_connect": may(request.user, Action.CONNECT),
        "now": now,
    }
    return render(request, "web/connection.html", context)


@require_GET
@page()
def run(request: HttpRequest, name: str, run: int) -> HttpResponse:
    """One run: what it read, or which controls it judged again, and what they said."""
    held = _held(name)
    found = queries.run_of(held.pk, run)
    if found is None:
        raise Http404("This connection has no such run.")
    context = {"held": held, "run": found, "now": _now(), "setting": _setting(request)}
    return render(request, "web/run.html", context)


@require_POST
@page(Action.COLLECT)
def collect(request: HttpRequest, name: str) -> HttpResponse:
    """Asks for a collection now: of everything, or of the resource named."""
    held = _held(name)
    resource = request.POST.get("resource", "")
    if held.removed_at is not None or (resource and resource not in catalogue()):
        raise Http404("There is nothing of that name to collect.")
    actor = request.user.get_username()
    run = runs.ask(name, [resource] if resource else None, trigger=actor)
    record(actor, "collection.asked", name, run=run.pk)
    return redirect("web:connection", name)


@require_POST
@page(Action.CONNECT)
def pause(request: HttpRequest, name: str) -> HttpResponse:
    """Lets the schedule leave the connection alone, or take it up again."""
    paused = request.POST.get("paused") == "yes"
    ledger.pause(_held(name), paused=paused, actor=request.user.get_username())
    return redirect("web:connection", name)


@require_http_methods(["GET", "POST"])
@page(Action.CONNECT)
def remove(request: HttpRequest, name: str) -> HttpResponse:
    """No longer watches the console, once that was confirmed; its evidence stays."""
    held = _held(name)
    if request.method == "POST":
        ledger.remove(held, actor=request.user.get_username(), now=_now())
        messages.success(request, f"{name} is no longer watched. Its evidence stays.")
        return redirect("web:connections")
    context = {"held": held, "now": _now(), "setting": _setting(request)}
    return render(request, "web/connection_remove.html", context)


def _accepted(form: ConnectionForm) -> bool:
    """Whether the console accepts the token; if not, the form says why."""
    try:
        ensure_accepted(form.candidate, installation())
    except ConsoleError as error:
        form.add_error("token" if error.status else "console", str(error))
        return False
    return True


def _form(request: HttpRequest, form: ConnectionForm) -> HttpResponse:
    connection = form.connection
    where = reverse("web:connection_test", args=[connection.name] if connection else [])
    context = {"form": form, "test": where, "now": _now(), "setting": _setting(request)}
    status = 422 if form.is_bound else 200
    return render(request, "web/connection_form.html", context, status=status)


def _held(name: str) -> Connection:
    try:
        return Connection.objects.get(name=name)
    except Connection.DoesNotExist:
        raise Http404("There is no such connection.") from None


def _setting(request: HttpRequest) -> Setting | None:
    """What links rest on; None while nothing is connected, or no such connection is."""
    try:
        return setting(request)
    except Http404:
        return None


def _now() -> datetime:
    return installation().clock.now()
