"""One control: what it says, why, on what evidence, and its items."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from watchkeeper.access.roles import Action, may
from watchkeeper.controls import catalogue
from watchkeeper.model.assessment import Outcome
from watchkeeper.model.statement import KINDS, ExceptionRecord
from watchkeeper.queries import decisions as decision_queries
from watchkeeper.queries import items as item_queries
from watchkeeper.queries.control import control as find_control
from watchkeeper.queries.devices import known
from watchkeeper.queries.findings import figures
from watchkeeper.queries.history import of_control, page_of_control, since
from watchkeeper.queries.thresholds import thresholds
from watchkeeper.web import charts, prose
from watchkeeper.web.asked import asked, number
from watchkeeper.web.page import Setting, nothing_connected, page, setting
from watchkeeper.web.views.decisions import order, rows

_HISTORY = 10
_MOST_SHOWN = 10  # exceptions; the list has all


@require_GET
@page()
def control(request: HttpRequest, identity: str) -> HttpResponse:
    """A control's newest assessment; the page of one that was never judged."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    connection = found.connection.id
    view = find_control(found.locker, connection, identity, found.now)
    if view is None:
        return _declared(request, found, identity)
    wanted = asked(request, item_queries.LISTING.filters)
    counts = view.standing.counts
    listed = item_queries.items(found.locker, view.standing.path, wanted)
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
        "agents": known(found.locker, connection, (each.subject for each in listed.rows)),
        "filtered": bool(wanted.search or wanted.chosen),
        "chart": charts.failing_chart(history),
        "history": page_of_control(connection, identity, number(request, "past"), _HISTORY),
        "figures": figures(connection, identity, found.now),
        "why": prose.markdown(view.declared.why) if view.declared else "",
        "remedy": prose.markdown(view.declared.remedy) if view.declared else "",
        "logic": prose.sql(view.declared.logic) if view.declared else "",
        **_decided(request, found, identity),
    }
    return found.show(request, "web/control.html", context)


def _declared(request: HttpRequest, found: Setting, identity: str) -> HttpResponse:
    """A control as its page declares it, over a connection for which nothing is judged yet."""
    declared = catalogue().get(identity)
    if declared is None:
        raise Http404("There is no such control.")
    context = {
        "declared": declared,
        "why": prose.markdown(declared.why),
        "remedy": prose.markdown(declared.remedy),
        "logic": prose.sql(declared.logic),
    }
    return found.show(request, "web/declared.html", context)


def _decided(request: HttpRequest, found: Setting, identity: str) -> dict[str, Any]:
    """What people decided about the control, and what this person may do."""
    connection = found.connection.id
    own = {
        name: each
        for name, each in decision_queries.decisions(found.locker, connection).items()
        if isinstance(each.statement, ExceptionRecord) and each.statement.control == identity
    }
    held = [
        each
        for each in sorted(own.values(), key=order(found.now))
        if each.decided.standing(found.now) in {"requested", "in force", "not yet valid"}
    ]
    declared = catalogue().get(identity)
    settable = thresholds(found.locker, connection, declared) if declared else ()
    general = [each for each in settable if each.general]
    return {
        "yours": bool(declared and declared.tenant),
        "held_exceptions": own,
        "in_force": rows(found, held[:_MOST_SHOWN]),
        "more_exceptions": max(0, len(held) - _MOST_SHOWN),
        "covered": decision_queries.covered(connection) if own else {},
        "thresholds": {each.parameter.name: each for each in settable if not each.general},
        "general": general,
        "general_set": any(each.setting for each in general),
        "kinds": [
            each for each in KINDS.values() if declared and f"'{each.name}'" in declared.logic
        ],
        "may_decide": may(request.user, Action.DECIDE),
        "may_set": may(request.user, Action.SET),
    }
