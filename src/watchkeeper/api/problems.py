"""What went wrong, as problem details (RFC 9457)."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Schema
from ninja.errors import HttpError, ValidationError
from pydantic import Field

from watchkeeper.access.uploads import too_large
from watchkeeper.errors import ConsoleError, UsageError, WatchkeeperError
from watchkeeper.lists.cells import LARGEST
from watchkeeper.statements.faults import Unfit

MEDIA_TYPE = "application/problem+json"
ROOT = "/api/"
_KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")
_UNUSABLE = "The request holds what cannot be used."
_PLACES = frozenset({"query", "path", "body", "header"})


class Fault(Schema):
    """One value of a request that cannot be used."""

    where: str = Field(description="`query`, `path` or `body`, and the name of the value.")
    message: str


class Problem(Schema):
    """Why a request was not done (RFC 9457)."""

    type: str = "about:blank"  # the status says what it is
    title: str = Field(description="The status, in words.")
    status: int
    detail: str = Field(default="", description="What happened, to which thing.")
    hint: str = Field(default="", description="What to do next.")
    faults: list[Fault] = Field(default_factory=list, description="Values that cannot be used.")


class Declined(Exception):
    """A request is not done: becomes a problem of that status."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        hint: str = "",
        faults: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """`faults` says by place and name (`query size`) what is wrong with a value."""
        super().__init__(detail)
        self.status = status
        self.hint = hint
        self.faults = [Fault(where=where, message=text) for where, text in (faults or {}).items()]
        self.headers = dict(headers or {})


def unusable(faults: Mapping[str, str], *, hint: str = "") -> Declined:
    """A request that holds values which cannot be used; `faults` as Declined has them."""
    return Declined(HTTPStatus.UNPROCESSABLE_ENTITY, _UNUSABLE, hint=hint, faults=faults)


def problem(
    status: int, detail: str = "", *, hint: str = "", faults: list[Fault] | None = None
) -> HttpResponse:
    """A problem as an answer."""
    told = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        hint=hint,
        faults=faults or [],
    )
    body = msgspec.json.encode(told.model_dump())
    return HttpResponse(body, status=status, content_type=MEDIA_TYPE)


def tell_problems(api: NinjaAPI) -> None:
    """Lets what endpoints raise become problems; what is not named here is for `Problems`."""
    api.add_exception_handler(Declined, _declined)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(HttpError, _http_error)
    api.add_exception_handler(Http404, _not_found)
    api.add_exception_handler(RequestDataTooBig, _too_big)
    api.add_exception_handler(WatchkeeperError, _named)


def _declined(_: HttpRequest, error: Any) -> HttpResponse:
    answer = problem(error.status, str(error), hint=error.hint, faults=error.faults)
    for name, value in error.headers.items():
        answer.headers[name] = value
    return answer


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    if too_large(request):
        detail = f"The file is larger than {LARGEST // 1024**2} MB."
        hint = "Give it in several lists."
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, hint=hint)
    faults = [Fault(where=_where(each["loc"]), message=each["msg"]) for each in error.errors]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, _UNUSABLE, faults=faults)


def _where(steps: tuple[Any, ...]) -> str:
    """`query size` or `body tags 0`: without the name the code has for the whole."""
    place, *names = map(str, steps)
    if place in _PLACES and names and names[0] in {"asked", "wanted"}:
        names = names[1:]
    return " ".join((place, *names))


def _http_error(_: HttpRequest, error: Any) -> HttpResponse:
    return problem(error.status_code, str(error))


def _not_found(_: HttpRequest, error: Any) -> HttpResponse:
    return problem(HTTPStatus.NOT_FOUND, str(error))


def _too_big(_: HttpRequest, __: Any) -> HttpResponse:
    return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The request is larger than 1 MB.")


def _named(_: HttpRequest, error: Any) -> HttpResponse:
    if isinstance(error, UsageError):
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    elif isinstance(error, ConsoleError):
        status = HTTPStatus.BAD_GATEWAY
    else:
        status = HTTPStatus.SERVICE_UNAVAILABLE
    found = error.faults if isinstance(error, Unfit) else {}
    faults = [Fault(where=_of(name), message=str(each)) for name, each in found.items()]
    return problem(status, error.message, hint=error.hint, faults=faults)


def _of(name: str) -> str:
    """Where in a body a value of a statement stands."""
    if name.startswith("data_"):
        return f"body data {name.removeprefix('data_')}"
    return f"body {'selector' if name == 'sites' else name}"


_WORDS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address cannot be asked in that way.",
    HTTPStatus.SERVICE_UNAVAILABLE: "The database cannot be reached at the moment.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "This is a fault of Watchkeeper's; its log says more.",
}


class Problems:
    """Middleware: below `/api/`, what anything else answered as a page becomes a problem."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """`get_response`: the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if answer.status_code < HTTPStatus.BAD_REQUEST or not request.path.startswith(ROOT):
            return answer
        if answer.headers.get("Content-Type") == MEDIA_TYPE:
            return answer
        status = HTTPStatus(answer.status_code)
        told = problem(status, _WORDS.get(status, ""))
        for name in _KEPT_HEADERS:
            if name in answer.headers:
                told.headers[name] = answer.headers[name]
        return told
