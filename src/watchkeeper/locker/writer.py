"""A collection being written: pages, rows, and at the end the manifest that seals it."""

import itertools
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

import msgspec
import pyarrow as pa
import uuid_utils

from watchkeeper.clock import Clock, rfc3339
from watchkeeper.errors import LockerError
from watchkeeper.locker import layout, records, tables
from watchkeeper.locker.journal import Interrupted, Journal
from watchkeeper.locker.pages import Form
from watchkeeper.locker.pieces import Written
from watchkeeper.locker.store import Store
from watchkeeper.model.collection import Collection, Completeness
from watchkeeper.model.resource import Resource

_LONGEST_WRITE = 60.0  # seconds
_STORING = msgspec.Raw(b"")  # the record of a page that is not there yet


class Sealer(Protocol):
    """What a writer needs of the locker that it writes to."""

    store: Store
    clock: Clock

    def seal(
        self, kind: str, folder: str, manifest: dict[str, Any], files: Iterable[Written]
    ) -> tuple[bytes, str]:
        """Writes the manifest and the log entry; returns the manifest and its SHA-256 (hex)."""


class CollectionWriter:
    """A collection being written. Leave it unsealed and whoever comes next may go on with it.

    `keep`, `answer` and `decide` may be called by several threads; rows are added by one.
    """

    def __init__(
        self,
        locker: Sealer,
        connection: str,
        resource: Resource,
        facts: Mapping[str, Any],
        interrupted: Interrupted | None,
    ) -> None:
        """Opens the table; pages and rows follow. `interrupted` is gone on with."""
        self.resource = resource
        self.connection = connection
        self.id = interrupted.id if interrupted else str(uuid_utils.uuid7())
        now = locker.clock.now()
        self.started = datetime.fromisoformat(interrupted.facts["started"]) if interrupted else now
        self.folder = layout.collection_folder(connection, resource.name, self.started, self.id)
        self._locker = locker
        self._idle = threading.Condition()
        self._keeping = 0
        self._left = False
        self._numbers = itertools.count(1)
        self._pages: dict[int, msgspec.Raw] = {}
        self._removed: Counter[str] = Counter()
        # Pages of before the interruption, until the walk comes to them again.
        self._waiting: dict[int, dict[str, Any]] = {}
        self._requests: list[msgspec.Raw] = []
        self._sittings: list[str] = []
        if interrupted is not None:
            self._waiting = {record["page"]["n"]: record for record in interrupted.pages}
            before = (*interrupted.answers, *interrupted.pages)
            self._requests = [records.as_json(record["request"]) for record in before]
            for record in interrupted.pages:
                self._removed.update(record["page"].get("removed", {}))
            self._sittings = [*interrupted.facts.get("sittings", []), rfc3339(now)]
        self._table = tables.TableWriter(resource, locker.store, f"{self.folder}/{layout.TABLE}")
        self._journal = Journal(locker.store, self.id, interrupted)
        about = {
            "connection": connection,
            "resource": resource.name,
            "folder": self.folder,
            "started": rfc3339(self.started),
            "sittings": self._sittings,
            **facts,
        }
        try:
            self._journal.begin(about)
        except BaseException:
            self._journal.let_go()
            raise

    @property
    def rows(self) -> int:
        """Rows received so far, repeated ones included."""
        return self._table.rows

    @property
    def distinct(self) -> int:
        """Different keys so far."""
        return self._table.distinct

    @property
    def removed(self) -> dict[str, int]:
        """By key: how many secrets were overwritten in all pages."""
        return dict(self._removed)

    @property
    def pages(self) -> int:
        """Pages stored so far."""
        return len(self._pages)

    def keep(
        self, form: Form, facts: Mapping[str, Any], request: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Stores a page as the next one; returns its record as the manifest will hold it.

        When this returns the page is there to stay: an interrupted collection goes on after it.
        Raises LockerError once the collection was left.
        """
        with self._writing():
            with self._idle:
                number = self._next()
                self._pages[number] = _STORING
            return self._store(number, form, facts, request)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Something is written in the block, which whoever ends this waits for.

        Raises LockerError once the collection was left or is sealed: the journal is another's
        then, or nobody's.
        """
        with self._idle:
            if self._left:
                raise LockerError(f"{self.folder} is no longer written by this walk.")
            self._keeping += 1
        try:
            yield
        finally:
            with self._idle:
                self._keeping -= 1
                self._idle.notify_all()

    def _end_writing(self) -> None:
        """From now on nothing is written but by who ends this."""
        with self._idle:
            self._left = True
            self._idle.wait_for(lambda: self._keeping == 0, timeout=_LONGEST_WRITE)

    def take_over(self, record: Mapping[str, Any]) -> None:
        """Counts a page that was stored before as one of this collection's.

        `record` holds the `page` and its `request`, and the `folder` it lies in: this collection's
        own or, where the console broke off the one before, that one's. Raises LockerError once the
        collection was left.
        """
        page = record["page"]
        with self._writing():
            with self._idle:
                own = self._waiting.get(page["n"])
                if own is not None and own["page"] is page:
                    del self._waiting[page["n"]]
                    self._pages[page["n"]] = records.as_json(page)
                    return
                number = self._next()
                taken = {**page, "n": number, "in": record["folder"]}
                self._count(number, taken)
                told = {**record["request"], "page": number}
                self._requests.append(records.as_json(told))
            self._journal.page(number, {"page": taken, "request": told})

    def _next(self) -> int:
        """The number of the next page."""
        used = (self._pages, self._waiting)
        return next(each for each in self._numbers if not any(each in some for some in used))

    def _store(
        self, number: int, form: Form, facts: Mapping[str, Any], request: Mapping[str, Any]
    ) -> dict[str, Any]:
        name = layout.page_name(number, form.ending)
        page: dict[str, Any] = {"n": number, "file": name, **facts, **form.facts}
        page |= {"bytes": len(form.data), "sha256": form.sha256}
        self._journal.page(number, {"page": page, "request": {**request, "page": number}})
        self._locker.store.put_new(f"{self.folder}/{name}", form.data)
        with self._idle:
            self._count(number, page)
        return page

    def _count(self, number: int, page: Mapping[str, Any]) -> None:
        self._pages[number] = records.as_json(page)
        self._removed.update(page.get("removed", {}))

    def answer(self, request: Mapping[str, Any], *, taken_over: bool = False) -> None:
        """Records the request of an answer that is no page; raises LockerError once it was left.

        One that was taken over from another collection is told among this one's requests.
        """
        with self._writing():
            if taken_over:
                with self._idle:
                    self._requests.append(records.as_json(request))
            self._journal.answer({"request": dict(request)})

    def decide(self, name: str, value: object) -> None:
        """Records what the walk decided once, to be decided again if it is interrupted."""
        self._journal.decide(name, value)

    def add(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Adds rows with every column of the resource; returns those whose key was new."""
        return self._table.add(batch)

    def leave(self) -> None:
        """Lets another process go on with this collection, or this one later.

        A page that is being stored is stored to its end first; none begins after that.
        """
        self._end_writing()
        self._journal.let_go()

    def seal(
        self,
        record: Mapping[str, Any],
        completeness: Completeness,
        unreadable: Mapping[str, int] | None = None,
    ) -> Collection:
        """Ends the table, writes the manifest and the log entry, removes the journal.

        `record` holds what the collector knows (console, requests, route …); `unreadable` how
        many values of a column could not be read and became null.
        """
        self._end_writing()
        lost = dict(unreadable or {})
        if self._table.keyless:
            key = self.resource.key
            lost[key] = lost.get(key, 0) + self._table.keyless
        table = self._table.close()
        if self._sittings:
            # Not before: what is left of a former sitting in this process may still be open, and
            # would remove ours by the name that it had.
            self._locker.store.remove_staged(self.folder)
        ended = self._locker.clock.now()
        pages = [page for _, page in sorted(self._pages.items()) if page]
        unused = [records.as_json(record["page"]) for _, record in sorted(self._waiting.items())]
        times: dict[str, Any] = {"started": rfc3339(self.started), "ended": rfc3339(ended)}
        if self._sittings:
            times["resumed"] = self._sittings
        manifest = {
            "schema": records.COLLECTION_SCHEMA,
            "id": self.id,
            "connection": self.connection,
            "resource": self.resource.name,
            **record,
            "requests": [*self._requests, *record.get("requests", ())],
            "pages": pages,
            **({"unused": unused} if unused else {}),
            "time": times | dict(record.get("time", {})),
            "completeness": records.completeness_as_json(completeness),
            "table": {
                "file": layout.TABLE,
                "rows": self.distinct,
                "columns": [column.name for column in self.resource.columns],
                "personal": list(self.resource.personal_columns),
                "unparsable": lost,
            },
        }
        lie = map(_lying.decode, (*pages, *unused))
        files = [
            Written(f"{self.folder}/{page.file}", page.bytes, page.sha256)
            for page in lie
            if not page.elsewhere
        ]
        sealed = self._locker.seal("collection", self.folder, manifest, [*files, table])
        self._journal.close()
        return records.collection(self.folder, *sealed)


class _Lying(msgspec.Struct, rename={"elsewhere": "in"}):
    """Where a page lies: its file, in another collection's folder where `elsewhere` names it."""

    file: str
    bytes: int
    sha256: str
    elsewhere: str = ""


_lying = msgspec.json.Decoder(_Lying)
