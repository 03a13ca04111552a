"""One resource being read into one collection: pages in, rows in, sealed at the end.

Threads may ask and keep pages at the same time; rows are added, and all else is done, by one.
"""

import platform
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from watchkeeper import __version__
from watchkeeper.clock import rfc3339
from watchkeeper.collection import evidence
from watchkeeper.collection.before import Before
from watchkeeper.collection.job import Job, Progress, Step
from watchkeeper.collection.replay import Replay, asked
from watchkeeper.collection.resuming import facts_of
from watchkeeper.collection.splitting import still_to_read
from watchkeeper.errors import ConsoleError, Denied, LockerError, NotLicensed, NotServed
from watchkeeper.locker.earlier import MOST_DIFFERENCES, Earlier, base
from watchkeeper.locker.rows import bind, older
from watchkeeper.locker.stream import Versions, wholes
from watchkeeper.model.collection import Collection, Completeness, Verdict
from watchkeeper.model.resource import Resource
from watchkeeper.model.stream import Kind
from watchkeeper.sentinelone.decode import ResourceDecoder, Rows, page_total
from watchkeeper.sentinelone.exchange import Answer, Book
from watchkeeper.sentinelone.redact import RULES_VERSION

Read = Callable[[bytes], Rows]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Kept:
    """A page that is stored and whose rows are still to be added; `bound` fills bound columns.

    `part` is the place of its walk among several.
    """

    rows: Rows
    bound: Mapping[str, Any] = field(default_factory=dict)
    part: int | None = None


