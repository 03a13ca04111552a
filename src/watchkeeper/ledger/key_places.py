"""The places a key ring can lie in: a private file, or the system's keyring.

Both hold the same text: a key a line, the newest first.
"""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from watchkeeper.errors import UsageError
from watchkeeper.ledger.folder import read_private

SERVICE = "watchkeeper"
"""What the entry in a system's keyring is filed under."""

_HINT = (
    "Unlock it for this account (a service has no session to unlock it in), or set "
    "WATCHKEEPER_KEY_FILE instead of WATCHKEEPER_KEYRING."
)


class KeyPlace(Protocol):
    """Where keys lie. Every method raises UsageError where the place cannot be used."""

    def __str__(self) -> str:
        """The place, in words."""
        ...

    @property
    def file(self) -> Path | None:
        """The file they lie in, None where it is no file."""
        ...

    def read(self) -> str | None:
        """The text, None where there is none yet."""
        ...

    def write(self, text: str) -> None:
        """Puts the text there, whole or not at all."""
        ...

    def held(self) -> contextlib.AbstractContextManager[None]:
        """Lets one process alone read and write there."""
        ...


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A file that this account alone can read (0600)."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def file(self) -> Path | None:
        """The file itself."""
        return self.path

    def read(self) -> str | None:
        """The file's text; raises UsageError for one that others can read."""
        try:
            return read_private(self.path)
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"The key file {self.path} cannot be read: {error}.",
                hint="Give it to the account Watchkeeper runs as, mode 600.",
            ) from error

    def write(self, text: str) -> None:
        """Replaces the file in one step, once its bytes are on the disk."""
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        try:
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path)
        except OSError as error:
            raise UsageError(
                f"The key file {self.path} cannot be written: {error.strerror}.",
                hint="Set WATCHKEEPER_KEY_FILE to a place this account can write.",
            ) from error
        finally:
            draft.unlink(missing_ok=True)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """The file's folder, made where it is missing, for this process alone to write."""
        folder = self.path.parent
        try:
            if not folder.is_absolute():
                raise FileNotFoundError("this account has no home")
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise UsageError(
                f"The key file {self.path} cannot be made: {error}.",
                hint="Set WATCHKEEPER_KEY_FILE to a place this account can write, not in the data "
                "folder.",
            ) from error
        with _locked(handle):
            yield


@dataclass(frozen=True, slots=True)
class SystemKeyring:
    """An entry in the keyring of the account Watchkeeper runs as, named after the installation.

    `lock` is a folder of the installation's; processes wait for each other there.
    """

    name: str
    lock: Path

    def __str__(self) -> str:
        return f"the system's keyring ({SERVICE}, {self.name})"

    @property
    def file(self) -> Path | None:
        """None: it is no file of ours."""
        return None

    def read(self) -> str | None:
        """The entry's text; raises UsageError where the keyring is locked or not there."""
        import keyring  # noqa: PLC0415 - looks for its backends, which takes a while
        from keyring.errors import KeyringError  # noqa: PLC0415

        try:
            return keyring.get_password(SERVICE, self.name)
        except KeyringError as error:
            raise UsageError(f"The system's keyring cannot be read: {error}", hint=_HINT) from error

    def write(self, text: str) -> None:
        """Replaces the entry."""
        import keyring  # noqa: PLC0415
        from keyring.errors import KeyringError  # noqa: PLC0415

        try:
            keyring.set_password(SERVICE, self.name, text)
        except KeyringError as error:
            told = f"The system's keyring cannot be written: {error}"
            raise UsageError(told, hint=_HINT) from error

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """A keyring has no lock of its own, so the installation's folder serves."""
        with _locked(os.open(self.lock, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)):
            yield


@contextlib.contextmanager
def _locked(handle: int) -> Iterator[None]:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
