"""Where the bytes go: a folder, or any S3-compatible bucket."""

import errno
import fcntl
import io
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, from_url

from watchkeeper.clock import SYSTEM_CLOCK, Clock
from watchkeeper.errors import AlreadyThere, LockerError, NotALocker
from watchkeeper.locker import layout
from watchkeeper.locker.pieces import BLOCK, HashingWriter, Sink, first_line

# Seconds after which the writer of a journal in a bucket is taken to be gone: longer than any
# answer and its retries may take.
_SILENT_WRITER = 600.0
# What is gathered of a growing file that was handed on: no more for a disk, for a bucket what S3
# takes at the least; and how many such pieces are under way at once.
_ON_DISK, _IN_BUCKET = BLOCK, 5 * 1024 * 1024
_PIECES = 2
# Without credentials in the environment those of the machine's own role are asked for there.
_OWN_ROLE = re.compile(r"/latest/(?:api/token|meta-data/)")
_REACHED = (
    "Check the bucket's name, and what the environment says of it: AWS_ACCESS_KEY_ID, "
    "AWS_SECRET_ACCESS_KEY, AWS_REGION, and for another vendor's AWS_ENDPOINT_URL."
)
# Bytes asked for at once of a file in a bucket.
_READ = 1024 * 1024


@dataclass(slots=True)
class Claim:
    """That a journal is this process's; released by hand or by the end of the process."""

    descriptor: int | None = None

    def release(self) -> None:
        """Lets others have it."""
        if self.descriptor is not None:
            os.close(self.descriptor)
            self.descriptor = None