class Reading:
    """A collection in the making.

    `expected` is for progress only; `versions`, where a walk sets it, keeps which records are met.
    """

    def __init__(
        self,
        job: Job,
        resource: Resource,
        *,
        subject: str = "",
        before: Before | None = None,
        tell: Progress | None = None,
    ) -> None:
        """Opens an unsealed collection, or goes on with one that was cut off.

        `tell` is called with every step.
        """
        before = before or Before()
        self.job = job
        self.book = Book()
        self.resource = resource
        self.subject = subject
        self.expected: int | None = None
        self.route = resource.path
        self.derived = False
        self.notes: list[str] = []
        self.facts: dict[str, Any] = {}
        self.older = 0
        self.versions: Versions | None = None
        self._tell = tell
        self._since: datetime | None = None
        self._like: Earlier | None = None
        self._looking = threading.Lock()
        self._decode = ResourceDecoder(resource, single=True)
        self._before = before
        self._replay = Replay(before.records)
        self._held: Answer[Rows] | None = None
        self._decided = dict(before.decided)
        facts = facts_of(job.console, resource, subject) | {"run": job.run}
        if before.records:
            facts["oldest"] = before.oldest
        if before.continues is not None:
            facts["continues"] = before.continues
        self._writer = job.locker.begin(job.connection, resource, facts, before.interrupted)
        for name, value in before.decided.items():
            self._writer.decide(name, value)
        self._unreadable: dict[str, int] = {}
        self._halves = 0
        self._absent: tuple[str, ...] | None = None

    @property
    def rows(self) -> int:
        """Rows received, repeated ones included."""
        return self._writer.rows

    @property
    def distinct(self) -> int:
        """Different keys received."""
        return self._writer.distinct

    def newest(self, resource: str) -> Collection | None:
        """The collection of another resource that this one rests on, waited for while it is read.

        Of this run where it has it, else the newest complete one in the locker. Raises RunEnded
        where the run came to its end meanwhile.
        """
        self.job.await_end(resource, self.resource.name)
        self.job.check()
        return self.job.newest(resource)

    def former(self) -> Iterator[Collection]:
        """The last collections of this resource, newest first; of an incremental one the whole."""
        locker, name = self.job.locker, self.resource.name
        # Read once and not again: those of a large list would fill what is kept at hand.
        listed = (
            partial(locker.newest_first, remember=False)
            if self.resource.incremental is None
            else partial(wholes, locker)
        )
        return islice(listed(self.job.connection, name), MOST_DIFFERENCES + 2)

    @property
    def former_whole(self) -> Collection | None:
        """The newest complete collection of all there is, None when there is none."""
        found = self.former()
        return next((each for each in found if each.complete and not each.subject), None)

    # ------------------------------------------------------------------ asking

    def ask(
        self,
        path: str,
        params: Mapping[str, str],
        read: Read | None = None,
        *,
        bound: Mapping[str, Any] | None = None,
        part: int | None = None,
    ) -> Answer[Rows]:
        """An answer to keep, from before an interruption or from the console.

        `read` makes its rows, without it those of this resource; `bound`, where it is known
        before, and `part` as for `keep`. Raises a ConsoleError.
        """
        read = read or self.read_page
        held, self._held = self._held, None
        if held is not None and asked(path, params) == asked(held.request.path, held.params):
            return held
        earlier = self._replay.take(path, params, bound)
        if earlier is None or "page" not in earlier:
            return self._asked(path, params, read, part)
        page = earlier["page"]
        try:
            text = self.job.locker.pages.text(f"{earlier['folder']}/{page['file']}", page)
        except LockerError as error:
            self.notes.append(f"asked again, as a page of before cannot be read: {error.message}")
            return self._asked(path, params, read, part)
        return evidence.answered(path, params, earlier, read(text))

    def hold(self, answer: Answer[Rows]) -> None:
        """Keeps at hand what was answered already, for who asks the same next."""
        self._held = answer

    def _asked(
        self, path: str, params: Mapping[str, str], read: Read, part: int | None
    ) -> Answer[Rows]:
        """The console's answer, its body as it will be stored."""
        told = self.facts["parts"][part] if part is not None else {}
        body = partial(
            evidence.body,
            resource=self.resource,
            reader=self.job.locker.pages,
            earlier=self._earlier(),
            part=told.get("filter", {}),
        )
        return self.job.console.ask(
            path,
            params,
            read,
            secrets=self.resource.secrets,
            make=body,
            book=self.book,
            urgency=still_to_read(told),
        )

    def glance(self, params: Mapping[str, str], read: Callable[[bytes], T]) -> T:
        """What `read` finds in an answer that is not kept; raises a ConsoleError."""
        console, secrets = self.job.console, self.resource.secrets
        return console.ask(self.route, params, read, secrets=secrets, book=self.book).value

    def count(self, params: Mapping[str, str]) -> tuple[int | None, str, float]:
        """The console's count for these parameters, its `Date` header then, seconds it took."""
        earlier = self._replay.take(self.route, params)
        if earlier is not None:
            request = earlier["request"]
            if "own" not in earlier:
                self._writer.answer(request, taken_over=True)
            return request.get("total"), request.get("date", ""), request["seconds"]
        answer = self.job.console.ask(self.route, params, page_total, book=self.book)
        answer.request.total = answer.value
        self._writer.answer(answer.request.as_json())
        return answer.value, answer.request.date, answer.request.seconds

    def read_page(self, text: bytes) -> Rows:
        """Decodes one answer; on the first page that has rows, notes which fields are missing."""
        rows = self._decode(text, look_for_absent=self._absent is None)
        if self._absent is None and rows.count:
            self._absent = rows.absent
        return rows

    def decided(self, name: str) -> Any:
        """What was decided under that name before an interruption, None when nothing was."""
        return self._decided.get(name)

    def decide(self, name: str, value: object) -> None:
        """Keeps a decision that must be the same when the collection is gone on with."""
        self._decided[name] = value
        self._writer.decide(name, value)

    # ------------------------------------------------------------------ keeping

    def keep(
        self,
        answer: Answer[Rows],
        bound: Mapping[str, Any] | None = None,
        *,
        part: int | None = None,
    ) -> Kept:
        """Stores an answer's body; then it stays, whatever happens. Its rows are not added yet.

        `bound` fills the columns that the walk binds (`@…`); `part` is the place of its walk
        among several.
        """
        rows = answer.value
        if answer.kept is None:
            body: evidence.Body = answer.made
            facts = evidence.page_facts(body, rows, self.resource, bound or {}, part)
            answer.request.rows = rows.count
            page = self._writer.keep(body.form, facts, answer.request.as_json())
            answer.request.page = page["n"]
            answer.request.settle()
        else:
            self._writer.take_over(answer.kept)
        return Kept(rows, bound or {}, part)

    def add(self, kept: Kept) -> int:
        """Adds the rows of a kept page, or rows without a page (inherited or derived ones).

        Returns how many were not met before.
        """
        for name, count in kept.rows.unreadable.items():
            self._unreadable[name] = self._unreadable.get(name, 0) + count
        self._halves += kept.rows.halves
        new = self._writer.add(bind(self.resource, kept.rows.batch, kept.bound))
        if self._since is not None:
            self.older += older(new, self.resource.created, self._since)
        if self.versions is not None:
            self.versions.add(new)
        self.report()
        return int(new.num_rows)

    def take(self, answer: Answer[Rows], bound: Mapping[str, Any] | None = None) -> None:
        """Stores an answer's body and adds its rows."""
        self.add(self.keep(answer, bound))

    def older_than(self, moment: datetime | None) -> None:
        """From now on counts, in `older`, the different records created before that moment."""
        self._since = moment

    def _earlier(self) -> Earlier:
        """What pages are stored against; whoever asks first looks, the others wait for it."""
        # A few changed records lie among all others: there is no page that they differ little from.
        few = self.facts.get("reach", {}).get("kind", Kind.WHOLE) != Kind.WHOLE
        if self.subject or few:
            return Earlier(None)
        with self._looking:
            if self._like is None:
                self._like = Earlier(base(self.former()))
            return self._like

    def report(self, verdict: Verdict | None = None, reason: str = "") -> None:
        """Tells whoever listens how far it is."""
        if self._tell is not None:
            step = Step(
                self.resource, self._writer.pages, self.distinct, self.expected, verdict, reason
            )
            self._tell(step)

    # ------------------------------------------------------------------ sealing

    def seal(self, completeness: Completeness) -> Collection:
        """Seals what was read with its verdict."""
        notes = [*completeness.notes, *self.notes]
        if self._unreadable:
            told = ", ".join(f"{name} ({count})" for name, count in self._unreadable.items())
            notes.append(f"values of an unexpected type became null: {told}")
        if self._halves:
            notes.append(
                f"{self._halves} halves of a character stood alone, as in a text that was cut: read"
                " as U+FFFD, and stored as received"
            )
        completeness = replace(completeness, notes=tuple(notes))
        collection = self._writer.seal(self._record(), completeness, self._unreadable)
        self.job.collected[self.resource.name] = collection
        self.report(completeness.verdict, completeness.reason)
        return collection

    def seal_failed(self, error: ConsoleError) -> Collection:
        """Seals what there is with the error's words as the reason."""
        offered = not isinstance(error, NotLicensed | NotServed)
        if not offered and self.resource.optional and self.rows == 0:
            verdict, reason = Verdict.UNLICENSED, error.message
        elif isinstance(error, Denied) and self.rows == 0:
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

    def leave(self) -> None:
        """Leaves the collection unsealed, for whoever goes on with it."""
        self._writer.leave()

    def note_error(self, error: ConsoleError) -> None:
        """Keeps what the console said, bounded and without the token."""
        self.facts["error"] = {
            "kind": type(error).__name__,
            "status": error.status,
            "excerpt": error.excerpt,
        }

    def _record(self) -> dict[str, Any]:
        console = self.job.console
        server = self.book.time
        removed = self._writer.removed
        record: dict[str, Any] = {
            "run": self.job.run,
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
            "parameters": [list(each) for each in self.resource.parameters],
            "route": self.route,
            "derived": self.derived,
            "time": {
                "source_date_first": rfc3339(server.first) if server.first else None,
                "source_date_last": rfc3339(server.last) if server.last else None,
                "clock_offset_ms": server.offset_ms,
            },
            "requests": [request.told() for request in self.book.requests],
            "transform": {
                "kind": "redacted" if removed else "none",
                "rules_version": RULES_VERSION,
                "removed": removed,
            },
            "absent_fields": list(self._absent or ()),
        }
        if self.resource.name in self.job.due and not self.subject:
            record["due"] = rfc3339(self.job.due[self.resource.name])
        if self._before.records:
            record["time"]["oldest"] = self._before.oldest
        if self._before.continues is not None:
            record["continues"] = self._before.continues
        return record | self.facts
