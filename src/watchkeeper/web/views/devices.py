"""Devices: the list, one device, and reading it afresh."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from watchkeeper.access.roles import Action, may
from watchkeeper.jobs import runs
from watchkeeper.ledger.audit import record
from watchkeeper.queries import devices as queries
from watchkeeper.queries.device import device as find_device
from watchkeeper.queries.findings import of_subjects
from watchkeeper.web import device_facts
from watchkeeper.web.asked import asked, unlisted
from watchkeeper.web.page import link, nothing_connected, page, setting


@require_GET
@page()
def devices(request: HttpRequest) -> HttpResponse:
    """The devices of the newest complete collection."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    wanted = asked(request, queries.DEVICES.filters)
    context = {
        "asked": wanted,
        "sort": queries.DEVICES.listing.sort_of(wanted),
        "devices": queries.devices(found.locker, found.connection.id, wanted),
        "filtered": bool(wanted.search or wanted.chosen),
        "extra": unlisted(wanted, queries.DEVICES.offered),
    }
    return found.show(request, "web/devices.html", context)


@require_GET
@page()
def device(request: HttpRequest, agent: str) -> HttpResponse:
    """Everything known of one device."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    view = find_device(found.locker, found.connection.id, agent, found.now)
    if view is None:
        raise Http404("The newest collections of this connection know no such device.")
    context = {
        "view": view,
        "findings": of_subjects(found.connection.id, [f"agent:{agent}"], found.now),
        "groups": device_facts.groups(view.values),
        "interfaces": device_facts.interfaces(view.values["network_interfaces"]),
        "tags": device_facts.tags(view.values["tags"]),
        "may_refresh": may(request.user, Action.COLLECT),
    }
    return found.show(request, "web/device.html", context)


@require_POST
@page(Action.COLLECT)
def refresh(request: HttpRequest, agent: str) -> HttpResponse:
    """Asks for the device to be read afresh; a worker does it."""
    found = setting(request, request.POST.get("connection"))
    if found is None:
        return nothing_connected(request)
    if find_device(found.locker, found.connection.id, agent, found.now) is None:
        raise Http404("The newest collections of this connection know no such device.")
    actor = request.user.get_username()
    run = runs.ask_agent(found.connection.name, agent, trigger=actor)
    record(actor, "device.refresh_asked", agent, connection=found.connection.name, run=run.pk)
    return redirect(link(found, "device", agent))
