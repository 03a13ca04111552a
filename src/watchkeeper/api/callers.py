"""Who calls the API: a program with an access key, or somebody who is signed in to the pages."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from watchkeeper.access.keys import bearer
from watchkeeper.access.models import Person
from watchkeeper.access.roles import Action, actions
from watchkeeper.api.problems import Declined
from watchkeeper.ledger.installation import installation

_HEADER = "Authorization"
_CHALLENGE = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as the audit trail names them, and what they may do."""

    name: str
    person: Person
    actions: frozenset[Action]

    def may(self, action: Action) -> bool:
        """Whether they may do that."""
        return action in self.actions


class AccessKey(HttpBearer):
    """An access key in the header `Authorization: Bearer wk_…`."""

    openapi_description = "An access key, made on the page Access keys; it begins with `wk_`."

    def __init__(self, action: Action) -> None:
        """Lets in whose key may do `action`."""
        super().__init__()
        self._action = action

    def authenticate(self, request: HttpRequest, token: str) -> Caller:  # noqa: ARG002
        """The caller with that key; raises Declined where nobody has it or it may not."""
        found = bearer(token.strip(), installation().clock.now())
        if found is None:
            raise Declined(
                HTTPStatus.UNAUTHORIZED,
                "This access key is not good, or no longer.",
                hint="Make one on the page Access keys.",
                headers=_CHALLENGE,
            )
        return _permitted(Caller(found.name, found.key.person, found.actions), self._action)


class SignedIn(APIKeyCookie):
    """A session of the pages; what changes something also needs the header `X-CSRFToken`."""

    param_name = settings.SESSION_COOKIE_NAME
    openapi_description = "The session of somebody who is signed in to the pages."

    def __init__(self, action: Action) -> None:
        """Lets in who may do `action`."""
        super().__init__()
        self._action = action

    def _get_key(self, request: HttpRequest) -> str | None:
        return request.COOKIES.get(self.param_name)

    def authenticate(self, request: HttpRequest, key: str | None) -> Caller:  # noqa: ARG002
        """The person of the session; raises Declined for everybody else."""
        person = request.user
        if not isinstance(person, Person) or not person.is_active:
            raise Declined(
                HTTPStatus.UNAUTHORIZED,
                "Nobody is named as asking.",
                hint="Send an access key: Authorization: Bearer wk_…",
                headers=_CHALLENGE,
            )
        if check_csrf(request) is not None:
            raise Declined(
                HTTPStatus.FORBIDDEN,
                "The session alone may not change anything.",
                hint="Send the page's X-CSRFToken, or use an access key.",
            )
        return _permitted(Caller(person.get_username(), person, actions(person)), self._action)


def whoever_may(action: Action) -> list[Any]:
    """The ways to be let in to an endpoint that does `action`."""
    return [AccessKey(action), SignedIn(action)]


def caller(request: HttpRequest) -> Caller:
    """Who calls; there is somebody wherever an endpoint runs."""
    return cast("Caller", request.auth)  # type: ignore[attr-defined]


def _permitted(found: Caller, action: Action) -> Caller:
    if not found.may(action):
        raise Declined(
            HTTPStatus.FORBIDDEN,
            f"{found.name} may not do this ({action.value}).",
            hint="A key may do what its role and its person's roles both allow.",
        )
    return found
