"""Where the keys lie that open stored tokens: never beside the data, unless an operator says so.

A key and what it encrypts in one folder travel together, into every copy and backup. So the keys
of an installation lie in a file elsewhere, named after the installation: a data folder that is
moved finds its keys again, and two installations of one account do not share theirs.

The first of these that is set, or there, counts:

    WATCHKEEPER_KEY                        the keys themselves
    WATCHKEEPER_KEY_FILE                   a file
    DATA/keys/token.key                    where earlier versions put it; `doctor` says to move it
    CONFIGURATION/token-<installation>.key
"""

import contextlib
import fcntl
import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from watchkeeper.errors import UsageError
from watchkeeper.ledger.folder import DataFolder, read_private

_SHOWN = 12


def new_key() -> str:
    """A fresh key: 32 random bytes in URL-safe base64."""
    return Fernet.generate_key().decode()


def fingerprint(key: str) -> str:
    """What a key is called where it must not be shown: the start of its SHA-256 (hex)."""
    return hashlib.sha256(key.encode()).hexdigest()[:_SHOWN]


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys of an installation, read anew at every use: a process need not be restarted.

    `given` are those of the environment; without them they lie in the file `path`.
    """

    path: Path
    given: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"KeyRing({self.path})"

    def read(self) -> tuple[str, ...]:
        """The keys, the newest first; none where there is no file. Raises UsageError."""
        if self.given:
            return self.given
        try:
            text = read_private(self.path)
        except FileNotFoundError:
            return ()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"The key file {self.path} cannot be read: {error}.",
                hint="Give it to the account Watchkeeper runs as, mode 600.",
            ) from error
        lines = (line.strip() for line in text.replace(",", "\n").splitlines())
        return tuple(line for line in lines if line and not line.startswith("#"))

    def keys_to_encrypt(self) -> tuple[str, ...]:
        """The keys; the first one is made where there is none."""
        return self.read() or self.add(only_first=True)

    def add(self, *, only_first: bool = False) -> tuple[str, ...]:
        """Puts a new key in front and returns all; with `only_first` only where there is none.

        Raises UsageError where the keys are given by the environment, or cannot be written.
        """
        with self._held():
            known = self.read()
            if known and only_first:
                return known
            found = (new_key(), *known)
            self._write(found)
        return found

    def put_behind(self, keys: Sequence[str]) -> int:
        """Adds keys that open what is older, where they are unknown; returns how many."""
        with self._held():
            known = self.read()
            unknown = [key for key in dict.fromkeys(keys) if key not in known]
            if unknown:
                self._write((*known, *unknown))
        return len(unknown)

    def keep(self, fingerprints: Sequence[str]) -> None:
        """Forgets every key but these."""
        with self._held():
            self._write(tuple(key for key in self.read() if fingerprint(key) in fingerprints))

    @contextlib.contextmanager
    def _held(self) -> Iterator[None]:
        """The file's folder, made where it is missing, for this process alone to write."""
        if self.given:
            raise UsageError(
                "The keys are given by WATCHKEEPER_KEY, which no command can change.",
                hint="Put a new key in front of it, separated by a comma, or move the keys into a "
                "file and set WATCHKEEPER_KEY_FILE.",
            )
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
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _write(self, keys: Sequence[str]) -> None:
        draft = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        try:
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write("".join(f"{key}\n" for key in keys))
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


def key_ring(
    folder: DataFolder, *, given: tuple[str, ...], file: str, configuration: Path
) -> KeyRing:
    """The keys of an installation; `given` and `file` are what its operator set."""
    if file:
        return KeyRing(Path(file), given)
    older = folder.keys / "token.key"
    if older.exists():
        return KeyRing(older, given)
    return KeyRing(own_file(folder, configuration), given)


def own_file(folder: DataFolder, configuration: Path) -> Path:
    """Where the keys lie by default: a file that bears the installation's own name."""
    name = folder.secret("installation", lambda: secrets.token_hex(6))
    return configuration / f"token-{name}.key"
