"""Collections: what was read when, how that went, and its manifest."""

import json
import uuid
from typing import Any, Literal

from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import Field

from watchkeeper.api import values
from watchkeeper.api.endpoints._common import SEE, named
from watchkeeper.api.paging import MOST_ID, UPTO, Listed, Paging, listed
from watchkeeper.ledger.installation import installation
from watchkeeper.model.collection import Verdict
from watchkeeper.queries import collections as queries
from watchkeeper.resources import everything

router = Router(tags=["Evidence"])
_SORTS = tuple(f"{sign}{each}" for each in queries.SORTS for sign in ("", "-"))


class Asked(Paging):
    """Which collections."""

    resource: Literal[("", *everything())] = ""  # type: ignore[valid-type]
    verdict: Verdict | None = None
    whole: bool = Field(
        default=False, description="Leave out those of one device alone: `collection` takes these."
    )
    sort: Literal[_SORTS] = Field(  # type: ignore[valid-type]
        "-ended", description="With `-` descending."
    )
    upto: int | None = Field(None, ge=0, le=MOST_ID, description=UPTO)


class CollectionDetail(values.Collection):
    """One collection with its manifest, as sealed (docs/evidence.md says what it means)."""

    connection: str
    manifest: dict[str, Any]


@router.get(
    "/connections/{connection}/collections",
    auth=SEE,
    response=Listed[values.Collection],
    operation_id="collections",
)
def collections(
    request: HttpRequest, response: HttpResponse, connection: str, asked: Query[Asked]
) -> Any:
    """The collections of a connection, the newest first."""
    found = queries.collections(
        named(connection).id,
        resource=asked.resource,
        verdict=asked.verdict or "",
        whole=asked.whole,
        upto=asked.upto,
        sort=asked.sort.removeprefix("-"),
        descending=asked.sort.startswith("-"),
        number=asked.page,
        size=asked.size,
    )
    return listed(request, response, asked, found, upto=asked.upto or queries.newest_entry())


@router.get(
    "/collections/{uuid:collection}",
    auth=SEE,
    response=CollectionDetail,
    operation_id="collection",
)
def collection(request: HttpRequest, collection: uuid.UUID) -> Any:  # noqa: ARG001
    """One collection and its manifest."""
    found = queries.indexed(str(collection))
    if found is None:
        raise Http404("There is no such collection.")
    name, row = found
    told = {field: getattr(row, field) for field in values.Collection.model_fields}
    manifest, _ = installation().locker().manifest(row.path)
    return told | {"connection": name, "manifest": json.loads(manifest)}
