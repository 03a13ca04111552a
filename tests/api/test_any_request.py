"""Requests of every kind, made up from the OpenAPI document, find no fault of ours."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.conftest import World
from watchkeeper.api.application import make
from watchkeeper.bootstrap import App
from watchkeeper.controls import catalogue as controls
from watchkeeper.queries.every import every as resources

from .conftest import Program

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
# Made from declarations: some of each kind are enough.
TRIED = {"agents", "threats", "policies", "activities", "system"}


def operations() -> Iterator[tuple[str, str]]:
    """Every operation there is, as (method, path); of those for resources a few."""
    left = set(resources()) - TRIED
    for path, methods in make().get_openapi_schema(path_prefix="/api/v1/")["paths"].items():
        if not left & set(path.split("/")):
            yield from ((method, path) for method in methods)


@pytest.fixture
def document(ledger: App) -> Iterator[Any]:  # noqa: ARG001
    """The OpenAPI document, and the program it is of, within the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    import schemathesis  # noqa: PLC0415 - takes seconds, and most runs leave these tests out

    yield schemathesis.openapi.from_wsgi("/api/v1/openapi.json", WSGIHandler())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.mark.parametrize(("method", "path"), list(operations()))
def test_no_request_finds_a_fault(
    admin: Program, world: World, document: Any, method: str, path: str
) -> None:
    from schemathesis import GenerationMode  # noqa: PLC0415
    from schemathesis.checks import not_a_server_error  # noqa: PLC0415
    from schemathesis.specs.openapi.checks import (  # noqa: PLC0415
        content_type_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

    checks = [
        content_type_conformance,
        not_a_server_error,
        response_schema_conformance,
        status_code_conformance,
    ]
    operation = document[path][method.upper()]
    known = {"connection": world.company.name, "control": next(iter(controls()))}
    named = {name: value for name, value in known.items() if f"{{{name}}}" in path}
    anything = [
        operation.as_strategy(generation_mode=mode, path_parameters=parameters)
        for mode in GenerationMode
        for parameters in ([named, None] if named else [None])
    ]

    # The same ones each time: a landing does not hang on luck; TRIES looks further.
    @settings(
        max_examples=int(os.environ.get("TRIES", "30")),
        derandomize="TRIES" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=st.one_of(anything))
    def tried(case: Any) -> None:
        with transaction.atomic():  # what one request changes, the next does not find
            answer = case.call(headers={"Authorization": f"Bearer {admin.key}"})
            transaction.set_rollback(True)
        case.validate_response(answer, checks=checks)

    tried()
