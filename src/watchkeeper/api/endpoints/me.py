"""Who is asking, and what they may do."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from watchkeeper.api.callers import caller
from watchkeeper.api.endpoints._common import SEE

router = Router(tags=["You"])


class Me(Schema):
    """Who is asking."""

    name: str
    person: str
    actions: list[str]


@router.get("/me", auth=SEE, response=Me, operation_id="me")
def me(request: HttpRequest) -> Any:
    """Who is asking, and what they may do."""
    found = caller(request)
    return {
        "name": found.name,
        "person": found.person.get_username(),
        "actions": sorted(action.value for action in found.actions),
    }
