"""Frameworks: where each stands by what the controls of a connection say now."""

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema
from pydantic import Field

from watchkeeper.api.endpoints._common import SEE, named, now
from watchkeeper.ledger.installation import installation
from watchkeeper.model.assessment import Result
from watchkeeper.queries import frameworks as queries
from watchkeeper.queries.frameworks import Tally

router = Router(tags=["Frameworks"])


class Framework(Schema):
    """A framework in numbers."""

    slug: str
    title: str
    version: str
    publisher: str
    covered: int = Field(description="Requirements that a control contributes evidence to.")
    total: int
    complete: bool = Field(description="Whether every requirement of it is listed.")
    results: dict[str, int] = Field(description="Covered requirements by result.")


class Contribution(Schema):
    """What one control says for a requirement."""

    control: str
    relation: str
    result: Result | None
    too_loose: str = Field(description="Why its parameters are not strict enough, or empty.")


class FrameworkRequirement(Schema):
    """A requirement with its controls."""

    id: str
    title: str
    group: str
    result: Result | None
    controls: list[Contribution]


class FrameworkDetail(Framework):
    """A framework with each requirement."""

    coverage: str
    requirements: list[FrameworkRequirement]
    not_covered: list[str]


@router.get(
    "/connections/{connection}/frameworks",
    auth=SEE,
    response=list[Framework],
    operation_id="frameworks",
)
def frameworks(request: HttpRequest, connection: str) -> Any:  # noqa: ARG001
    """Every framework."""
    view = named(connection)
    return [_told(each) for each in queries.all_of(installation().locker(), view.id, now())]


@router.get(
    "/connections/{connection}/frameworks/{framework}",
    auth=SEE,
    response=FrameworkDetail,
    operation_id="framework",
)
def framework(request: HttpRequest, connection: str, framework: str) -> Any:  # noqa: ARG001
    """One framework: requirement, controls, result; and what is not covered."""
    found = queries.one(installation().locker(), named(connection).id, framework, now())
    if found is None:
        raise Http404("There is no such framework.")
    return _told(found) | {
        "coverage": found.standing.framework.coverage,
        "requirements": [
            {
                "id": each.clause.id,
                "title": each.clause.title,
                "group": each.clause.group,
                "result": each.result,
                "controls": [
                    {
                        "control": by.control,
                        "relation": by.requirement.relation.value,
                        "result": by.result,
                        "too_loose": by.too_loose,
                    }
                    for by in each.contributions
                ],
            }
            for each in found.standing.covered
        ],
        "not_covered": [each.id for each in found.standing.not_covered],
    }


def _told(found: Tally) -> dict[str, Any]:
    about = found.standing.framework
    return {
        "slug": about.slug,
        "title": about.title,
        "version": about.version,
        "publisher": about.publisher,
        "covered": found.covered,
        "total": found.total,
        "complete": about.complete,
        "results": {result.value: count for result, count in found.results.items() if count},
    }
