"""Findings: the list; and what every control said on a past day."""

from datetime import UTC, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from watchkeeper.controls import catalogue
from watchkeeper.errors import UsageError
from watchkeeper.model.assessment import Result
from watchkeeper.model.control import Severity
from watchkeeper.model.past import end_of
from watchkeeper.queries import findings as queries
from watchkeeper.queries.devices import known
from watchkeeper.queries.past import shrink, standings_at
from watchkeeper.web import charts
from watchkeeper.web.asked import asked, newest_first, number, text
from watchkeeper.web.page import nothing_connected, page, setting

_FILTERS = ("control", "severity", "state", "how")


@require_GET
@page()
def findings(request: HttpRequest) -> HttpResponse:
    """The findings of the connection: those that are open unless others are asked for."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    wanted = newest_first(asked(request, _FILTERS), queries.SORTS, "opened")
    listed = queries.findings(
        found.connection.id,
        queries.Wanted(
            **wanted.chosen,
            search=wanted.search,
            sort=wanted.sort,
            descending=wanted.descending,
            number=wanted.number,
            size=wanted.size,
        ),
        found.now,
    )
    context = {
        "listed": listed,
        "agents": known(found.locker, found.connection.id, (each.subject for each in listed.rows)),
        "asked": wanted,
        "sort": wanted.sort,
        "filtered": bool(wanted.chosen or wanted.search),
        "tally": queries.tally(found.connection.id, found.now),
        "controls": sorted(catalogue()),
        "severities": [each.value for each in Severity],
        "states": queries.STATES,
        "ways": queries.HOW,
    }
    return found.show(request, "web/findings.html", context)


@require_GET
@page()
def as_of(request: HttpRequest) -> HttpResponse:
    """What every control said at the end of a day (UTC), today now, from what is sealed."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    given = text(request, "day")
    try:
        day = datetime.strptime(given, "%Y-%m-%d").replace(tzinfo=UTC) if given else found.now
        moment = end_of(day.date(), found.now)
    except ValueError as error:
        raise Http404("This is no day; give one as 2026-03-31.") from error
    except UsageError as error:
        raise Http404(str(error)) from error
    controls = standings_at(found.connection.id, moment)
    counted = dict.fromkeys(Result, 0)
    for each in controls:
        counted[each.result] += 1
    context = {
        "day": day.date(),
        "moment": moment,
        "controls": controls,
        "bar": charts.result_bar(counted),
        "counted": [(result.value, count) for result, count in counted.items() if count],
        "first": queries.first_judged(found.connection.id),
    }
    return found.show(request, "web/as_of.html", context)


@require_GET
@page()
def left(request: HttpRequest, identity: str) -> HttpResponse:
    """Who left a control's population since the assessment before, and why."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    view = shrink(found.locker, found.connection.id, identity, number(request, "page"))
    rows = view.left.rows if view else ()
    agents = known(found.locker, found.connection.id, (each.subject for each in rows))
    context = {"view": view, "control": identity, "agents": agents}
    return found.show(request, "web/left.html", context)
