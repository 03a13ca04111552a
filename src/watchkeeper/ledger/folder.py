"""The data folder of an installation: what lies where, and one holder at a time.

keys/        what decrypts and signs; 0600 files in a 0700 folder
postgres/    the embedded database; belongs to the account it runs as
locker/      the evidence, unless WATCHKEEPER_LOCKER says otherwise
controls/    pages of controls people wrote, unless WATCHKEEPER_CONTROLS says otherwise
static/      style sheets and icons, collected at every start
cache/       tables made of the evidence for lists; may be removed at any time
uploads/     lists that were given in a browser and not loaded yet; gone after an hour
up.lock      held by the running `watchkeeper up`
restoring    there while a backup is brought back; left behind where that was cut off
"""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from watchkeeper.errors import UsageError


class AlreadyRunning(UsageError):
    """Another process holds the data folder."""


class DataFolder:
    """The folder everything of one installation lies in."""

    def __init__(self, path: Path) -> None:
        """`path` need not exist yet."""
        self.path = path

    @property
    def keys(self) -> Path:
        """The folder of keys and passwords."""
        return self.path / "keys"

    @property
    def postgres(self) -> Path:
        """The folder of the embedded database."""
        return self.path / "postgres"

    @property
    def static(self) -> Path:
        """The folder of collected style sheets and icons."""
        return self.path / "static"

    @property
    def cache(self) -> Path:
        """The folder of what can be made again at any time."""
        return self.path / "cache"

    @property
    def uploads(self) -> Path:
        """The folder of lists that somebody is looking at before they are loaded."""
        return self.path / "uploads"

    @property
    def restoring(self) -> Path:
        """The mark of a restore that has not come to its end."""
        return self.path / "restoring"

    def prepare(self) -> None:
        """Makes the folder and the one for keys; raises UsageError when it cannot."""
        try:
            # Root's database runs as another account, which has to get through, not look around.
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
            self.keys.mkdir(mode=0o700, exist_ok=True)
            self.keys.chmod(0o700)
            self.uploads.mkdir(mode=0o700, exist_ok=True)
            self.uploads.chmod(0o700)
        except OSError as error:
            raise UsageError(
                f"The data folder {self.path} cannot be used: {error.strerror}.",
                hint="Set WATCHKEEPER_DATA to a folder that can be written.",
            ) from error

    def secret(self, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(48)) -> str:
        """The secret kept in `keys/name`; made and written (0600) where it is missing."""
        path = self.keys / name
        with contextlib.suppress(FileNotFoundError):
            return read_private(path)
        self.prepare()
        return write_private(path, make())

    @contextlib.contextmanager
    def held(self, *, to_restore: bool = False) -> Iterator[None]:
        """Holds the folder for this process; raises AlreadyRunning when another one does.

        Raises UsageError where a restore was cut off, unless it is held for another one.
        """
        self.prepare()
        path = self.path / "up.lock"
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                holder = os.pread(handle, 32, 0).decode(errors="replace").strip() or "unknown"
                raise AlreadyRunning(
                    f"Watchkeeper runs already on {self.path} (process {holder}).",
                    hint="Use that one, stop it first, or give another folder with --data.",
                ) from error
            if self.restoring.exists() and not to_restore:
                raise UsageError(
                    f"A restore into {self.path} was cut off: what lies there is not whole.",
                    hint="Run `watchkeeper restore` again, with --replace.",
                )
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
            yield
        finally:
            os.close(handle)


def read_private(path: Path) -> str:
    """The text of a file that only its owner may read; raises UsageError when others may."""
    mode = path.stat().st_mode & 0o077
    if mode:
        raise UsageError(
            f"{path} can be read by others (mode {path.stat().st_mode & 0o777:o}).",
            hint=f"Make it private: chmod 600 {path}",
        )
    return path.read_text(encoding="utf-8").strip()


def write_private(path: Path, text: str) -> str:
    """Writes a file only its owner may read and returns what it holds: whoever came first wins."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # whole or not at all, and never over an older one
    finally:
        draft.unlink()
    return read_private(path)
