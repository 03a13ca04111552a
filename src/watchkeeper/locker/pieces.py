"""A file as it is written in pieces: counted and hashed on its way."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from obstore.exceptions import BaseError

from watchkeeper.errors import LockerError

# What is gathered of a growing file before it is hashed and handed on.
BLOCK = 256 * 1024

# How the store's library ends what the system said.
_REASON = re.compile(r": ([^:]+ \(os error \d+\))$")

_Bytes = bytes  # a field of that name hides it


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written: its path, size in bytes and SHA-256 (hex)."""

    path: str
    bytes: int
    sha256: str

    @classmethod
    def of(cls, path: str, data: _Bytes) -> "Written":
        """A file that holds these bytes."""
        return cls(path, len(data), hashlib.sha256(data).hexdigest())


class Sink(Protocol):
    """What takes the pieces."""

    def write(self, data: bytes, /) -> int: ...
    def flush(self) -> None: ...
    def close(self) -> None: ...


class HashingWriter:
    """A file being written: counts and hashes what passes. Looks like a file to pyarrow."""

    closed = False

    def __init__(self, path: str, sink: Sink) -> None:
        """`sink` takes the bytes."""
        self.path = path
        self._sink = sink
        self._hash = hashlib.sha256()
        self._size = 0
        self._waiting = bytearray()  # a column chunk comes in many small pieces

    def write(self, data: bytes) -> int:
        """Takes more bytes."""
        self._waiting += data
        self._size += len(data)
        if len(self._waiting) >= BLOCK:
            self._hand_on()
        return len(data)

    def flush(self) -> None:
        """Hands on what is buffered."""
        self._hand_on()
        with self._named():
            self._sink.flush()

    def close(self) -> None:
        """Ends the file; pyarrow may call it more than once."""
        if not self.closed:
            self.closed = True
            self._hand_on()
            with self._named():
                self._sink.close()

    def _hand_on(self) -> None:
        block, self._waiting = bytes(self._waiting), bytearray()
        self._hash.update(block)
        with self._named():
            self._sink.write(block)

    def writable(self) -> bool:
        """True: pyarrow asks."""
        return True

    def tell(self) -> int:
        """Bytes so far."""
        return self._size

    @contextmanager
    def _named(self) -> Iterator[None]:
        """A full disk or a lost bucket as an error that says which file it hit."""
        try:
            yield
        except (BaseError, OSError) as error:
            raise LockerError(f"{self.path} cannot be written: {first_line(error)}") from error

    def written(self) -> Written:
        """What was written, once closed."""
        return Written(self.path, self._size, self._hash.hexdigest())


def first_line(error: Exception) -> str:
    """What an error of the store says, without what it lists below.

    Of a system's error only the reason: its path is named before.
    """
    line = str(error).splitlines()[0] if str(error) else type(error).__name__
    reason = _REASON.search(line)
    return reason[1] if reason else line
