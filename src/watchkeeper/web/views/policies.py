"""Policies: the tree of scopes, and one policy with where it comes from and what changed it."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from watchkeeper.queries.activity_words import activity_words
from watchkeeper.queries.latest import shortfall
from watchkeeper.queries.policy import policy as find_policy
from watchkeeper.queries.policy_tree import MOST_GROUPS, policy_tree
from watchkeeper.queries.record import MOST_COLLECTIONS
from watchkeeper.web.asked import number, size
from watchkeeper.web.page import nothing_connected, page, setting
from watchkeeper.web.registers import KINDS


@require_GET
@page()
def tree(request: HttpRequest) -> HttpResponse:
    """Accounts, their sites, and the groups that have a policy of their own."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    context = {
        "tree": policy_tree(
            found.locker, found.connection.id, number(request, "page"), size(request)
        ),
        "most": MOST_GROUPS,
        "shortfall": shortfall(found.connection.id, "policies"),
    }
    return found.show(request, "web/policy_tree.html", context)


@require_GET
@page()
def policy(request: HttpRequest, identity: str) -> HttpResponse:
    """One policy: its settings beside those above, who overrides it, its history."""
    found = setting(request)
    if found is None:
        return nothing_connected(request)
    view = find_policy(found.locker, found.connection.id, identity)
    if view is None:
        raise Http404("The collections of this connection know no such policy.")
    context = {
        "kind": KINDS["policies"],
        "policy": view,
        "values": view.view.values,
        "settings": sorted(view.settings, key=lambda each: not each.differs),
        "differing": sum(each.differs for each in view.settings),
        "shortfall": shortfall(found.connection.id, "policies"),
        "most": MOST_COLLECTIONS,
        "activity_words": activity_words(found.locker, found.connection.id),
    }
    return found.show(request, "web/policy.html", context)
