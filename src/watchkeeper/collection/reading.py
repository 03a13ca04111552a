"""One resource being read into one collection: pages in, rows in, sealed at the end."""

import gzip
import hashlib
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from watchkeeper import __version__
from watchkeeper.clock import rfc3339
from watchkeeper.errors import ConsoleError, Denied
from watchkeeper.locker.locker import Locker
from watchkeeper.model.collection import Collection, Completeness, Verdict
from watchkeeper.model.resource import Resource
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.decode import ResourceDecoder, Rows
from watchkeeper.sentinelone.exchange import Answer
from watchkeeper.sentinelone.redact import RULES_VERSION, redact

Progress = Callable[["Step"], None]


@dataclass(frozen=True, slots=True)
class Step:
    """How far a resource is: `expected` is None while unknown; `verdict` is set at its end."""

    resource: Resource
    pages: int
    rows: int
    expected: int | None
    verdict: Verdict | None = None
    reason: str = ""


@dataclass(slots=True)
class Job:
    """What the collections of one run share."""

    console: Console
    locker: Locker
    connection: str
    trigger: str = "command line"
    on_progress: Progress | None = None
    system_version: str = ""
    collected: dict[str, Collection] = field(default_factory=dict)

    def newest(self, resource: str) -> Collection | None:
        """This run's collection of a resource, else the newest complete one in the locker."""
        if resource in self.collected:
            return self.collected[resource]
        complete = [
            found
            for found in self.locker.collections(self.connection, resource)
            if found.complete and not found.subject
        ]
        return complete[-1] if complete else None


