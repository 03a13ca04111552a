"""The locker as its users see it: begin, seal, list, read."""

import hashlib
import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import uuid_utils

from watchkeeper.clock import SYSTEM_CLOCK, Clock, rfc3339
from watchkeeper.errors import AlreadyThere, LockerError, NotALocker, Tampered
from watchkeeper.locker import journal, layout, records, tables
from watchkeeper.locker.journal import Interrupted
from watchkeeper.locker.log import Log
from watchkeeper.locker.pages import PageReader
from watchkeeper.locker.pieces import Written
from watchkeeper.locker.runs import OpenRun, cut_off
from watchkeeper.locker.store import Store
from watchkeeper.locker.writer import CollectionWriter
from watchkeeper.model.assessment import Assessment, Counts, Result
from watchkeeper.model.collection import Collection
from watchkeeper.model.control import Control
from watchkeeper.model.resource import Resource

_INTENT = ("kind", "path", "manifest_sha256", "sealed_at")
_STILL_WRITING = timedelta(minutes=10)
# Bytes of manifests that are kept at hand: years of them are more than a process should hold.
_REMEMBERED = 32 * 1024 * 1024


class Locker:
    """One evidence store. Create it with `open`."""

    def __init__(self, store: Store, clock: Clock = SYSTEM_CLOCK) -> None:
        """`store` is an opened place that is known to be a locker."""
        self.store = store
        self.clock = clock
        self.pages = PageReader(store)
        self._log = Log(store)
        self._manifests: dict[str, tuple[bytes, str]] = {}
        self._manifest_bytes = 0
        self._lock = threading.Lock()

    @classmethod
    def open(
        cls, where: str | Path, *, create: bool = False, clock: Clock = SYSTEM_CLOCK
    ) -> "Locker":
        """Opens a locker; with `create` an empty place becomes one. Raises NotALocker."""
        store = Store(where, create=create, clock=clock)
        if not store.exists(layout.MARKER):
            if not create:
                raise NotALocker(
                    f"{store.where} is not a locker: it has no {layout.MARKER}.",
                    hint="Give the --locker folder of a `watchkeeper run`.",
                )
            if any(True for _ in store.files()):
                raise NotALocker(
                    f"{store.where} is not empty and is not a locker.",
                    hint="Choose an empty folder.",
                )
            marker = {"format": layout.FORMAT, "created": rfc3339(clock.now())}
            # Another run may make it in the same moment: then it is a locker as well.
            with suppress(AlreadyThere):
                store.put_new(layout.MARKER, (json.dumps(marker) + "\n").encode())
        check_format(store)
        locker = cls(store, clock)
        if create:
            locker.finish_interrupted_seals()
        return locker

    # ------------------------------------------------------------------ writing

    def begin(
        self,
        connection: str,
        resource: Resource,
        facts: Mapping[str, Any] | None = None,
        interrupted: Interrupted | None = None,
    ) -> CollectionWriter:
        """Starts a collection, or goes on with an interrupted one; it counts once it is sealed.

        `facts` are kept in its journal, for whoever may have to go on with it.
        """
        return CollectionWriter(self, connection, resource, facts or {}, interrupted)

    def interrupted(self, connection: str) -> list[Interrupted]:
        """Collections of a connection whose writers are gone, by age, claimed for the caller."""
        return journal.interrupted(self.store, connection)

    def discard(self, interrupted: Interrupted) -> None:
        """Gives an interrupted collection up; its pages stay as a leftover that readers ignore."""
        journal.discard(self.store, f"{layout.OPEN}/{interrupted.id}")
        interrupted.release()

    def begin_run(self, run: str, facts: Mapping[str, Any]) -> OpenRun:
        """Notes that a run is under way, until it is ended; `facts` as for a collection."""
        return OpenRun.begin(self.store, run, facts)

    def cut_off_runs(self, connection: str) -> list[OpenRun]:
        """Runs of a connection whose process is gone, by age, claimed for the caller."""
        return cut_off(self.store, connection)

    def seal_assessment(  # noqa: PLR0913 - what is sealed, by name
        self,
        *,
        connection: str,
        control: Control,
        result: Result,
        reason: str,
        counts: Counts,
        parameters: Mapping[str, Any],
        judged_at: datetime,
        as_of: datetime | None,
        collections: Sequence[Collection],
        notes: Sequence[str],
        items: pa.Table | pa.RecordBatchReader,
        holds_until: datetime | None = None,
    ) -> Assessment:
        """Seals one judged control with its page and its items."""
        identity = str(uuid_utils.uuid7())
        folder = layout.assessment_folder(connection, control.id, judged_at, identity)
        page, text = f"{folder}/{layout.PAGE}", control.page.encode()
        listed = tables.write_items(self.store, f"{folder}/{layout.ITEMS}", items)
        self.store.put_new(page, text)
        files = [listed, Written.of(page, text)]
        manifest = {
            "schema": records.ASSESSMENT_SCHEMA,
            "id": identity,
            "connection": connection,
            "control": {
                "id": control.id,
                "version": control.version,
                "title": control.title,
                "severity": control.severity.value,
                "cadence": control.cadence.value,
                "sha256": control.sha256,
                "parameters": dict(parameters),
            },
            "judged_at": rfc3339(judged_at),
            "as_of": rfc3339(as_of) if as_of is not None else None,
            "holds_until": rfc3339(holds_until) if holds_until is not None else None,
            "result": result.value,
            "reason": reason,
            "counts": counts.as_json(),
            "notes": list(notes),
            "collections": [
                {"path": found.path, "manifest_sha256": found.manifest_sha256}
                for found in collections
            ],
        }
        self.seal("assessment", folder, manifest, files)
        return records.assessment(folder, self.manifest(folder)[0])

    def seal(
        self, kind: str, folder: str, manifest: dict[str, Any], files: Iterable[Written]
    ) -> tuple[bytes, str]:
        """Writes the manifest last, then the log entry; returns the manifest and its SHA-256 (hex).

        A marker in `log/pending` goes before both, so that a process killed between the two
        leaves something that the next writer can finish and `verify` can tell from a removal. What
        a manifest names is on the disk before it, and that before its entry, also when the power
        goes in between.
        """
        files = list(files)
        self.store.settle(file.path for file in files)
        manifest["files"] = [
            records.as_json(
                {
                    "path": file.path.rsplit("/", 1)[1],
                    "bytes": file.bytes,
                    "sha256": file.sha256,
                }
            )
            for file in files
        ]
        manifest["sealed"] = rfc3339(self.clock.now())
        # The same as `json` writes, without a text object for each of its many values.
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"
        digest = hashlib.sha256(text).hexdigest()
        path = f"{folder}/{layout.MANIFEST}"
        pending = f"{layout.PENDING}/{manifest['id']}.json"
        intent = {
            "kind": kind,
            "path": path,
            "manifest_sha256": digest,
            "sealed_at": manifest["sealed"],
        }
        self.store.put_new(pending, json.dumps(intent).encode())
        self.store.put_new(path, text)
        self.store.settle([path])
        self._log.append(kind=kind, path=path, manifest_sha256=digest, sealed_at=manifest["sealed"])
        self.store.remove_pending(pending)
        return text, digest

    def finish_interrupted_seals(self) -> int:
        """Appends the log entries of manifests whose writer was killed before it could."""
        finished = 0
        logged: set[str] | None = None
        for path, _ in list(self.store.files(layout.PENDING)):
            try:
                intent = json.loads(self.store.get(path))
                sealed_at = datetime.fromisoformat(intent["sealed_at"])
                seal = {name: str(intent[name]) for name in _INTENT}
            except LockerError:
                continue  # its writer has just finished and removed it
            except (ValueError, KeyError, TypeError):
                self.store.remove_pending(path)  # the marker itself was cut: nothing was sealed
                continue
            if self.store.exists(seal["path"]):
                if logged is None:
                    logged = {entry.path for entry in records.log_entries(self.store)}
                if seal["path"] not in logged:
                    self._log.append(**seal)
                    finished += 1
            elif self.clock.now() - sealed_at < _STILL_WRITING:
                continue  # another writer may be between its marker and its manifest
            self.store.remove_pending(path)
        return finished

    # ------------------------------------------------------------------ reading

    def connections(self) -> list[str]:
        """The connections that have collections, sorted."""
        start = f"{layout.COLLECTIONS}/connection="
        folders = self.store.folders(layout.COLLECTIONS)
        return [path.removeprefix(start) for path in folders if path.startswith(start)]

    def collections(
        self, connection: str | None = None, resource: str | None = None
    ) -> list[Collection]:
        """Sealed collections, oldest first; folders without a manifest are not among them.

        One whose manifest cannot be read is told as failed (`damaged`).
        """
        found = [
            self._told(folder)
            for folder in self._folders(layout.COLLECTIONS, connection, "resource", resource)
        ]
        return sorted(found, key=lambda each: (each.ended, each.id))

    def newest_first(
        self, connection: str, resource: str, before: str = "", *, remember: bool = True
    ) -> Iterator[Collection]:
        """Sealed collections of one resource, the one begun last first; each is read when met.

        With `before` (a folder) only those that were begun before it. `remember` as for `manifest`;
        a damaged one as for `collections`.
        """
        folders = self._folders(layout.COLLECTIONS, connection, "resource", resource)
        # Their paths end with the day and an id that counts upwards with time.
        for folder in sorted(folders, reverse=True):
            if not before or folder < before:
                yield self._told(folder, remember=remember)

    def _told(self, folder: str, *, remember: bool = True) -> Collection:
        data, sha256 = self.manifest(folder, remember=remember)
        try:
            return records.collection(folder, data, sha256)
        except LockerError as error:
            self._forget(folder)  # it may be brought back
            return records.damaged(folder, sha256, error)

    def _forget(self, folder: str) -> None:
        with self._lock:
            data, _ = self._manifests.pop(folder, (b"", ""))
            self._manifest_bytes -= len(data)

    def sealed(self, folder: str, *, remember: bool = True) -> Collection:
        """The sealed collection of that folder; raises LockerError when there is none."""
        return records.collection(folder, *self.manifest(folder, remember=remember))

    def assessments(
        self, connection: str | None = None, control: str | None = None
    ) -> list[Assessment]:
        """Sealed assessments, oldest first."""
        found = [
            records.assessment(folder, self.manifest(folder)[0])
            for folder in self._folders(layout.ASSESSMENTS, connection, "control", control)
        ]
        return sorted(found, key=lambda each: (each.judged_at, each.id))

    def manifest(self, folder: str, *, remember: bool = True) -> tuple[bytes, str]:
        """The manifest of a sealed folder as stored, and its SHA-256 (hex).

        It is kept at hand for the next time, unless it is not to be remembered.
        """
        with self._lock:
            known = self._manifests.get(folder)
        if known is not None:
            return known
        data = self.store.get(f"{folder}/{layout.MANIFEST}")
        found = (data, hashlib.sha256(data).hexdigest())
        if not remember:
            return found
        with self._lock:
            if folder not in self._manifests:
                self._manifests[folder] = found
                self._manifest_bytes += len(data)
            while self._manifest_bytes > _REMEMBERED and len(self._manifests) > 1:
                gone, _ = self._manifests.pop(next(iter(self._manifests)))
                self._manifest_bytes -= len(gone)
        return found

    def vouch(self, folders: Iterable[str]) -> None:
        """Raises Tampered unless each folder's manifest is the one that the log holds.

        Looks from the newest log entry back, so what was sealed lately is found at once.
        """
        waiting = self._unlogged({f"{folder}/{layout.MANIFEST}" for folder in folders})
        if waiting:
            announced = {path for path, _ in self.store.files(layout.PENDING)}
            # A seal that ended between the two looks has no marker any more and is in the log.
            waiting = self._unlogged({path for path in waiting if _marker(path) not in announced})
        for path in sorted(waiting):
            raise Tampered(
                f"{path} has no entry in the log.", hint="See what `watchkeeper verify` says."
            )

    def _unlogged(self, paths: set[str]) -> set[str]:
        """Those of these manifests that the log does not hold; raises Tampered for another one."""
        waiting = set(paths)
        for entry in records.log_entries(self.store, newest_first=True) if waiting else ():
            if entry.path in waiting:
                waiting.discard(entry.path)
                _, digest = self.manifest(entry.path.rsplit("/", 1)[0])
                if digest != entry.manifest_sha256:
                    raise Tampered(
                        f"{entry.path} is not what was sealed: the log holds another digest.",
                        hint="See what `watchkeeper verify` says.",
                    )
            if not waiting:
                break
        return waiting

    def table(self, collection: Collection, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of a collection, or some of their columns."""
        return tables.read(self.store, f"{collection.path}/{layout.TABLE}", columns)

    def items(self, assessment: Assessment) -> pa.Table:
        """The items of an assessment: subject, name, outcome, reason, observed (JSON).

        Raises Tampered when they are not those of its manifest.
        """
        return self.whole_table(assessment.path, layout.ITEMS)

    def whole_table(self, folder: str, name: str) -> pa.Table:
        """A table of a sealed folder; raises Tampered when it is not the one of the manifest."""
        path = f"{folder}/{name}"
        listed = json.loads(self.manifest(folder)[0])["files"]
        sealed = {file["path"]: file["sha256"] for file in listed}
        return tables.parsed(path, self.pages.check(path, {"sha256": sealed.get(name)}))

    def _folders(
        self, kind: str, connection: str | None, level: str, value: str | None
    ) -> Iterator[str]:
        """Folders with a manifest, narrowed by the hive levels that are known; no foreign ones."""
        prefix, start = kind, f"{kind}/connection="
        if connection is not None:
            prefix += f"/connection={connection}"
            if value is not None:
                prefix += f"/{level}={value}"
        end = f"/{layout.MANIFEST}"
        for path, _ in self.store.files(prefix):
            folder = path.removesuffix(end)
            own = path.startswith(start) and folder == layout.folder_of(path)
            if own and (value is None or f"/{level}={value}/" in path):
                yield folder


def _marker(manifest: str) -> str:
    """The path of the marker that announces a manifest."""
    return f"{layout.PENDING}/{manifest.split('/id=', 1)[1].split('/', 1)[0]}.json"


def check_format(store: Store) -> None:
    """Raises NotALocker when the place was written by a program that this one does not know."""
    try:
        found = json.loads(store.get(layout.MARKER))["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise NotALocker(
            f"{layout.MARKER} in {store.where} does not say which format this locker has.",
            hint="Put the file back as it was written.",
        ) from error
    if found != layout.FORMAT:
        raise NotALocker(
            f"{store.where} has the format {found!r}, this program knows {layout.FORMAT!r}.",
            hint="Use the version of Watchkeeper that wrote it, or a newer one.",
        )
