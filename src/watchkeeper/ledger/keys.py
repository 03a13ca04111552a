"""Where the keys lie that open stored tokens: never beside the data, unless an operator says so.

A key and what it encrypts in one folder travel together, into every copy and backup. So the keys
of an installation lie in a file elsewhere, named after the installation: a data folder that is
moved finds its keys again, and two installations of one account do not share theirs.

The first of these that is set, or there, counts:

    WATCHKEEPER_KEY                        the keys themselves
    WATCHKEEPER_KEY_FILE                   a file
    WATCHKEEPER_KEYRING=system             the keyring of the account Watchkeeper runs as
    DATA/keys/token.key                    where earlier versions put it; `doctor` says to move it
    CONFIGURATION/token-<installation>.key
"""

import contextlib
import hashlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from watchkeeper.errors import UsageError
from watchkeeper.ledger.folder import DataFolder
from watchkeeper.ledger.key_places import KeyFile, KeyPlace, SystemKeyring

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

    `given` are those of the environment; without them they lie in `place`.
    """

    place: KeyPlace
    given: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"KeyRing({self.place})"

    def __str__(self) -> str:
        return "the environment (WATCHKEEPER_KEY)" if self.given else str(self.place)

    def read(self) -> tuple[str, ...]:
        """The keys, the newest first; none where there are none yet. Raises UsageError."""
        if self.given:
            return self.given
        lines = (line.strip() for line in (self.place.read() or "").replace(",", "\n").splitlines())
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
        if self.given:
            raise UsageError(
                "The keys are given by WATCHKEEPER_KEY, which no command can change.",
                hint="Put a new key in front of it, separated by a comma, or move the keys into a "
                "file and set WATCHKEEPER_KEY_FILE.",
            )
        with self.place.held():
            yield

    def _write(self, keys: Sequence[str]) -> None:
        self.place.write("".join(f"{key}\n" for key in keys))


def key_ring(
    folder: DataFolder,
    *,
    given: tuple[str, ...],
    file: str,
    configuration: Path,
    system: bool = False,
) -> KeyRing:
    """The keys of an installation; `given`, `file` and `system` are what its operator set."""
    if file:
        return KeyRing(KeyFile(Path(file)), given)
    if system:
        return KeyRing(SystemKeyring(_name(folder), folder.keys), given)
    older = folder.keys / "token.key"
    if older.exists():
        return KeyRing(KeyFile(older), given)
    return KeyRing(KeyFile(own_file(folder, configuration)), given)


def own_file(folder: DataFolder, configuration: Path) -> Path:
    """Where the keys lie by default: a file that bears the installation's own name."""
    return configuration / f"token-{_name(folder)}.key"


def _name(folder: DataFolder) -> str:
    return folder.secret("installation", lambda: secrets.token_hex(6))
