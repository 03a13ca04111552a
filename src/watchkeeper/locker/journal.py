"""What a collection in the making has so far, so that one interrupted goes on.

    open/<id>/collection.json     what it is: connection, resource, run, where its folder is
    open/<id>/page-00001.json     the record of a stored page and of the request that brought it
    open/<id>/answer-00001.json   a count that was answered
    open/<id>/fact-window.json    what the walk decided once and must decide again

It is no evidence and is removed when the collection is sealed. A record is written before the page
it tells of, so a page without a record is impossible, and a record without a page is ignored.

A journal may outlive its writer, so it is believed only where it agrees with what it tells of: one
whose collection is sealed, that is damaged, or whose pages are not what was stored is given up.
"""

import hashlib
import itertools
import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from watchkeeper.errors import LockerError
from watchkeeper.locker import layout
from watchkeeper.locker.store import Claim, Store

_ABOUT = "collection.json"


@dataclass(slots=True)
class Interrupted:
    """A collection whose writer is gone: `facts` says what it is, the rest is what it had.

    `pages` and `answers` are in the order in which they were recorded; `answered` is the number
    of the last answer.
    """

    id: str
    facts: dict[str, Any]
    pages: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    decided: dict[str, Any] = field(default_factory=dict)
    answered: int = 0
    claim: Claim | None = None

    def release(self) -> None:
        """Lets others have it; nothing happens where it was already let go."""
        if self.claim is not None:
            self.claim.release()


class Journal:
    """The journal of one collection that this process writes. Threads may share it."""

    def __init__(self, store: Store, identity: str, interrupted: Interrupted | None = None) -> None:
        """The claim of an interrupted one is taken over; a new journal takes its own."""
        self._store = store
        self._folder = f"{layout.OPEN}/{identity}"
        self._claim = interrupted.claim if interrupted else store.claim(self._folder, new=True)
        self._numbers = itertools.count(interrupted.answered + 1 if interrupted else 1)
        self._lock = threading.Lock()

    def begin(self, facts: Mapping[str, Any]) -> None:
        """Says what is being collected."""
        self._put(_ABOUT.removesuffix(".json"), facts)

    def page(self, number: int, record: Mapping[str, Any]) -> None:
        """Records a page that is about to be stored."""
        self._put(f"page-{number:05d}", record)

    def answer(self, record: Mapping[str, Any]) -> None:
        """Records an answer that is no page."""
        with self._lock:
            number = next(self._numbers)
        self._put(f"answer-{number:05d}", record)

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
        data = json.dumps(record, ensure_ascii=False).encode()
        self._store.put_open(f"{self._folder}/{name}.json", data)


def interrupted(store: Store, connection: str) -> list[Interrupted]:
    """The collections of a connection whose writers are gone, claimed for the caller, by age.

    Whoever gets them goes on with each, or discards it, or lets its claim go.
    """
    found: list[Interrupted] = []
    try:
        for folder in sorted(store.folders(layout.OPEN)):
            one = _claimed(store, folder, connection)
            if one is not None:
                found.append(one)
    except BaseException:
        for each in found:
            each.release()
        raise
    return found


def discard(store: Store, folder: str) -> None:
    """Removes a journal: nothing of it is evidence."""
    store.remove_open([path for path, _ in store.files(folder)])


def _claimed(store: Store, folder: str, connection: str) -> Interrupted | None:
    """The collection of a journal; None when it is another's, or was given up just now."""
    facts = _about(store, folder)
    if facts is None or facts.get("connection", connection) != connection:
        return None
    claim = store.claim(folder)
    if claim is None:
        return None
    try:
        facts = _about(store, folder)  # it may have been sealed while it was claimed
        found = _read(store, folder, facts) if facts is not None else None
        if found is None:
            discard(store, folder)
            claim.release()
            return None
    except BaseException:
        claim.release()
        raise
    found.claim = claim
    return found


def _about(store: Store, folder: str) -> dict[str, Any] | None:
    """What a journal says it is: None when it does not say it, empty when that is damaged."""
    path = f"{folder}/{_ABOUT}"
    if not store.exists(path):
        return None  # it has just begun, or has just ended
    try:
        facts = json.loads(store.get(path))
    except (LockerError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}


def _read(store: Store, folder: str, facts: dict[str, Any]) -> Interrupted | None:
    """A journal as it lies there; None when it cannot be gone on with."""
    identity = folder.rsplit("/", 1)[1]
    try:
        started = datetime.fromisoformat(facts["started"])
        place = layout.collection_folder(facts["connection"], facts["resource"], started, identity)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    if facts.get("folder") != place or store.exists(f"{place}/{layout.MANIFEST}"):
        return None
    # A marker of a seal that never came to its manifest would keep the next one from its own.
    store.remove_pending(f"{layout.PENDING}/{identity}.json")
    one = Interrupted(identity, facts)
    try:
        for path, _ in sorted(store.files(folder)):
            _take(one, path.rsplit("/", 1)[1], store.get(path))
    except (LockerError, ValueError, KeyError, msgspec.ValidationError):
        return None
    return one if _agrees(store, place, one) else None


def _take(one: Interrupted, name: str, data: bytes) -> None:
    """Adds one record of a journal; raises ValueError and the like where it is damaged."""
    record = json.loads(data)
    if name.startswith("page-"):
        msgspec.convert(record, _Page)
        one.pages.append(record)
    elif name.startswith("answer-"):
        msgspec.convert(record, _Answer)
        one.answers.append(record)
        one.answered = max(one.answered, int(name[len("answer-") : -len(".json")]))
    elif name.startswith("fact-"):
        one.decided[record["name"]] = record["value"]


def _agrees(store: Store, place: str, one: Interrupted) -> bool:
    """Whether every page is as it was recorded; records without a page are left out."""
    stored = {path for path, _ in store.files(place)}
    told: set[str] = set()
    there: list[dict[str, Any]] = []
    for record in one.pages:
        page = record["page"]
        path = f"{page.get('in', place)}/{page['file']}"
        if "in" not in page and path not in stored:
            continue  # cut between the record and its page
        with suppress(LockerError):
            if hashlib.sha256(store.get(path)).hexdigest() == page["sha256"]:
                told.add(path)
                there.append(record)
                continue
        return False
    one.pages = there
    return stored - told <= {f"{place}/{layout.TABLE}"}


class _Told(msgspec.Struct):
    """A request, as far as going on with it needs."""

    path: str
    params: dict[str, str]


class _Stored(msgspec.Struct):
    """A page, as far as going on with it needs."""

    n: int
    file: str
    sha256: str
    bytes: int
    rows: int
    status: int
    received: dict[str, Any]


class _Page(msgspec.Struct):
    page: _Stored
    request: _Told


class _Answer(msgspec.Struct):
    request: _Told
