"""Threats: the list over all collections of the stream."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from watchkeeper.queries import threats as queries
from watchkeeper.web.asked import asked, newest_first, unlisted
from watchkeeper.web.page import nothing_connected, page, setting


@require_GET
@page()
def threats(request: HttpRequest) -> HttpResponse:
    """The newest version of each threat, the newest first unless asked otherwise."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    wanted = newest_first(asked(request, queries.FILTERS), queries.LISTING.sorts, "created")
    context = {
        "asked": wanted,
        "sort": wanted.sort,
        "threats": queries.threats(found.locker, found.connection.id, wanted),
        "filtered": bool(wanted.search or wanted.chosen),
        "extra": unlisted(wanted, queries.OFFERED),
    }
    return found.show(request, "web/threats.html", context)
