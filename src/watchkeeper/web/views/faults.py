"""Pages for what went wrong: in words, and with the way on."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """400: the request makes no sense; nothing of it is repeated."""
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: signed in, but not allowed."""
    return render(request, "403.html", {"reason": str(exception)}, status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: there is no such thing, or no longer."""
    reason = str(exception) if exception.args and isinstance(exception.args[0], str) else ""
    return render(request, "404.html", {"reason": reason}, status=404)


def broken(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 - every handler takes it
    """500: our fault; 503 while the database is away. Neither page asks it for anything."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        answer = HttpResponse(render_to_string("503.html"), status=503)
        answer.headers["Retry-After"] = "10"
        return answer
    return HttpResponse(render_to_string("500.html"), status=500)