class Reading:
    """A collection in the making. `expected` is for progress only."""

    def __init__(self, job: Job, resource: Resource) -> None:
        """Opens an unsealed collection."""
        self.job = job
        self.resource = resource
        self.expected: int | None = None
        self.route = resource.path
        self.derived = False
        self.subject = ""
        self.notes: list[str] = []
        self.facts: dict[str, Any] = {}
        self.decode = ResourceDecoder(resource, single=True)
        self._writer = job.locker.begin(job.connection, resource)
        self._pages: list[dict[str, Any]] = []
        self._removed: dict[str, int] = {}
        self._unreadable: dict[str, int] = {}
        self._absent: tuple[str, ...] | None = None
        job.console.take_requests()
        job.console.take_notes()

    @property
    def rows(self) -> int:
        """Rows received, repeated ones included."""
        return self._writer.rows

    @property
    def distinct(self) -> int:
        """Different keys received."""
        return self._writer.distinct

    def read_page(self, text: bytes) -> Rows:
        """Decodes one answer; on the first page that has rows, notes which fields are missing."""
        rows = self.decode(text, look_for_absent=self._absent is None)
        if self._absent is None and rows.count:
            self._absent = rows.absent
        return rows

    def take(
        self,
        answer: Answer[Rows],
        bound: Mapping[str, Any] | None = None,
        *,
        row: Callable[[Any], str] | None = None,
    ) -> list[int]:
        """Stores an answer's body and adds its rows; returns the positions of new keys.

        `bound` fills the columns that the walk binds (`@…`); `row` makes `@row` from a
        record's own id.
        """
        number = self._store(answer, bound or {})
        answer.request.page = number
        answer.request.rows = answer.value.count
        for name, count in answer.value.unreadable.items():
            self._unreadable[name] = self._unreadable.get(name, 0) + count
        new = self.add(answer.value, bound or {}, row=row)
        self.report()
        return new

    def add(
        self,
        rows: Rows,
        bound: Mapping[str, Any],
        *,
        row: Callable[[Any], str] | None = None,
    ) -> list[int]:
        """Adds rows without a page of their own (inherited or derived ones)."""
        columns = dict(rows.columns)
        for column in self.resource.columns:
            if column.path == "@row" and row is not None:
                columns[column.name] = [row(value) for value in rows.columns["event_id"]]
            elif column.path.startswith("@"):
                columns[column.name] = [bound.get(column.path[1:])] * rows.count
        return self._writer.add_rows(columns)

    def report(self, verdict: Verdict | None = None, reason: str = "") -> None:
        """Tells whoever listens how far it is."""
        if self.job.on_progress is not None:
            step = Step(
                self.resource, len(self._pages), self.distinct, self.expected, verdict, reason
            )
            self.job.on_progress(step)

    def seal(self, completeness: Completeness) -> Collection:
        """Seals what was read with its verdict."""
        console = self.job.console
        notes = [*completeness.notes, *self.notes, *console.take_notes()]
        if self._unreadable:
            told = ", ".join(f"{name} ({count})" for name, count in self._unreadable.items())
            notes.append(f"values of an unexpected type became null: {told}")
        completeness = Completeness(
            completeness.verdict,
            completeness.reason,
            completeness.rows,
            completeness.distinct,
            completeness.count_before,
            completeness.count_after,
            tuple(notes),
        )
        collection = self._writer.seal(self._record(), completeness, self._unreadable)
        self.job.collected[self.resource.name] = collection
        self.report(completeness.verdict, completeness.reason)
        return collection

    def seal_failed(self, error: ConsoleError) -> Collection:
        """Seals what there is with the error's words as the reason."""
        if isinstance(error, Denied) and self.rows == 0:
            verdict = Verdict.DENIED
            needed = self.resource.permission
            reason = (
                f"{error.message} The permission it needs is {needed}." if needed else error.message
            )
        else:
            verdict = Verdict.INCOMPLETE if self.rows else Verdict.FAILED
            reason = error.message
        self.note_error(error)
        return self.seal(Completeness(verdict, reason, self.rows, self.distinct, None, None))

    def note_error(self, error: ConsoleError) -> None:
        """Keeps what the console said, bounded and without the token."""
        self.facts["error"] = {
            "kind": type(error).__name__,
            "status": error.status,
            "excerpt": error.excerpt,
        }

    # ------------------------------------------------------------------ evidence

    def _store(self, answer: Answer[Rows], bound: Mapping[str, Any]) -> int:
        """Stores the body as received, unless it holds a secret or came uncompressed."""
        received = answer.received
        text, removed = redact(answer.text, self.resource.secrets)
        token = self.job.console.token.secret.encode()
        if token in text:
            removed = removed | {"the token itself": text.count(token)}
            text = text.replace(token, b"***")
        if removed or received.encoding in {"", "identity"}:
            stored = gzip.compress(text, compresslevel=4, mtime=0)
        else:
            stored = received.body
        written = self._writer.add_page(stored)
        number = len(self._pages) + 1
        page: dict[str, Any] = {
            "n": number,
            "file": written.path.rsplit("/", 1)[1],
            "status": received.status,
            "rows": answer.value.count,
            "bytes": written.bytes,
            "sha256": written.sha256,
            "received": {
                "encoding": received.encoding or "identity",
                "bytes": len(received.body),
                "sha256": hashlib.sha256(received.body).hexdigest(),
            },
        }
        if bound:
            page["bound"] = dict(bound)
        if removed:
            page["removed"] = removed
            for key, count in removed.items():
                self._removed[key] = self._removed.get(key, 0) + count
        self._pages.append(page)
        return number

    def _record(self) -> dict[str, Any]:
        console = self.job.console
        server = console.server_time
        record: dict[str, Any] = {
            "subject": self.subject,
            "source": {
                "vendor": "SentinelOne",
                "console": console.address.url,
                "api": "v2.1",
                "system_version": self.job.system_version,
            },
            "collector": {
                "name": "watchkeeper",
                "version": __version__,
                "host": platform.node(),
                "token_fingerprint": console.token.fingerprint,
                "trigger": self.job.trigger,
            },
            "permission": self.resource.permission,
            "route": self.route,
            "derived": self.derived,
            "time": {
                "source_date_first": rfc3339(server.first) if server.first else None,
                "source_date_last": rfc3339(server.last) if server.last else None,
                "clock_offset_ms": server.offset_ms,
            },
            "pages": self._pages,
            "requests": [request.as_json() for request in console.take_requests()],
            "transform": {
                "kind": "redacted" if self._removed else "none",
                "rules_version": RULES_VERSION,
                "removed": self._removed,
            },
            "absent_fields": list(self._absent or ()),
        }
        return record | self.facts
