"""Threats: the list over all collections of the stream, and one of them."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from watchkeeper.queries import threats as queries
from watchkeeper.queries.activity_words import activity_words
from watchkeeper.queries.threat import threat as find_threat
from watchkeeper.web.asked import asked, newest_first, unlisted
from watchkeeper.web.page import nothing_connected, page, setting


@require_GET
@page()
def threats(request: HttpRequest) -> HttpResponse:
    """The newest version of each threat, the newest first unless asked otherwise."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    declared = queries.THREATS
    wanted = newest_first(asked(request, declared.filters), declared.sorts, declared.default_sort)
    context = {
        "asked": wanted,
        "sort": wanted.sort,
        "threats": queries.threats(found.locker, found.connection.id, wanted),
        "filtered": bool(wanted.search or wanted.chosen),
        "extra": unlisted(wanted, declared.offered),
    }
    return found.show(request, "web/threats.html", context)


@require_GET
@page()
def threat(request: HttpRequest, identity: str) -> HttpResponse:
    """Everything known of one threat."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    view = find_threat(found.locker, found.connection.id, identity, found.now)
    if view is None:
        raise Http404("The collections of this connection know no such threat.")
    words = activity_words(found.locker, found.connection.id)
    return found.show(request, "web/threat.html", {"view": view, "activity_words": words})
