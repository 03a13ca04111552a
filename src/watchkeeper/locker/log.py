"""The log: one numbered entry per seal, each holding the digest of the one before.

An entry is created only if absent, so two writers cannot take one number. A removed collection,
or a removed entry, shows as a gap. Whoever can write the whole locker could still rebuild the
chain: keep the head (number and digest) that `verify` prints somewhere else.
"""

import hashlib
import json
import threading
from dataclasses import dataclass

from watchkeeper.errors import AlreadyThere, LockerError
from watchkeeper.locker import layout
from watchkeeper.locker.store import Store
from watchkeeper.locker.unlike import unlike

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One seal: `path` is the manifest's, `previous` and `sha256` are hex digests."""

    number: int
    kind: str
    path: str
    manifest_sha256: str
    previous: str
    sealed_at: str
    sha256: str


def parse(number: int, data: bytes) -> Entry:
    """An entry as stored; raises LockerError when it is not one."""
    try:
        fields = json.loads(data)
        return Entry(
            number=int(fields["number"]),
            kind=str(fields["kind"]),
            path=str(fields["path"]),
            manifest_sha256=str(fields["manifest_sha256"]),
            previous=str(fields["previous_sha256"]),
            sealed_at=str(fields["sealed_at"]),
            sha256=hashlib.sha256(data).hexdigest(),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise LockerError(
            f"log entry {number} is not a log entry: {unlike(error)}",
            hint="See what `watchkeeper verify` says.",
        ) from error


class Log:
    """The log of one locker, for any thread."""

    def __init__(self, store: Store) -> None:
        """Reads nothing yet."""
        self._store = store
        self._head: tuple[int, str] | None = None
        self._lock = threading.Lock()

    def append(self, *, kind: str, path: str, manifest_sha256: str, sealed_at: str) -> int:
        """Appends an entry and returns its number; waits for nobody, retries when overtaken."""
        with self._lock:
            return self._append(kind, path, manifest_sha256, sealed_at)

    def _append(self, kind: str, path: str, manifest_sha256: str, sealed_at: str) -> int:
        number, previous = self._head or self._find_head()
        while True:
            number += 1
            body = {
                "number": number,
                "kind": kind,
                "path": path,
                "manifest_sha256": manifest_sha256,
                "previous_sha256": previous,
                "sealed_at": sealed_at,
            }
            data = (json.dumps(body, indent=1) + "\n").encode()
            try:
                self._store.put_new(layout.log_entry(number), data)
            except AlreadyThere:
                taken = self._store.get(layout.log_entry(number))
                previous = hashlib.sha256(taken).hexdigest()
                continue
            self._store.settle([layout.log_entry(number)])
            self._head = (number, hashlib.sha256(data).hexdigest())
            return number

    def _find_head(self) -> tuple[int, str]:
        numbers = [layout.log_number(path) for path, _ in self._store.files(layout.LOG)]
        last = max((number for number in numbers if number is not None), default=0)
        if last == 0:
            return 0, GENESIS
        return last, hashlib.sha256(self._store.get(layout.log_entry(last))).hexdigest()
