"""Frameworks: where each stands, and one with every requirement."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from watchkeeper.queries import frameworks as queries
from watchkeeper.web import charts
from watchkeeper.web.page import nothing_connected, page, setting


@require_GET
@page()
def frameworks(request: HttpRequest) -> HttpResponse:
    """Every framework with what its requirements show."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    tallies = queries.all_of(found.locker, found.connection.id, found.now)
    context = {"tallies": [(each, charts.result_bar(each.results)) for each in tallies]}
    return found.show(request, "web/frameworks.html", context)


@require_GET
@page()
def framework(request: HttpRequest, slug: str) -> HttpResponse:
    """One framework: requirement, controls, result; and what is not covered."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    tally = queries.one(found.locker, found.connection.id, slug, found.now)
    if tally is None:
        raise Http404("There is no such framework.")
    context = {
        "tally": tally,
        "framework": tally.standing.framework,
        "bar": charts.result_bar(tally.results),
        "sections": queries.sections(tally.standing),
        "missing": tally.standing.not_covered,
    }
    return found.show(request, "web/framework.html", context)
