"""Lists a company keeps: which stand, one brought in as a file and looked at, one removed."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from watchkeeper.access.roles import Action, may
from watchkeeper.access.uploads import too_large
from watchkeeper.errors import UsageError
from watchkeeper.jobs import listing
from watchkeeper.jobs.stating import Actor
from watchkeeper.ledger import list_sources
from watchkeeper.ledger.installation import installation
from watchkeeper.ledger.list_sources import Watch
from watchkeeper.ledger.models import Connection, Run
from watchkeeper.lists import bringing, sources, staged
from watchkeeper.lists import load as loads
from watchkeeper.lists.bringing import Look
from watchkeeper.lists.cells import LARGEST
from watchkeeper.lists.mapping import proposed
from watchkeeper.lists.sources import file as files
from watchkeeper.lists.staged import Staged
from watchkeeper.queries import lists as queries
from watchkeeper.web.asked import text
from watchkeeper.web.list_forms import Columns, UploadForm, chosen, sample
from watchkeeper.web.page import Setting, link, nothing_connected, page, setting


@require_GET
@page()
def lists(request: HttpRequest) -> HttpResponse:
    """Which lists of each kind stand, and which controls read them."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    context = {
        "kinds": _kinds(found),
        "may_load": may(request.user, Action.LOAD),
        "may_watch": may(request.user, Action.CONNECT),
    }
    return found.show(request, "web/lists.html", context)


@require_http_methods(["GET", "POST"])
@page(Action.LOAD)
def upload(request: HttpRequest) -> HttpResponse:
    """A file with a list; what was posted is read and shown before anything is sealed."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    room = installation().uploads
    staged.sweep(room, found.now)
    form = UploadForm(
        request.POST or None,
        request.FILES or None,
        kinds=queries.resources(),
        initial={"kind": text(request, "kind"), "name": text(request, "list")},
    )
    if form.is_bound and too_large(request):
        form.add_error("file", f"It is larger than {LARGEST // 1024**2} MB. Give several lists.")
    if form.is_bound and form.is_valid():
        told = form.cleaned_data
        try:
            data = told["file"].read()
            name = told["file"].name
            given = sources.told(files.given(data, name, told["sheet"].strip(), name), "upload")
        except UsageError as error:
            form.add_error("sheet" if told["sheet"] else "file", str(error))
        else:
            one = Staged(
                staged.new_key(),
                request.user.get_username(),
                found.connection.name,
                told["kind"],
                told["name"],
                given,
            )
            staged.keep(room, one)
            return redirect(link(found, "list_read", one.key))
    answer = found.show(request, "web/list_upload.html", {"form": form})
    answer.status_code = 422 if form.is_bound else 200
    return answer


@require_http_methods(["GET", "POST"])
@page(Action.LOAD)
def read(request: HttpRequest, key: str) -> HttpResponse:
    """What was understood of a list that was given; read again with other columns, or loaded."""
    parts = installation()
    one = staged.find(parts.uploads, key, request.user.get_username(), parts.clock.now())
    found = setting(request, one.connection if one else None)
    if one is None or found is None:
        messages.warning(
            request,
            "That list is no longer here: it was loaded or given up, or an hour has passed. Give "
            "it again.",
        )
        return redirect(link(found, "lists"))
    watched = one.about.get("watch")
    if watched and not may(request.user, Action.CONNECT):
        raise PermissionDenied(f"Your role does not allow this ({Action.CONNECT.value}).")
    act = request.POST.get("act", "")
    if act == "cancel":
        staged.drop(parts.uploads, key)
        return redirect(link(found, "lists"))
    resource, cells = loads.resource(one.resource), one.given.sheet
    asked = None
    if request.method == "POST":
        asked = chosen(request.POST, resource, cells, proposed(resource, cells.headers))
    looked = bringing.look(found.locker, one.connection, one.resource, one.name, one.given, asked)
    columns = Columns(resource, cells, looked.mapping)
    fault = _refused(request, looked, columns) if act == "load" else ""
    if act == "load" and not fault:
        fault = _loaded(request, found, one, looked)
        if not fault:
            return redirect(link(found, "lists"))
    context = {
        "staged": one,
        "resource": resource,
        "look": looked,
        "columns": columns,
        "sample": sample(looked.understood.applied.rows, resource) if looked.understood else None,
        "readers": queries.readers(one.resource),
        "fault": fault,
        "watched": watched,
        "every": timedelta(seconds=watched["every"]) if watched else None,
    }
    answer = found.show(request, "web/list_read.html", context)
    answer.status_code = 422 if fault or (asked is not None and looked.fault) else 200
    return answer


@require_http_methods(["GET", "POST"])
@page(Action.LOAD)
def remove(request: HttpRequest) -> HttpResponse:
    """Ends a list, once that was confirmed; what it held stays in the locker."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    kinds = {each.resource.name: each for each in _kinds(found)}
    kind = kinds.get(text(request, "kind"))
    name = text(request, "list")
    row = kind.list(name) if kind else None
    if kind is None or row is None:
        raise Http404("There is no such list.")
    fault = ""
    if request.method == "POST":
        try:
            _, run = listing.remove(
                found.locker, found.connection.name, _actor(request), kind.resource.name, name
            )
        except UsageError as error:
            fault = error.message
        else:
            messages.success(request, f"{name} was removed.{_judged(kind.resource.name, run)}")
            return redirect(link(found, "lists"))
    context = {"kind": kind, "row": row, "fault": fault}
    answer = found.show(request, "web/list_remove.html", context)
    answer.status_code = 422 if fault else 200
    return answer


