"""Which collections there are, and everything one manifest says."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max

from watchkeeper.ledger.models import CollectionEntry
from watchkeeper.locker import layout, records
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection, Verdict
from watchkeeper.queries.newest import collection_id
from watchkeeper.queries.paging import Page, clamp, page_of

_STATED = "STATED"
_OF_EVERY_REQUEST = frozenset({"method", "path", "params", "page"})
SORTS = {"ended": "ended", "resource": "resource", "verdict": "verdict", "rows": "distinct"}


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """One collection as listed."""

    id: str
    path: str
    resource: str
    subject: str
    verdict: Verdict
    reason: str
    started: datetime
    ended: datetime
    rows: int
    distinct: int
    count_before: int | None
    count_after: int | None
    derived: bool
    manifest_sha256: str
    due: datetime | None = None
    requests: int = 0
    retries: int = 0

    @property
    def late(self) -> timedelta | None:
        """How much later than its turn it was begun; None before there were turns."""
        return max(timedelta(), self.started - self.due) if self.due is not None else None

    @property
    def took(self) -> timedelta:
        """From its first request to its seal."""
        return self.ended - self.started


@dataclass(frozen=True, slots=True)
class PageFile:
    """One page of a collection: a response body, as received."""

    number: int
    file: str
    rows: int | None
    bytes: int
    sha256: str
    received_bytes: int | None
    received_sha256: str
    removed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One request of a collection; `told` is what a stated one says of its document."""

    method: str
    path: str
    params: Mapping[str, str]
    status: int
    rows: int | None
    bytes: int
    seconds: float
    failures: tuple[str, ...]
    page: int | None
    told: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Stated:
    """Of what the company states: by whom, from where, and what was overwritten how often."""

    by: str
    sources: tuple[str, ...]
    removed: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class CollectionView:
    """A collection and what its manifest says."""

    collection: Collection
    pages: Page[PageFile]
    requests: Page[RequestRow]
    bytes: int
    table_bytes: int
    table_sha256: str
    stated: Stated | None


def collections(  # noqa: PLR0913 - what a list may be asked for, by name
    connection: int,
    *,
    resource: str = "",
    verdict: str = "",
    sort: str = "ended",
    descending: bool = True,
    number: int = 1,
    size: int = 50,
    whole: bool = False,
    upto: int | None = None,
) -> Page[CollectionRow]:
    """A page of the connection's collections, the newest first unless asked otherwise.

    `whole` leaves out those of one device alone, `upto` those that were indexed later than that.
    """
    found = CollectionEntry.objects.filter(connection=connection)
    if whole:
        found = found.filter(subject="")
    if upto is not None:
        found = found.filter(pk__lte=upto)
    if resource:
        found = found.filter(resource=resource)
    if verdict:
        found = found.filter(verdict=verdict)
    field = SORTS.get(sort, "ended")
    order = f"-{field}" if descending else field
    total = found.count()
    number = clamp(number, size, total)
    shown = found.order_by(order, "-ended", "-id")[(number - 1) * size : number * size]
    return Page(tuple(row(entry) for entry in shown), number, size, total)


def newest_entry() -> int:
    """The number of what was indexed last: later ones have higher ones."""
    return CollectionEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0


def resources_of(connection: int) -> tuple[str, ...]:
    """The resources the connection has collections of."""
    found = CollectionEntry.objects.filter(connection=connection).order_by("resource")
    return tuple(found.values_list("resource", flat=True).distinct())


def connection_of(identity: str) -> str | None:
    """The name of the connection a collection belongs to, None when there is no such one."""
    entry = _entry(identity)
    return entry.connection.name if entry else None


def indexed(identity: str) -> tuple[str, CollectionRow] | None:
    """The connection's name and the collection of that id as indexed; None when unknown."""
    entry = _entry(identity)
    return (entry.connection.name, row(entry)) if entry else None


def collection(
    locker: Locker, identity: str, *, pages: int = 1, requests: int = 1, size: int = 50
) -> CollectionView | None:
    """One collection by its id, its manifest read from the locker; None when unknown."""
    entry = _entry(identity)
    if entry is None:
        return None
    found = records.collection(entry.path, *locker.manifest(entry.path))
    files = found.manifest.get("files", [])
    table: Mapping[str, Any] = next((file for file in files if file["path"] == layout.TABLE), {})
    listed_pages = found.manifest.get("pages", [])
    listed_requests = found.manifest.get("requests", [])
    return CollectionView(
        collection=found,
        pages=page_of(listed_pages, pages, size).map(_page),
        requests=page_of(listed_requests, requests, size).map(_request),
        bytes=sum(int(file["bytes"]) for file in files),
        table_bytes=int(table.get("bytes", 0)),
        table_sha256=str(table.get("sha256", "")),
        stated=_stated(found.manifest.get("source", {}), listed_requests),
    )


def by_paths(paths: tuple[str, ...]) -> tuple[CollectionRow, ...]:
    """Collections by their folders, in the order of the resources' names."""
    found = CollectionEntry.objects.filter(path__in=paths).order_by("resource", "ended")
    return tuple(row(entry) for entry in found)


def row(entry: CollectionEntry) -> CollectionRow:
    """An index entry as listed."""
    return CollectionRow(
        id=collection_id(entry.path),
        path=entry.path,
        resource=entry.resource,
        subject=entry.subject,
        verdict=Verdict(entry.verdict),
        reason=entry.reason,
        started=entry.started,
        ended=entry.ended,
        rows=entry.rows,
        distinct=entry.distinct,
        count_before=entry.count_before,
        count_after=entry.count_after,
        derived=entry.derived,
        manifest_sha256=entry.manifest_sha256,
        due=entry.due,
        requests=entry.requests,
        retries=entry.retries,
    )


def _entry(identity: str) -> CollectionEntry | None:
    found = CollectionEntry.objects.filter(identity=identity)
    return found.select_related("connection").first()


def _page(found: Mapping[str, Any]) -> PageFile:
    received = found.get("received", {})
    return PageFile(
        number=found["n"],
        file=found["file"],
        rows=found.get("rows"),
        bytes=found["bytes"],
        sha256=found["sha256"],
        received_bytes=received.get("bytes"),
        received_sha256=received.get("sha256", ""),
        removed=found.get("removed", {}),
    )


def _request(found: Mapping[str, Any]) -> RequestRow:
    method = found.get("method", "")
    told = {name: each for name, each in found.items() if name not in _OF_EVERY_REQUEST}
    return RequestRow(
        method=method,
        path=found["path"],
        params=found.get("params", {}),
        status=found.get("status", 0),
        rows=found.get("rows"),
        bytes=found.get("bytes", 0),
        seconds=found.get("seconds", 0.0),
        failures=tuple(found.get("failures", ())),
        page=found.get("page"),
        told={name: each for name, each in told.items() if each and isinstance(each, str | int)}
        if method == _STATED
        else {},
    )


def _stated(source: Mapping[str, Any], requests: Sequence[Mapping[str, Any]]) -> Stated | None:
    """None for what was asked of a console."""
    if "stated_by" not in source:
        return None
    removed: Counter[str] = Counter()
    for each in requests:
        removed.update(each.get("removed", {}))
    sources = dict.fromkeys(str(each["from"]) for each in requests if each.get("from"))
    return Stated(str(source["stated_by"]), tuple(sources), dict(removed))