class Store:
    """Files that are written once; only those in `log/pending` and `open` are ever removed.

    And what was never a file of it: unfinished copies.
    """

    def __init__(self, where: str | Path, *, create: bool, clock: Clock = SYSTEM_CLOCK) -> None:
        """`where`: a folder or a bucket's URL; raises NotALocker for what can be none."""
        self.where = str(where)
        if not self.where.strip():  # an empty path would be the folder the process stands in
            raise NotALocker(
                "The place of the evidence is empty.", hint="Give a folder, or a bucket's URL."
            )
        self._clock = clock
        self.root: Path | None = None
        try:
            if "://" in self.where:
                self._store = from_url(self.where)
            else:
                self.root = Path(where).expanduser().resolve()
                if not create and not self.root.is_dir():
                    raise NotALocker(
                        f"There is no folder {self.root}.",
                        hint="Give the --locker folder of a `watchkeeper run`.",
                    )
                if not self.root.exists():
                    # Evidence names people and machines: nobody else on this machine reads it.
                    self.root.mkdir(mode=0o700, parents=True)
                self._store = LocalStore(self.root, mkdir=True)
        except (BaseError, OSError, ValueError) as error:
            raise NotALocker(
                f"The locker {self.where} cannot be opened: {error}",
                hint="Give a folder that can be written, or a bucket's URL.",
            ) from error

    def put_new(self, path: str, data: bytes) -> None:
        """Writes a file that must not exist yet; raises AlreadyThere."""
        try:
            obstore.put(self._store, path, data, mode="create", use_multipart=False)
        except AlreadyExistsError as error:
            raise AlreadyThere(f"{path} exists already in {self.where}.") from error
        except (BaseError, OSError) as error:
            raise self._failed("written", path, error) from error

    def settle(self, paths: Iterable[str]) -> None:
        """Returns once these files are on the disk, not only with the system; raises LockerError.

        A bucket has what it acknowledged.
        """
        if self.root is None:
            return
        folders: set[Path] = set()
        for path in paths:
            file = self.root / path
            _settle(file, path)
            folders.update(each for each in file.parents if each.is_relative_to(self.root))
        for folder in folders:
            _settle(folder, str(folder))

    def get(self, path: str) -> bytes:
        """The whole file; raises LockerError when it is missing or cannot be read."""
        try:
            return bytes(obstore.get(self._store, path).bytes())
        except (BaseError, OSError) as error:
            raise self._failed("read", path, error) from error

    def exists(self, path: str) -> bool:
        """Whether there is a file of that path."""
        try:
            obstore.head(self._store, path)
        except FileNotFoundError:
            return False
        except (BaseError, OSError) as error:
            raise self._failed("read", path, error) from error
        return True

    def put_open(self, path: str, data: bytes) -> None:
        """Writes a file of a journal, whether there is one of that name or not."""
        _journal_only(path)
        try:
            obstore.put(self._store, path, data)
        except (BaseError, OSError) as error:
            raise self._failed("written", path, error) from error

    def remove_open(self, paths: list[str]) -> None:
        """Removes files of journals; nothing else may be removed."""
        for path in paths:
            _journal_only(path)
        try:
            for path in paths:
                with suppress(FileNotFoundError):
                    obstore.delete(self._store, path)
        except (BaseError, OSError) as error:
            raise self._failed("removed", layout.OPEN, error) from error
        if self.root is not None:
            for folder in {(self.root / path).parent for path in paths}:
                with suppress(OSError):  # another file may have come meanwhile
                    folder.rmdir()

    def claim(self, folder: str, *, new: bool = False) -> "Claim | None":
        """Takes a journal for this process; None while another one has it, or when it is gone.

        With `new` it is about to be written.

        On a file system the claim ends with the process, however that ends. A bucket knows no
        locks: there a journal to which nothing was added for a while belongs to nobody, and of
        several that want it the one gets it who writes the next claim.
        """
        if self.root is not None:
            try:
                return _lock(self.root / folder, create=new)
            except OSError as error:
                raise LockerError(
                    f"{folder} in {self.where} cannot be taken: {error.strerror}.",
                    hint="Run it as a user who may write to the locker, on a disk with room.",
                ) from error
        newest, claims = datetime.min.replace(tzinfo=UTC), 0
        for chunk in obstore.list(self._store, folder):
            newest = max([newest, *(meta["last_modified"] for meta in chunk)])
            claims += sum(meta["path"].rsplit("/", 1)[1].startswith("claim-") for meta in chunk)
        if (self._clock.now() - newest).total_seconds() < _SILENT_WRITER:
            return None
        try:
            self.put_new(f"{folder}/claim-{claims + 1:05d}.json", b"{}")
        except AlreadyThere:
            return None
        return Claim()

    def remove_pending(self, path: str) -> None:
        """Removes a marker of `log/pending`; nothing else may be removed."""
        if not path.startswith("log/pending/"):
            raise LockerError(f"{path} is evidence and is never removed.")
        try:
            obstore.delete(self._store, path)
        except FileNotFoundError:
            return
        except (BaseError, OSError) as error:
            raise self._failed("removed", path, error) from error

    def files(self, prefix: str = "") -> Iterator[tuple[str, int]]:
        """Path and size of every file below the prefix, in no order, hidden ones included.

        Unfinished copies that a killed process left are not among them: see `staged`. Raises
        LockerError where the locker's own cannot be listed.
        """
        if self.root is not None:
            for path, size in self._walk(self.root, prefix):
                if not layout.is_staged(path):
                    yield path, size
            return
        try:
            for chunk in obstore.list(self._store, prefix or None):
                for meta in chunk:
                    yield meta["path"], meta["size"]
        except (BaseError, OSError) as error:
            raise self._failed("listed", prefix, error) from error

    def staged(self, prefix: str = "") -> list[str]:
        """The unfinished copies of files below the prefix; nobody reads them.

        Their writers were killed, or are still at work.
        """
        if self.root is None:
            return []
        return sorted(path for path, _ in self._walk(self.root, prefix) if layout.is_staged(path))

    def remove_staged(self, folder: str) -> None:
        """Removes the unfinished copies in a folder, whose writer is gone."""
        if self.root is None:
            return
        for path in self.staged(folder):
            try:
                (self.root / path).unlink(missing_ok=True)
            except OSError as error:
                raise self._failed("removed", path, error) from error

    def _walk(self, root: Path, prefix: str) -> Iterator[tuple[str, int]]:
        """As `files`, staged ones included.

        Raises LockerError for a folder of the locker that cannot be read; what a file system has
        beside it (`lost+found`) is nobody's business.
        """
        waiting = [prefix]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(root / folder) as listed:
                    found = list(listed)
            except (FileNotFoundError, NotADirectoryError):
                continue  # it may go while it is read: another writer finished with it
            except OSError as error:
                if folder and not layout.is_own(folder):
                    continue
                raise self._failed("read", folder, error) from error
            for entry in found:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(path)
                elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
                    with suppress(FileNotFoundError):
                        yield path, entry.stat(follow_symlinks=False).st_size

    def folders(self, prefix: str) -> list[str]:
        """The paths of the folders directly below the prefix, sorted."""
        try:
            listed = obstore.list_with_delimiter(self._store, prefix)
        except FileNotFoundError:
            return []
        except (BaseError, OSError) as error:
            raise self._failed("listed", prefix, error) from error
        return sorted(listed["common_prefixes"])

    def open_writer(self, path: str) -> HashingWriter:
        """A file to be written in pieces under its final name."""
        piece = _IN_BUCKET if self.root is None else _ON_DISK
        try:
            sink = obstore.open_writer(
                self._store, path, buffer_size=piece, max_concurrency=_PIECES
            )
            return HashingWriter(path, cast("Sink", sink))
        except (BaseError, OSError) as error:
            raise self._failed("written", path, error) from error

    def local_path(self, path: str) -> Path | None:
        """The file's path on this machine, None when the store is a bucket."""
        return self.root / path if self.root is not None else None

    def open_reader(self, path: str) -> BinaryIO:
        """The file, seekable, for Parquet readers."""
        local = self.local_path(path)
        try:
            if local is not None:
                return local.open("rb")
            return io.BufferedReader(_BucketFile(obstore.open_reader(self._store, path)), _READ)
        except (BaseError, OSError) as error:
            raise self._failed("read", path, error) from error

    def _failed(self, verb: str, path: str, error: Exception) -> LockerError:
        why = first_line(error)
        if self.root is not None:
            return LockerError(f"{path} in {self.where} cannot be {verb}: {why}")
        if _OWN_ROLE.search(why):
            why = "it wants credentials, and neither the environment nor this machine has any"
        message = f"{path} in {self.where} cannot be {verb}: {why.removesuffix('.')}."
        return LockerError(message, hint=_REACHED)


def _settle(file: Path, name: str) -> None:
    """Has the system write a file or folder to the disk, where the file system can."""
    try:
        descriptor = os.open(file, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP}:
            raise LockerError(f"{name} cannot be written to the disk: {error}") from error


def _journal_only(path: str) -> None:
    if not path.startswith(f"{layout.OPEN}/"):
        raise LockerError(f"{path} is evidence: it is written once and never removed.")


def _lock(folder: Path, *, create: bool) -> Claim | None:
    """An exclusive lock on a folder; None when it is taken, or missing and not to be made."""
    while True:
        if create:
            folder.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError:
            if create:
                continue
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), folder.stat()):
                return Claim(descriptor)
        # Whoever had it removed it in this moment: a lock on what is gone keeps nobody out.
        os.close(descriptor)


class _BucketFile(io.RawIOBase):
    """A file in a bucket as Python's own files are: what reads Parquet expects one."""

    def __init__(self, source: "obstore.ReadableFile") -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._source.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._source.seek(offset, whence)

    def tell(self) -> int:
        return self._source.tell()
