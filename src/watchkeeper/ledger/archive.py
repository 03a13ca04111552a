"""The file of a backup: a tar that standard tools can unpack and check.

    database/<table>.copy.zst   a table's rows as PostgreSQL's COPY writes them, compressed
    locker/…                    the locker's files as they lie there
    controls/….md               the pages of the controls people wrote, where they lie in the data
    keys/token.key              the keys, where they were asked for
    SHA256SUMS                  the digest of every file above, for `sha256sum -c`
    manifest.json               what it is; holds the digest of SHA256SUMS

It is written beside its final name and renamed at the end, so a file of that name is whole.
"""

import contextlib
import fcntl
import hashlib
import io
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from watchkeeper.errors import Tampered, UsageError, WatchkeeperError

FORMAT = "watchkeeper/backup/1"
SUMS, MANIFEST = "SHA256SUMS", "manifest.json"

_PIECE = 1024 * 1024
_NAME = re.compile(
    r"(?:database/\w+\.copy\.zst|keys/token\.key|controls/[^/\0\n]+\.md|locker/[^\0\n]+)"
)


class ArchiveWriter:
    """A backup being written. Use `writing`."""

    def __init__(self, tar: tarfile.TarFile, sums: IO[bytes], made: int) -> None:
        """`sums` takes the digests; `made` is the time members bear, in seconds since 1970."""
        self._tar = tar
        self._sums = sums
        self._made = made

    def add(self, name: str, data: bytes) -> None:
        """Adds a file; its name must be one that `reading` accepts."""
        self.add_file(name, io.BytesIO(data), len(data))

    def add_file(self, name: str, file: IO[bytes], size: int) -> None:
        """Adds a file of that many bytes, from where it stands to its end."""
        if not _allowed(name):
            raise ValueError(f"{name!r} is no name for a file of a backup")
        hashing = _Hashing(file)
        self._put(name, hashing, size)
        self._sums.write(f"{hashing.digest}  {name}\n".encode())

    def finish(self, manifest: Mapping[str, Any]) -> None:
        """Ends it with the digests and the manifest."""
        self._sums.seek(0)
        hashing = _Hashing(self._sums)
        self._put(SUMS, hashing, os.fstat(self._sums.fileno()).st_size)
        told = {"format": FORMAT, **manifest, "sums_sha256": hashing.digest}
        data = (json.dumps(told, indent=1) + "\n").encode()
        self._put(MANIFEST, io.BytesIO(data), len(data))

    def _put(self, name: str, file: Any, size: int) -> None:
        about = tarfile.TarInfo(name)
        about.size, about.mode, about.mtime = size, 0o600, self._made
        self._tar.addfile(about, file)


@contextlib.contextmanager
def writing(path: Path, made: int) -> Iterator[ArchiveWriter]:
    """A new backup; it has its name once the block has ended, and is gone where that failed.

    Raises UsageError when there is a file of that name, or another process writes it.
    """
    if path.exists():
        raise UsageError(f"{path} is there already.", hint="Give a name that is not taken.")
    draft = path.with_name(f".{path.name}.partial")
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        handle = os.open(draft, flags, 0o600)
        os.fchmod(handle, 0o600)  # it may have lain there; another account's cannot be changed
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error
    with os.fdopen(handle, "r+b") as file:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(f"Another process writes {path} already.") from error
        try:
            file.truncate()  # what an earlier one left that was killed
            with (
                tempfile.TemporaryFile(dir=path.parent) as sums,
                tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar,
            ):
                yield ArchiveWriter(tar, sums, made)
            file.flush()
            os.fsync(handle)
            draft.rename(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise WatchkeeperError(
                f"{path} cannot be written: {error.strerror or error}.",
                hint="Nothing is left of it. Make room, or name another place.",
            ) from error
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


def manifest_of(
    path: Path, on_progress: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """The manifest of a backup of which every byte was compared with its digest.

    `on_progress` gets (bytes done, bytes in all). Raises UsageError for a file that is no backup,
    Tampered for one that is not as it was written.
    """
    found: dict[str, str] = {}
    sums, manifest = b"", b""
    whole = path.stat().st_size if path.exists() else 0
    for name, file in files(path):
        if name == MANIFEST:
            manifest = file.read()
            continue
        hashing = _Hashing(file)
        kept = hashing.read_all(keep=name == SUMS)
        found[name] = hashing.digest
        sums = kept if name == SUMS else sums
        if on_progress is not None:
            on_progress(file.tell_in_archive(), whole)
    try:
        told: dict[str, Any] = json.loads(manifest)
        known = told.get("format") == FORMAT
    except ValueError:
        known = False
    if not known:
        raise UsageError(
            f"{path} is no backup of Watchkeeper, or was cut off.",
            hint="Give a file that `watchkeeper backup` wrote.",
        )
    if found.pop(SUMS, "") != told["sums_sha256"]:
        raise Tampered(f"{path} is not as it was written: {SUMS} differs.")
    listed = {line[66:]: line[:64] for line in sums.decode().splitlines()}
    for name in sorted(listed.keys() | found.keys()):
        if listed.get(name) != found.get(name):
            raise Tampered(
                f"{path} is not as it was written: {name} differs.",
                hint="Copy it again from where it was made, or take another one.",
            )
    return told


class ArchivedFile(io.RawIOBase):
    """A file of a backup, to be read once, in its turn."""

    def __init__(self, file: IO[bytes], size: int, place: int) -> None:
        """`place` is where it begins in the archive."""
        self._file = file
        self.size = size
        self._place = place

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        try:
            data = self._file.read(len(buffer))
        except tarfile.TarError as error:
            raise UsageError(
                "The backup was cut off.", hint="Copy it again, or take another."
            ) from error
        buffer[: len(data)] = data
        return len(data)

    def read_whole(self) -> bytes:
        """All of it."""
        return self.readall()

    def tell_in_archive(self) -> int:
        """How many bytes of the archive have been read with it."""
        return self._place + self.size


def files(path: Path) -> Iterator[tuple[str, ArchivedFile]]:
    """The files of a backup with their names, in order; names that could lead outside are refused.

    Raises UsageError for a file that is no backup, or is cut off.
    """
    try:
        with tarfile.open(path, mode="r:") as tar:
            for member in tar:
                name = member.name
                if not member.isreg() or not (_allowed(name) or name in {SUMS, MANIFEST}):
                    raise Tampered(f"{path} holds {name!r}, which no backup does.")
                file = tar.extractfile(member)
                if file is not None:
                    yield name, ArchivedFile(file, member.size, member.offset_data)
                vars(tar)["members"].clear()  # a list of a million files is not kept
    except (tarfile.TarError, EOFError) as error:
        raise UsageError(
            f"{path} is no backup of Watchkeeper, or was cut off: {error}.",
            hint="Give a file that `watchkeeper backup` wrote.",
        ) from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from error


def _allowed(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and not {"", ".", ".."} & set(name.split("/"))


class _Hashing:
    """A file whose bytes are hashed as they are read."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._file.read(size)
        self._hash.update(data)
        return data

    def read_all(self, *, keep: bool) -> bytes:
        """Reads to the end; the bytes where they are wanted."""
        kept = []
        while data := self.read(_PIECE):
            if keep:
                kept.append(data)
        return b"".join(kept)
