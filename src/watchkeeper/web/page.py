"""What every page shares: who may see it, which connection it is about, how faults show."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

import structlog
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from watchkeeper.access.roles import Action, may
from watchkeeper.errors import WatchkeeperError
from watchkeeper.ledger.installation import installation
from watchkeeper.locker.locker import Locker
from watchkeeper.queries.connections import ConnectionView, connection, watched

_log = structlog.get_logger("watchkeeper.web")

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]
"""A view; its first argument is given by position."""


def page(action: Action = Action.SEE) -> Callable[[View[P]], View[P]]:
    """A view for people who are signed in and may do `action`; faults become a page in words."""

    def wrap(view: View[P]) -> View[P]:
        @login_required
        @functools.wraps(view)
        def shown(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not may(request.user, action):
                raise PermissionDenied(f"Your role does not allow this ({action.value}).")
            if any("\x00" in str(value) for value in kwargs.values()):
                raise Http404  # no name holds it, and the database cannot be asked for it
            try:
                return view(request, *args, **kwargs)
            except WatchkeeperError as error:
                _log.error("a page could not be shown", page=request.path, reason=str(error))
                context = {"message": error.message, "hint": error.hint}
                return render(request, "web/fault.html", context, status=503)

        return shown

    return wrap


@dataclass(frozen=True)
class Setting:
    """What a page is about: the connection asked for, and the names of all there are."""

    connection: ConnectionView
    names: tuple[str, ...]
    now: datetime

    @functools.cached_property
    def locker(self) -> Locker:
        """The installation's locker; raises NotALocker while there is none."""
        return installation().locker()

    @property
    def is_default(self) -> bool:
        """True when links need not name the connection."""
        return self.connection.name == self.names[0]

    def show(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        """The page."""
        return render(request, template, context | {"setting": self, "now": self.now})


def setting(request: HttpRequest, name: str | None = None) -> Setting | None:
    """The setting for `?connection=` (or `name`), the first connection without; None when empty.

    Raises Http404 when there is no such connection.
    """
    names = watched()
    if not names:
        return None
    wanted = name or request.GET.get("connection") or names[0]
    chosen = connection(wanted) if wanted in names else None
    if chosen is None:
        raise Http404("There is no such connection.")
    return Setting(chosen, names, installation().clock.now())


def link(found: Setting | None, name: str, *args: str, **query: str) -> str:
    """The address of a page, naming the connection where it is not the first one."""
    if found is not None and not found.is_default:
        query = {"connection": found.connection.name, **query}
    address = reverse(f"web:{name}", args=args)
    return f"{address}?{urlencode(query)}" if query else address


def nothing_connected(request: HttpRequest) -> HttpResponse:
    """The page that says how to begin."""
    return render(request, "web/not_connected.html", {"now": installation().clock.now()})
