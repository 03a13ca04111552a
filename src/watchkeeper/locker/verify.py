"""The check an auditor runs: every digest in every manifest, and the log.

A difference is a finding: something is not what was sealed. A leftover (a folder that was never
sealed because a run was interrupted), a seal still waiting for its log entry, and a stray file
outside of every sealed folder are reported and are no difference.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from watchkeeper.errors import LockerError, NotALocker
from watchkeeper.locker import layout, log, records
from watchkeeper.locker.locker import check_format
from watchkeeper.locker.store import Store
from watchkeeper.locker.unlike import unlike


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not what was sealed."""

    path: str
    what: str


@dataclass(slots=True)
class Report:
    """What a verification found. `head` is (number, SHA-256) of the newest log entry.

    `needed` holds what builds on another collection's file, and that file.
    """

    files: int = 0
    bytes: int = 0
    sealed: int = 0
    head: tuple[int, str] = (0, log.GENESIS)
    differences: list[Difference] = field(default_factory=list)
    leftovers: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    needed: list[tuple[str, str]] = field(default_factory=list)

    def differs(self, path: str, what: str) -> None:
        """Notes a difference."""
        self.differences.append(Difference(path, what))


def verify(store: Store, on_progress: Callable[[int, int], None] | None = None) -> Report:
    """Compares everything in the store with what was sealed; reads every byte once.

    `on_progress` gets (folders done, folders in all).
    """
    report = Report()
    if not store.exists(layout.MARKER):
        if not store.exists(layout.log_entry(1)):
            raise NotALocker(
                f"{store.where} is not a locker.", hint="Give the --locker folder of a run."
            )
        report.differs(layout.MARKER, "is missing")
    else:
        check_format(store)
    logged = _verify_log(store, report)
    folders = _folders(store, report)
    report.strays += store.staged()
    pending = _pending(store)
    sealed: set[str] = set()
    for done, (folder, found) in enumerate(sorted(folders.items()), start=1):
        manifest = f"{folder}/{layout.MANIFEST}"
        if manifest not in {path for path, _ in found}:
            if manifest not in logged:
                report.leftovers.append(folder)
        else:
            sealed |= _verify_folder(store, folder, dict(found), logged, pending, report)
        if on_progress is not None:
            on_progress(done, len(folders))
    _verify_needed(report, sealed)
    for manifest in logged:
        if manifest.rsplit("/", 1)[0] not in folders or not store.exists(manifest):
            report.differs(manifest, "is in the log and is missing")
    return report


def _verify_needed(report: Report, sealed: set[str]) -> None:
    """Whether what builds on another collection's file can: that file is sealed."""
    for user, path in report.needed:
        if path not in sealed:
            report.differs(user, f"needs {path}, which is in no sealed collection")


def verify_head(store: Store, number: int, sha256: str, report: Report) -> None:
    """Compares a log head that was kept elsewhere with the log as it is now."""
    path = layout.log_entry(number)
    if not store.exists(path):
        report.differs(path, "was kept as the log's head and is missing")
    elif hashlib.sha256(store.get(path)).hexdigest() != sha256.lower():
        report.differs(path, "is not the log's head that was kept: the log was rewritten")


def _verify_log(store: Store, report: Report) -> dict[str, str]:
    """Checks the chain; returns the manifests it holds with their digests."""
    logged: dict[str, str] = {}
    previous, expected = log.GENESIS, 1
    for path, _ in store.files(layout.LOG):
        if layout.log_number(path) is None and not path.startswith(layout.PENDING + "/"):
            report.differs(path, "does not belong in the log")
    numbers = sorted(
        number
        for path, _ in store.files(layout.LOG)
        if (number := layout.log_number(path)) is not None
    )
    for number in numbers:
        path = layout.log_entry(number)
        if number != expected:
            report.differs(layout.log_entry(expected), "is missing from the log")
        try:
            entry = log.parse(number, store.get(path))
        except LockerError as error:
            report.differs(path, str(error))
            expected = number + 1
            continue
        if entry.number != number:
            report.differs(path, f"holds entry {entry.number}")
        if number == expected and entry.previous != previous:
            report.differs(path, "does not continue the entry before it")
        first = logged.setdefault(entry.path, entry.manifest_sha256)
        if first != entry.manifest_sha256:
            report.differs(path, f"seals {entry.path} a second time, with another digest")
        previous, expected = entry.sha256, number + 1
        report.head = (number, entry.sha256)
        report.files += 1
    return logged


