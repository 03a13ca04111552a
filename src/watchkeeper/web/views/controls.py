"""One control: what it says, why, on what evidence, and its items."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from watchkeeper.model.assessment import Outcome
from watchkeeper.queries import items as item_queries
from watchkeeper.queries.control import control as find_control
from watchkeeper.queries.devices import table_of
from watchkeeper.queries.findings import figures
from watchkeeper.queries.history import of_control, page_of_control, since
from watchkeeper.web import charts, prose
from watchkeeper.web.asked import asked, number
from watchkeeper.web.page import nothing_connected, page, setting

_HISTORY = 10


@require_GET
@page()
def control(request: HttpRequest, identity: str) -> HttpResponse:
    """A control's newest assessment."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    connection = found.connection.id
    view = find_control(found.locker, connection, identity, found.now)
    if view is None:
        raise Http404("This control was never judged over this connection.")
    wanted = asked(request, item_queries.LISTING.filters)
    counts = view.standing.counts
    listed = item_queries.items(
        found.locker, view.standing.path, wanted, table_of(found.locker, connection)
    )
    history = of_control(connection, identity)
    context = {
        "view": view,
        "standing": view.standing,
        "bar": charts.outcome_bar(counts),
        "since": since(connection).get(identity),
        "counted": [(each.value, counts.as_json()[each.value]) for each in Outcome],
        "asked": wanted,
        "sort": item_queries.LISTING.sort_of(wanted),
        "items": listed,
        "filtered": bool(wanted.search or wanted.chosen),
        "chart": charts.failing_chart(history),
        "history": page_of_control(connection, identity, number(request, "past"), _HISTORY),
        "figures": figures(connection, identity, found.now),
        "why": prose.markdown(view.declared.why) if view.declared else "",
        "remedy": prose.markdown(view.declared.remedy) if view.declared else "",
        "logic": prose.sql(view.declared.logic) if view.declared else "",
    }
    return found.show(request, "web/control.html", context)
