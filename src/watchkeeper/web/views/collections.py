"""Collections: the list, and one with everything its manifest says."""

from shlex import quote
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from watchkeeper.locker import layout
from watchkeeper.model.collection import Verdict
from watchkeeper.queries import collections as queries
from watchkeeper.web import by_hand
from watchkeeper.web.asked import asked, newest_first, number
from watchkeeper.web.page import nothing_connected, page, setting

_FILTERS = ("resource", "verdict")


@require_GET
@page()
def collections(request: HttpRequest) -> HttpResponse:
    """All collections of the connection, the newest first."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    wanted = newest_first(asked(request, _FILTERS), queries.SORTS, "ended")
    listed = queries.collections(
        found.connection.id,
        resource=wanted.chosen.get("resource", ""),
        verdict=wanted.chosen.get("verdict", ""),
        sort=wanted.sort,
        descending=wanted.descending,
        number=wanted.number,
        size=wanted.size,
    )
    context = {
        "listed": listed,
        "asked": wanted,
        "sort": wanted.sort,
        "filtered": bool(wanted.chosen),
        "resources": queries.resources_of(found.connection.id),
        "verdicts": [each.value for each in Verdict],
    }
    return found.show(request, "web/collections.html", context)


@require_GET
@page()
def collection(request: HttpRequest, identity: UUID) -> HttpResponse:
    """One collection: is it whole, what was asked, what came, how to check it."""
    owner = queries.connection_of(str(identity))
    found = setting(request, owner) if owner else None
    if found is None:
        raise Http404("There is no such collection in this locker's index.")
    view = queries.collection(
        found.locker,
        str(identity),
        pages=number(request, "pages"),
        requests=number(request, "requests"),
    )
    if view is None:
        raise Http404("There is no such collection in this locker's index.")
    manifest = view.collection.manifest
    context = {
        "view": view,
        "collection": view.collection,
        "whole": view.collection.completeness,
        "manifest": manifest,
        "time": manifest.get("time", {}),
        "collector": manifest.get("collector", {}),
        "source": manifest.get("source", {}),
        "transform": manifest.get("transform", {}),
        "error": manifest.get("error"),
        "folder": view.collection.path,
        "manifest_file": f"{view.collection.path}/{layout.MANIFEST}",
        "where": quote(found.locker.store.where),
        "entered": by_hand.entered(found.locker.store.where),
        "page_by_hand": by_hand.commands(view.collection.path, manifest.get("pages", [])),
    }
    return found.show(request, "web/collection.html", context)