def _folders(store: Store, report: Report) -> dict[str, list[tuple[str, int]]]:
    """Every file by the collection or assessment it lies in; what lies elsewhere is reported."""
    folders: dict[str, list[tuple[str, int]]] = {}
    for path, size in store.files():
        folder = layout.folder_of(path)
        if folder is not None:
            folders.setdefault(folder, []).append((path, size))
        elif path != layout.MARKER and not path.startswith((layout.LOG + "/", layout.OPEN + "/")):
            report.strays.append(path)
    return folders


def _pending(store: Store) -> dict[str, str]:
    """Manifests announced and perhaps not yet logged, with their digests."""
    announced: dict[str, str] = {}
    for path, _ in store.files(layout.PENDING):
        try:
            intent = json.loads(store.get(path))  # another writer may have removed it meanwhile
            announced[str(intent["path"])] = str(intent["manifest_sha256"])
        except (LockerError, ValueError, KeyError, TypeError):
            continue  # cut while being written: it announces nothing
    return announced


def _verify_folder(
    store: Store,
    folder: str,
    found: dict[str, int],
    logged: dict[str, str],
    pending: dict[str, str],
    report: Report,
) -> set[str]:
    """Checks one sealed folder; returns the paths of its files."""
    manifest_path = f"{folder}/{layout.MANIFEST}"
    try:
        data = store.get(manifest_path)
    except LockerError as error:
        report.differs(manifest_path, _without(manifest_path, error))
        return set()
    digest = hashlib.sha256(data).hexdigest()
    report.sealed += 1
    report.files += 1
    report.bytes += len(data)
    if manifest_path in logged:
        if logged[manifest_path] != digest:
            report.differs(manifest_path, "is not what the log holds")
    elif pending.get(manifest_path) == digest:
        report.waiting.append(manifest_path)
    else:
        report.differs(manifest_path, "has no log entry")
    listed = _listed(manifest_path, data, report)
    if listed is None:
        return set()
    for name, expected in listed.items():
        path = f"{folder}/{name}"
        if path not in found:
            report.differs(path, "is missing")
            continue
        _compare(store, path, expected, report)
    for path in found:
        if path != manifest_path and path.removeprefix(folder + "/") not in listed:
            report.differs(path, "is foreign: the manifest does not know it")
    return {f"{folder}/{name}" for name in listed}


def _listed(path: str, data: bytes, report: Report) -> dict[str, dict[str, Any]] | None:
    try:
        manifest = json.loads(data)
        if manifest["schema"] not in {records.COLLECTION_SCHEMA, records.ASSESSMENT_SCHEMA}:
            report.differs(path, f"has the unknown schema {manifest['schema']!r}")
        folder = path.removesuffix(f"/{layout.MANIFEST}")
        for page in (*manifest.get("pages", ()), *manifest.get("unused", ())):
            own = f"{page.get('in', folder)}/{page['file']}"
            if "in" in page:
                report.needed.append((path, own))
            report.needed += [(own, needed) for needed in page.get("against", ())]
        return {str(file["path"]): dict(file) for file in manifest["files"]}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        report.differs(path, f"is not a manifest: {unlike(error)}")
        return None


def _without(path: str, error: LockerError) -> str:
    """What an error says of a file that is named before it."""
    return str(error).removeprefix(f"{path} ")


def _compare(store: Store, path: str, expected: dict[str, Any], report: Report) -> None:
    try:
        data = store.get(path)
    except LockerError as error:
        report.differs(path, _without(path, error))
        return
    report.files += 1
    report.bytes += len(data)
    if len(data) != expected.get("bytes"):
        report.differs(path, f"has {len(data)} bytes, sealed with {expected.get('bytes')}")
    elif hashlib.sha256(data).hexdigest() != expected.get("sha256"):
        report.differs(path, "is not what was sealed (SHA-256 differs)")
