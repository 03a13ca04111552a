"""Runs that are under way: `open/run-<id>/run.json`, removed when a run has ended.

A run that was cut off between two collections leaves no unsealed collection to tell of it. This
note does, so that what the run had sealed need not be read again. It is no evidence.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from watchkeeper.errors import LockerError
from watchkeeper.locker import layout
from watchkeeper.locker.journal import discard
from watchkeeper.locker.store import Claim, Store

_ABOUT = "run.json"
_FOLDER = f"{layout.OPEN}/run-"


@dataclass(slots=True)
class OpenRun:
    """A run's note, held by this process. `facts` says what the run is."""

    id: str
    facts: Mapping[str, Any]
    store: Store
    claim: Claim

    @classmethod
    def begin(cls, store: Store, run: str, facts: Mapping[str, Any]) -> "OpenRun":
        """Notes that a run has begun; raises LockerError."""
        folder = f"{_FOLDER}{run}"
        claim = store.claim(folder, new=True)
        if claim is None:
            raise LockerError(f"{folder} belongs to another process.")
        try:
            store.put_open(f"{folder}/{_ABOUT}", json.dumps(dict(facts)).encode())
        except BaseException:
            claim.release()
            raise
        return cls(run, facts, store, claim)

    def end(self) -> None:
        """Removes the note: the run went through, or is given up."""
        discard(self.store, f"{_FOLDER}{self.id}")
        self.claim.release()

    def leave(self) -> None:
        """Leaves the run to whoever goes on with it."""
        self.claim.release()


def cut_off(store: Store, connection: str) -> list[OpenRun]:
    """The runs of a connection whose process is gone, by age, claimed for the caller.

    Damaged notes are removed. Whoever gets a run ends it or leaves it.
    """
    found: list[OpenRun] = []
    try:
        for folder in sorted(store.folders(layout.OPEN)):
            if folder.startswith(_FOLDER):
                one = _claimed(store, folder, connection)
                if one is not None:
                    found.append(one)
    except BaseException:
        for each in found:
            each.leave()
        raise
    return found


def _claimed(store: Store, folder: str, connection: str) -> OpenRun | None:
    path = f"{folder}/{_ABOUT}"
    if not store.exists(path) or _facts(store, path).get("connection", connection) != connection:
        return None
    claim = store.claim(folder)
    if claim is None:
        return None
    run = OpenRun(folder.removeprefix(_FOLDER), {}, store, claim)
    try:
        if store.exists(path):  # else its process ended it in this moment
            run.facts = _facts(store, path)
        if run.facts.get("connection") != connection:
            run.end()
            return None
    except BaseException:
        run.leave()
        raise
    return run


def _facts(store: Store, path: str) -> Mapping[str, Any]:
    """What a note says; empty when it is damaged."""
    try:
        facts = json.loads(store.get(path))
    except (LockerError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}
