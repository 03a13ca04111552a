"""One question and its answer, as the client hands them on and the manifest tells them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec

from watchkeeper.sentinelone import paging
from watchkeeper.sentinelone.address import API_BASE
from watchkeeper.sentinelone.transport import Received

T = TypeVar("T")


@dataclass(slots=True)
class Request:
    """One request as the manifest tells it.

    `failures` are the tries that brought nothing; `date` is the console's own clock when it
    answered; `total` is the number it counted, None where it counted nothing; `sent` is how often
    it was asked.
    """

    path: str
    params: dict[str, str]
    status: int = 0
    rows: int | None = None
    bytes: int = 0
    seconds: float = 0.0
    request_id: str = ""
    failures: list[str] = field(default_factory=list)
    page: int | None = None
    date: str = ""
    total: int | None = None
    sent: int = 0
    _settled: msgspec.Raw | None = field(default=None, init=False, repr=False, compare=False)

    def settle(self) -> None:
        """Keeps of it nothing but what `told` gives: a large list has thousands of requests."""
        self._settled = self.told()
        self.params, self.failures, self.request_id, self.date = {}, [], "", ""

    def told(self) -> msgspec.Raw:
        """The request as the manifest tells it, as JSON. Another thread may settle it meanwhile."""
        told = msgspec.Raw(msgspec.json.encode(self.as_json()))
        return self._settled or told  # which is there before anything is let go

    def as_json(self) -> dict[str, Any]:
        """The same as values, until it is settled; a cursor is only told by its digest."""
        asked = self.params
        params = {key: value for key, value in asked.items() if key != "cursor"}
        told: dict[str, Any] = {"method": "GET", "path": API_BASE + self.path, "params": params}
        if "cursor" in asked:
            told["cursor_sha256"] = paging.cursor_digest(asked["cursor"])
        told |= {"status": self.status, "bytes": self.bytes, "seconds": round(self.seconds, 4)}
        for name in ("rows", "request_id", "failures", "page", "date"):
            if value := getattr(self, name):
                told[name] = value
        if self.total is not None:
            told["total"] = self.total
        return told


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A success: `received` as it came, `text` without secrets, `value` what was read of that.

    `removed` says how many secrets there were, by key. `made` is what whoever asked made of all
    this. `kept` tells of the page where it was stored before (its `folder`, `page` and `request`):
    the walk goes on after an interruption and the console was not asked again. With either, the
    body of `received` and the `text`, which may take megabytes, are empty.
    """

    received: Received
    text: bytes
    value: T
    request: Request
    params: Mapping[str, str]
    removed: Mapping[str, int] = field(default_factory=dict)
    made: Any = None
    kept: Mapping[str, Any] | None = None


@dataclass(slots=True)
class ServerTime:
    """The console's own clock, from its `Date` headers; offsets are console minus here, in ms."""

    first: datetime | None = None
    last: datetime | None = None
    offset_ms: int | None = None

    def note(self, told: datetime, here: datetime) -> None:
        """Takes in what an answer told, and when it was read by the clock of this machine."""
        if self.first is None:
            self.first = told
            self.offset_ms = round((told - here).total_seconds() * 1000)
        self.last = told


@dataclass(slots=True)
class Book:
    """What was asked for one purpose: its requests as they were sent, and the console's clock then.

    Requests that brought nothing, and the probes that followed them, are among them.
    """

    requests: list[Request] = field(default_factory=list)
    time: ServerTime = field(default_factory=ServerTime)
