"""Lists that are watched: where one is kept, tried out before it is saved, paused, ended.

Admins alone: a path is read on the server and an address fetched by it, with its rights and from
its network.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from watchkeeper.access.roles import Action, may
from watchkeeper.errors import KeyLost, SourceFailed, UsageError
from watchkeeper.jobs import watching
from watchkeeper.ledger import list_sources
from watchkeeper.ledger.installation import installation
from watchkeeper.ledger.models import ListSource
from watchkeeper.lists import staged
from watchkeeper.lists.sources import Given, catalogue
from watchkeeper.lists.staged import Staged
from watchkeeper.queries import lists as queries
from watchkeeper.web.asked import text
from watchkeeper.web.page import Setting, link, nothing_connected, page, setting
from watchkeeper.web.source_forms import SourceForm


@require_http_methods(["GET", "POST"])
@page(Action.CONNECT)
def new(request: HttpRequest) -> HttpResponse:
    """A list to watch at the source that is named; without one, which sources there are."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    source = catalogue().get(text(request, "source"))
    if source is None:
        return found.show(request, "web/list_source_kinds.html", {"sources": catalogue().values()})
    form = SourceForm(
        request.POST or None,
        source=source,
        initial={"kind": text(request, "kind"), "name": text(request, "list")},
    )
    return _form(request, found, form)


@require_http_methods(["GET", "POST"])
@page(Action.CONNECT)
def edit(request: HttpRequest, source: int) -> HttpResponse:
    """Changes what a source is told; it is tried before that replaces what it was told."""
    held, found = _held(request, source)
    parts = installation()
    known: Mapping[str, str] = held.options
    try:
        known = list_sources.options_of(held, parts.vault)
    except (KeyLost, UsageError) as error:
        messages.warning(request, error.message)
    declared = list_sources.declared(held.source)
    form = SourceForm(request.POST or None, source=declared, held=held, known=known)
    return _form(request, found, form)


@require_http_methods(["GET", "POST"])
@page()
def source(request: HttpRequest, source: int) -> HttpResponse:
    """One source and how it went; what is posted pauses it, or asks for a load now."""
    held, found = _held(request, source)
    if request.method == "POST":
        if not may(request.user, Action.CONNECT):
            raise PermissionDenied(f"Your role does not allow this ({Action.CONNECT.value}).")
        _act(request, held)
        return redirect(link(found, "list_source", str(held.pk)))
    row = queries.source_row(held, installation().vault)
    context = {
        "row": row,
        "kind": queries.kind_of(held.kind),
        "readers": queries.readers(held.kind),
        "options": _options(held, row.where),
        "may_watch": may(request.user, Action.CONNECT),
        "spans": SourceForm(source=list_sources.declared(held.source), held=held)["every"],
    }
    return found.show(request, "web/list_source.html", context)


@require_http_methods(["GET", "POST"])
@page(Action.CONNECT)
def remove(request: HttpRequest, source: int) -> HttpResponse:
    """No longer watches a list, once that was confirmed; the list stays as it was loaded last."""
    held, found = _held(request, source)
    if request.method == "POST":
        list_sources.remove(held, actor=request.user.get_username(), now=found.now)
        messages.success(request, f"{held.name} is no longer watched. The list itself stays.")
        return redirect(link(found, "lists"))
    context = {"row": queries.source_row(held, installation().vault)}
    return found.show(request, "web/list_source_remove.html", context)


def _form(request: HttpRequest, found: Setting, form: SourceForm) -> HttpResponse:
    """The form; what was posted is tried out, and shown as a list that was given."""
    if request.method == "POST" and form.is_valid() and not _taken(found, form):
        given = _tried(form)
        if given is not None:
            one = _staged(request, found, form, given)
            staged.keep(installation().uploads, one)
            return redirect(link(found, "list_read", one.key))
    context = {"form": form, "source": form.source, "held": form.held}
    answer = found.show(request, "web/list_source_form.html", context)
    answer.status_code = 422 if form.is_bound else 200
    return answer


def _tried(form: SourceForm) -> Given | None:
    """What the source gives; None where it gives nothing, and the form says why."""
    try:
        return watching.try_out(
            form.source.name, form.options, form.cleaned_data["kind"], installation()
        )
    except SourceFailed as error:
        form.add_error(None, str(error))
    except UsageError as error:
        form.add_error(None, error.message)
    return None


def _staged(request: HttpRequest, found: Setting, form: SourceForm, given: Given) -> Staged:
    told = form.cleaned_data
    connection = found.connection.name
    wanted = list_sources.watch(
        connection,
        told["kind"],
        told["name"],
        form.source.name,
        form.options,
        form.every_given,
        installation().vault,
    )
    kept = {
        "source": wanted.source,
        "title": form.source.title,
        "options": dict(wanted.options),
        "ciphertext": wanted.ciphertext,
        "every": wanted.every.total_seconds(),
    }
    return Staged(
        staged.new_key(),
        request.user.get_username(),
        connection,
        wanted.kind,
        wanted.name,
        given,
        {"watch": kept},
    )


def _taken(found: Setting, form: SourceForm) -> bool:
    """Whether that list is watched already; then the form says so."""
    told = form.cleaned_data
    there = ListSource.objects.filter(
        connection=found.connection.id, kind=told["kind"], name=told["name"]
    )
    if form.held is None and there.exists():
        form.add_error("name", "That list is watched already: change its source, or end it.")
        return True
    return False


def _act(request: HttpRequest, held: ListSource) -> None:
    actor, act = request.user.get_username(), request.POST.get("act", "")
    if act in {"pause", "resume"}:
        list_sources.pause(held, paused=act == "pause", actor=actor)
    elif act == "now":
        list_sources.want(held, actor=actor)
        watching.ask(held)
        messages.success(request, f"{held.name} is loaded now.")
    elif act == "every":
        seconds = request.POST.get("every", "")
        try:
            every = timedelta(seconds=int(seconds[:9])) if seconds.isdecimal() else timedelta()
            list_sources.change_interval(held, every, actor=actor)
        except UsageError as error:
            messages.warning(request, str(error))


def _options(held: ListSource, where: str) -> list[tuple[str, str]]:
    """What a source is told, by name, without secrets; of an address what may be seen (`where`)."""
    found = [
        (each.name, where if each.shown else held.options.get(each.name, ""))
        for each in list_sources.declared(held.source).options
        if not each.secret
    ]
    return [pair for pair in found if pair[1]]


def _held(request: HttpRequest, identity: int) -> tuple[ListSource, Setting]:
    """The source and what pages about it rest on; raises Http404."""
    held = ListSource.objects.select_related("connection").filter(pk=identity).first()
    found: Any = setting(request, held.connection.name) if held else None
    if held is None or found is None:
        raise Http404("There is no such source of a list.")
    return held, found
