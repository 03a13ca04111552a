"""Declared lists and their records: users, sites, accounts, policies, activities."""

import json
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from watchkeeper.queries import places
from watchkeeper.queries.activity_words import activity_words
from watchkeeper.queries.latest import shortfall
from watchkeeper.queries.listing import Asked
from watchkeeper.queries.record import MOST_COLLECTIONS, record
from watchkeeper.queries.register import Listed, listed
from watchkeeper.web.asked import asked, newest_first, unlisted
from watchkeeper.web.page import Setting, nothing_connected, page, setting
from watchkeeper.web.registers import KINDS


@require_GET
@page()
def register(request: HttpRequest, kind: str) -> HttpResponse:
    """One list: searched, filtered, sorted, paged."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    shown = KINDS[kind]
    declared = shown.register
    wanted = asked(request, declared.filters)
    if declared.newest_first:
        wanted = newest_first(wanted, declared.sorts, declared.default_sort)
    context = {
        "kind": shown,
        "asked": wanted,
        "sort": declared.listing.sort_of(wanted),
        "listed": _told(found, kind, listed(declared, found.locker, found.connection.id, wanted)),
        "filtered": bool(wanted.search or wanted.chosen),
        "extra": unlisted(wanted, declared.offered),
        "shortfall": shortfall(found.connection.id, declared.resource),
        "activity_words": activity_words(found.locker, found.connection.id)
        if kind == "activities"
        else {},
    }
    return found.show(request, "web/register.html", context)


@require_GET
@page()
def one(request: HttpRequest, kind: str, identity: str) -> HttpResponse:
    """One record: its values, and what changed between collections."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    shown = KINDS[kind]
    view = record(shown.register, found.locker, found.connection.id, identity)
    if view is None:
        raise Http404(f"The collections of this connection know no such {shown.noun}.")
    structured = [
        column.name for column in shown.register.declared.columns if column.type.value == "json"
    ]
    context = {
        "kind": shown,
        "view": view,
        "name": view.values[shown.columns[0].name] or view.values[shown.fallback] or identity,
        "pairs": [(name, value) for name, value in view.values.items() if name not in structured],
        "structured": [(name, _lines(view.values[name])) for name in structured],
        "place": places.placed(found.locker, found.connection.id, kind, [view.values])[0],
        "groups": _groups(found, kind, identity),
        "groups_kind": KINDS["groups"],
        "shortfall": shortfall(found.connection.id, shown.register.resource),
        "most": MOST_COLLECTIONS,
        "activity_words": activity_words(found.locker, found.connection.id)
        if kind == "activities"
        else {},
    }
    return found.show(request, "web/record.html", context)


def _told(found: Setting, kind: str, list_: Listed | None) -> Listed | None:
    """A list of accounts, sites or groups with what other collections say of each."""
    if list_ is None or kind not in places.LEVELS:
        return list_
    rows = list_.page.rows
    told = places.placed(found.locker, found.connection.id, kind, rows)
    merged = tuple(row | more for row, more in zip(rows, told, strict=True))
    return replace(list_, page=replace(list_.page, rows=merged))


def _groups(found: Setting, kind: str, identity: str) -> Listed | None:
    """The groups of a site, the first of them."""
    if kind != "sites":
        return None
    wanted = Asked(chosen={"site_id": identity})
    groups = KINDS["groups"].register
    return _told(found, "groups", listed(groups, found.locker, found.connection.id, wanted))


def _lines(text: str | None) -> list[tuple[str, str]]:
    """JSON as received, a line for each value: where it stands and what it is."""
    try:
        return list(_walk(json.loads(text), "")) if text else []
    except ValueError:
        return [("", text or "")]


def _walk(found: Any, where: str) -> list[tuple[str, str]]:
    if isinstance(found, dict):
        pairs = [(f"{where} › {key}" if where else str(key), each) for key, each in found.items()]
    elif isinstance(found, list):
        pairs = [(f"{where} {number}".strip(), each) for number, each in enumerate(found, 1)]
    elif found is None:
        return []
    else:
        shown = ("yes" if found else "no") if isinstance(found, bool) else str(found)
        return [(where, shown)]
    return [line for name, each in pairs for line in _walk(each, name)]
