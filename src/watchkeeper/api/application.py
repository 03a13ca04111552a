"""The API put together: its endpoints, its answers, its OpenAPI document."""

import importlib
import pkgutil
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI, Swagger
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.renderers import BaseRenderer

from watchkeeper.api import endpoints, problems
from watchkeeper.api.problems import Problem, unusable
from watchkeeper.errors import DeclarationError

_ABOUT = """\
What the pages of Watchkeeper show and do, for programs.

Times are UTC (RFC 3339). Lists are paged: `next` and the header `Link` lead on. Lists of records
rest on collections; `next` holds on to the one it began with, so nothing is skipped or met twice
when another is sealed meanwhile. Text in records is the console's own and not to be trusted.
What goes wrong is told as a problem (RFC 9457).
"""
# The styles of the documentation's own widgets are set by its script.
_DOCS_POLICY = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_ORDER = (
    "Connections",
    "Runs",
    "Controls",
    "Decisions",
    "Lists",
    "Evidence",
    "Records",
    "Audit trail",
    "You",
)
_COMMON = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.UNPROCESSABLE_ENTITY)


class _Json(BaseRenderer):
    """Times as RFC 3339 with what they have of microseconds."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:  # noqa: ARG002
        encoded: bytes = msgspec.json.encode(data)
        return encoded


class _Api(NinjaAPI):
    def get_openapi_schema(self, **parameters: Any) -> OpenAPISchema:
        """With the problems that every endpoint may answer with."""
        schema = super().get_openapi_schema(**parameters)
        schema["components"]["schemas"] |= _definitions()
        for path, methods in schema["paths"].items():
            for details in methods.values():
                statuses = set(_COMMON)
                if "{" in path:
                    statuses.add(HTTPStatus.NOT_FOUND)
                if "requestBody" in details:
                    statuses.add(HTTPStatus.BAD_REQUEST)
                _add_problems(details["responses"], statuses)
        return schema


def _definitions() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    found: dict[str, Any] = schema.pop("$defs")
    return found | {"Problem": schema}


def _add_problems(responses: dict[Any, Any], statuses: set[HTTPStatus]) -> None:
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status in sorted(statuses):
        responses[status.value] = {"description": status.phrase, "content": content}
    responses["default"] = {"description": "A problem", "content": content}


def _known_only(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refuses query parameters that an endpoint does not have: a filter misspelt would be none."""
    operation: Operation = run.__self__  # type: ignore[attr-defined]
    known = {
        name
        for model in operation.models
        if model.__ninja_param_source__ == "query"
        for name in getattr(model, "__ninja_flatten_map__", {})
    }

    def guarded(request: HttpRequest, **parts: Any) -> HttpResponse:
        unknown = sorted(set(request.GET) - known)
        if unknown:
            there = f"There are: {', '.join(sorted(known))}." if known else "There are none."
            faults = {f"query {each[:100]}": "There is no such parameter." for each in unknown}
            return operation.api.on_exception(request, unusable(faults, hint=there))
        if any("\x00" in str(value) for value in parts.values()):
            return operation.api.on_exception(request, Http404("No name holds NUL."))
        return run(request, **parts)

    return guarded


class _Docs(Swagger):
    def render_page(self, request: HttpRequest, api: NinjaAPI, **parameters: Any) -> HttpResponse:
        """The browsable documentation."""
        page = super().render_page(request, api, **parameters)
        page.headers["Content-Security-Policy"] = _DOCS_POLICY
        return page


def make() -> NinjaAPI:
    """The API; raises DeclarationError for a file of `endpoints/` without a `router`."""
    api = _Api(
        title="Watchkeeper",
        version="1",
        description=_ABOUT,
        urls_namespace="api",
        renderer=_Json(),
        docs=_Docs({"persistAuthorization": False, "docExpansion": "none"}),
        openapi_extra={"tags": [{"name": name} for name in _ORDER]},
    )
    api.add_decorator(_known_only, mode="view")
    problems.tell_problems(api)
    for module in pkgutil.iter_modules(endpoints.__path__):
        if module.name.startswith("_"):
            continue
        router = getattr(
            importlib.import_module(f"{endpoints.__name__}.{module.name}"), "router", None
        )
        if router is None:
            raise DeclarationError(f"api/endpoints/{module.name}.py has no `router`.")
        api.add_router("", router)
    return api
