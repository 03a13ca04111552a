"""Headers that every answer carries: what a page may load, and that nobody keeps a copy."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from watchkeeper.access.uploads import close_all

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Headers:
    """Middleware; stands first, so that no answer leaves without them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """`get_response`: the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        close_all(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        # Pages name machines and people; static files say themselves how long they last.
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response