def _refused(request: HttpRequest, looked: Look, columns: Columns) -> str:
    """Why what was looked at is not loaded as it is; empty where it is."""
    if looked.understood is None:
        return ""  # the page says why
    if request.POST.get("shown") != columns.shown:
        return "You changed the columns. This is how the list reads with them: load it if it is so."
    if looked.shrinks and "allow_shrink" not in request.POST:
        return "Say that the list is meant to be that short, or give the whole one."
    return ""


def _loaded(request: HttpRequest, found: Setting, one: Staged, looked: Look) -> str:
    """Loads the list; why it could not be, empty when it was."""
    if looked.understood is None:
        return looked.fault
    try:
        _, run = listing.load(
            found.locker,
            one.connection,
            _actor(request),
            looked.understood,
            allow_shrink=looked.shrinks,
        )
    except UsageError as error:
        return error.message
    if one.about.get("watch"):
        wanted = Watch(one.resource, one.name, **_told(one.about["watch"]))
        held = Connection.objects.get(name=one.connection)
        list_sources.save(held, wanted, actor=request.user.get_username(), now=found.now)
    staged.drop(installation().uploads, one.key)
    rows = len(looked.understood.applied.rows)
    messages.success(
        request,
        f"{one.name} was loaded: {rows:,} row{'' if rows == 1 else 's'}."
        f"{_judged(one.resource, run)}",
    )
    return ""


def _told(watch: Mapping[str, Any]) -> dict[str, Any]:
    """What was staged of a source, as `Watch` takes it."""
    told = {name: watch[name] for name in ("source", "options", "ciphertext")}
    return told | {"every": timedelta(seconds=watch["every"])}


def _judged(resource: str, run: Run | None) -> str:
    """Which controls are judged again, in words."""
    names = [each.id for each in queries.readers(resource) if run and each.id in run.controls]
    if not names:
        return ""
    return f" {', '.join(names)} {'is' if len(names) == 1 else 'are'} judged again now."


def _kinds(found: Setting) -> tuple[queries.Kind, ...]:
    return queries.kinds(found.locker, installation().vault, found.connection.id, found.now)


def _actor(request: HttpRequest) -> Actor:
    name = request.user.get_username()
    return Actor(name, name)
