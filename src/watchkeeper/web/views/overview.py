"""The overview: what every control says, the fleet, what needs attention first."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from watchkeeper.access.roles import Action, may
from watchkeeper.jobs import runs
from watchkeeper.ledger.audit import record
from watchkeeper.model.assessment import Result
from watchkeeper.queries.attention import attention
from watchkeeper.queries.fleet import fleet
from watchkeeper.queries.freshness import freshness
from watchkeeper.queries.history import days, since
from watchkeeper.queries.standing import not_judged, standings
from watchkeeper.web import charts
from watchkeeper.web.asked import text
from watchkeeper.web.page import link, nothing_connected, page, setting


@require_GET
@page()
def overview(request: HttpRequest) -> HttpResponse:
    """Everything at a glance; `?result=` narrows the controls."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    controls = standings(found.connection.id, found.now)
    fresh = freshness(found.locker, found.connection.id)
    history = days(found.connection.id, found.now.date())
    wanted = text(request, "result")
    counted = dict.fromkeys(Result, 0)
    for each in controls:
        counted[each.result] += 1
    context = {
        "controls": [each for each in controls if wanted in {"", each.result.value}],
        "controls_total": len(controls),
        "not_judged": not_judged(controls),
        "wanted": wanted if wanted in set(Result) else "",
        "counted": [(result.value, count) for result, count in counted.items()],
        "passing": counted[Result.PASS],
        "excepted": counted[Result.PASS_WITH_EXCEPTIONS],
        "judged": len(controls) - counted[Result.NOT_APPLICABLE],
        "bar": charts.result_bar(counted),
        "attention": attention(found.connection, controls, fresh, found.now),
        "since": since(found.connection.id),
        "fleet": fleet(found.locker, found.connection.id),
        "fresh": [(each, each.overdue(found.now)) for each in fresh],
        "history": history,
        "chart": charts.days_chart(history),
        "token": found.connection.token_state(found.now),
        "may_collect": may(request.user, Action.COLLECT),
        "results": [result.value for result in Result],
    }
    return found.show(request, "web/overview.html", context)


@require_POST
@page(Action.COLLECT)
def collect(request: HttpRequest) -> HttpResponse:
    """Asks for a collection of everything, now."""
    found = setting(request, request.POST.get("connection"))
    if found is None:
        return nothing_connected(request)
    actor = request.user.get_username()
    run = runs.ask(found.connection.name, trigger=actor)
    record(actor, "collection.asked", found.connection.name, run=run.pk)
    return redirect(link(found, "overview"))
