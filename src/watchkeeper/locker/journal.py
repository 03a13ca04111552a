"""What a collection in the making has so far, so that one interrupted goes on.

    open/<id>/collection.json     what it is: connection, resource, run, where its folder is
    open/<id>/page-00001.json     the record of a stored page and of the request that brought it
    open/<id>/answer-00001.json   a count that was answered
    open/<id>/fact-window.json    what the walk decided once and must decide again

It is no evidence and is removed when the collection is sealed. A record is written before the page
it tells of, so a page without a record is impossible, and a record without a page is ignored.
"""

import itertools
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from watchkeeper.errors import LockerError
from watchkeeper.locker import layout
from watchkeeper.locker.store import Claim, Store


@dataclass(slots=True)
class Interrupted:
    """A collection whose writer is gone: `facts` says what it is, the rest is what it had.

    `pages` and `answers` are in the order in which they were recorded.
    """

    id: str
    facts: dict[str, Any]
    pages: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    decided: dict[str, Any] = field(default_factory=dict)
    claim: Claim | None = None


class Journal:
    """The journal of one collection that this process writes. Threads may share it."""

    def __init__(self, store: Store, identity: str, claim: Claim | None = None) -> None:
        """`claim` is taken over from an interrupted one; a new journal takes its own."""
        self._store = store
        self._folder = f"{layout.OPEN}/{identity}"
        self._claim = claim or store.claim(self._folder)
        self._names: set[str] = set()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def begin(self, facts: Mapping[str, Any]) -> None:
        """Says what is being collected."""
        self._put("collection", facts)

    def page(self, number: int, record: Mapping[str, Any]) -> None:
        """Records a page that is about to be stored."""
        self._put(f"page-{number:05d}", record)

    def answer(self, record: Mapping[str, Any]) -> None:
        """Records an answer that is no page."""
        with self._lock:
            name = f"answer-{next(self._numbers):05d}"
            while name in self._names:
                name = f"answer-{next(self._numbers):05d}"
        self._put(name, record)

    def decide(self, name: str, value: object) -> None:
        """Records what was decided once."""
        self._put(f"fact-{name}", {"name": name, "value": value})

    def close(self) -> None:
        """Removes the journal: the collection is sealed, or given up."""
        discard(self._store, self._folder)
        self.let_go()

    def let_go(self) -> None:
        """Leaves the journal to whoever goes on with the collection."""
        if self._claim is not None:
            self._claim.release()

    def _put(self, name: str, record: Mapping[str, Any]) -> None:
        self._names.add(name)
        data = json.dumps(record, ensure_ascii=False).encode()
        self._store.put_open(f"{self._folder}/{name}.json", data)


def interrupted(store: Store, connection: str) -> list[Interrupted]:
    """The collections of a connection whose writers are gone, claimed for the caller, by age.

    Whoever gets them goes on with each, or discards it, or lets its claim go.
    """
    found: list[Interrupted] = []
    for folder in sorted(store.folders(layout.OPEN)):
        try:
            facts = json.loads(store.get(f"{folder}/collection.json"))
        except (LockerError, ValueError):
            continue  # cut while it began, or sealed in this moment
        if facts.get("connection") != connection:
            continue
        claim = store.claim(folder)
        if claim is not None:
            found.append(_read(store, folder, facts, claim))
    return found


def _read(store: Store, folder: str, facts: dict[str, Any], claim: Claim) -> Interrupted:
    identity = folder.rsplit("/", 1)[1]
    one = Interrupted(identity, facts, claim=claim)
    stored = {path for path, _ in store.files(str(facts["folder"]))}
    for path, _ in sorted(store.files(folder)):
        name = path.rsplit("/", 1)[1]
        try:
            record = json.loads(store.get(path)) if name.endswith(".json") else {}
        except (LockerError, ValueError):
            continue  # cut while being written: what it would tell of was not stored
        if name.startswith("page-"):
            page = record["page"]
            if "in" in page or f"{facts['folder']}/{page['file']}" in stored:
                one.pages.append(record)
        elif name.startswith("answer-"):
            one.answers.append(record)
        elif name.startswith("fact-"):
            one.decided[record["name"]] = record["value"]
    return one


def discard(store: Store, folder: str) -> None:
    """Removes a journal: nothing of it is evidence."""
    store.remove_open([path for path, _ in store.files(folder)])
