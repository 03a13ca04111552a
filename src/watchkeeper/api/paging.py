"""Pages of lists: how they are asked for, and how an answer leads to the next one."""

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from django.http import HttpRequest, HttpResponse
from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from watchkeeper.queries.listing import Asked
from watchkeeper.queries.paging import Page

T = TypeVar("T")
MOST = 500
MOST_ID = 2**63 - 1
UPTO = "Leave out what came later than this; `next` sets it, so that no page meets another's."
_MOST_PAGES = 1_000_000

Words = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]
"""Text to look for or to filter by; PostgreSQL cannot be asked for NUL."""


def _in_utc(moment: datetime) -> datetime:
    """Raises ValueError beyond the years that a time in UTC can have."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("This time is out of range.") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A time with its zone; PostgreSQL knows no zone that is further off than 15 hours."""


class Paging(Schema):
    """Which page of a list."""

    page: int = Field(1, ge=1, le=_MOST_PAGES, description="Counted from 1.")
    size: int = Field(50, ge=1, le=MOST, description="How many at a time.")


class Searched(Paging):
    """Which page of a list that is searched and sorted."""

    q: Words = Field("", description="Text to look for.")

    def asked(self, filters: dict[str, Any] | None = None) -> Asked:
        """As the questions take it; a sort that begins with `-` is descending."""
        sort = str(getattr(self, "sort", None) or "")
        return Asked(
            search=self.q,
            chosen={name: str(value) for name, value in (filters or {}).items() if value},
            sort=sort.removeprefix("-"),
            descending=sort.startswith("-"),
            number=self.page,
            size=self.size,
        )


class Listed(Schema, Generic[T]):
    """A page of a list. A page beyond the last one holds nothing."""

    items: list[T]
    page: int
    size: int
    total: int = Field(description="How many there are on all pages.")
    next: str | None = Field(description="The address of the next page; null on the last one.")


def listed(
    request: HttpRequest,
    response: HttpResponse,
    asked: Paging,
    found: Page[Any],
    **pinned: str | int,
) -> dict[str, Any]:
    """A page as `Listed` tells it; `pinned` parameters go along to the next page.

    The header `Link` names the next one too (RFC 8288).
    """
    beyond = asked.page > found.pages
    following = None
    if not beyond and found.next is not None:
        query = request.GET.copy()
        for name, value in (pinned | {"page": str(found.next)}).items():
            query[name] = str(value)
        following = f"{request.path}?{query.urlencode()}"
        response.headers["Link"] = f'<{following}>; rel="next"'
    return {
        "items": [] if beyond else list(found.rows),
        "page": asked.page,
        "size": found.size,
        "total": found.total,
        "next": following,
    }
