"""How a page lies in a locker, and how it is read back.

Three forms, told apart by the manifest's record of the page:

- as received: the console's own compressed body, byte for byte (`page-00001.json.gz`);
- rewritten: the JSON text, compressed anew, where a secret was overwritten or the console did not
  compress (`page-00001.json.zst`, a plain Zstandard frame);
- a difference: the JSON text as a Zstandard frame against pages of an earlier collection, which
  it names (`zstd -d --patch-from`), where that takes far less. The earlier pages are never
  differences themselves, so two files always suffice.

A difference's record holds the SHA-256 of the JSON text that it stands for.
"""

import hashlib
import sys
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from watchkeeper.errors import LockerError, Tampered
from watchkeeper.locker.store import Store

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# A difference is kept when it takes at most this share of the page as it would lie otherwise.
WORTHWHILE = 0.6
# What is smaller is not worth a reference to another file.
SMALLEST = 64 * 1024
# A page is compared with at most that much of the earlier collection.
MOST_REFERENCES = 3
_REMEMBERED = 6
_compressors = threading.local()  # each thread's own, to be used again
_WIDEST = 27  # what every decompressor takes without being told
_P = zstd.CompressionParameter
_REWRITE: dict[int, int] = {_P.compression_level: 1, _P.content_size_flag: 1, _P.checksum_flag: 1}
# Found by trying: pages differ in short stretches between long equal ones.
_DIFFERENCE: dict[int, int] = _REWRITE | {
    _P.enable_long_distance_matching: 1,
    _P.ldm_hash_log: 20,
    _P.ldm_min_match: 64,
    _P.ldm_bucket_size_log: 3,
    _P.ldm_hash_rate_log: 4,
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A page of an earlier collection: its file's path, and the manifest's record of it."""

    path: str
    page: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Form:
    """A page as it will be stored: its bytes, the ending of its name, and what the record says."""

    data: bytes
    ending: str
    facts: dict[str, Any]

    @property
    def sha256(self) -> str:
        """The digest (hex) of the bytes."""
        return hashlib.sha256(self.data).hexdigest()


def as_received(body: bytes) -> Form:
    """A body that came compressed (gzip) and holds nothing that must not be kept."""
    return Form(body, "json.gz", {})


def rewritten(text: bytes, kind: str = "json") -> Form:
    """A page as JSON text (or a file of another `kind`: csv, xlsx), compressed anew."""
    return Form(_compressed(text), f"{kind}.zst", {})


def _compressed(text: bytes) -> bytes:
    """One frame with its size and checksum, as `zstd.compress` makes it.

    That makes tables for it each time; these are the ones that this thread used before.
    """
    compressor = getattr(_compressors, "own", None)
    # Whatever happens half-way, nobody goes on with what is begun here.
    _compressors.own = None
    if compressor is None:
        compressor = zstd.ZstdCompressor(options=_REWRITE)
    compressor.set_pledged_input_size(len(text))
    frame: bytes = compressor.compress(text, mode=zstd.ZstdCompressor.FLUSH_FRAME)
    _compressors.own = compressor
    return frame


def difference(text: bytes, references: Sequence[Reference], earlier: bytes) -> Form:
    """A page as what differs from `earlier`, the references' texts joined in their order."""
    window = min(_WIDEST, max(20, (len(earlier) + len(text)).bit_length()))
    compressor = zstd.ZstdCompressor(
        options=_DIFFERENCE | {_P.window_log: window},
        zstd_dict=zstd.ZstdDict(earlier, is_raw=True).as_prefix,
    )
    data = compressor.compress(text, mode=zstd.ZstdCompressor.FLUSH_FRAME)
    told = {"bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}
    against = [each.path for each in references]
    return Form(data, "json.zst", {"text": told, "against": against})


class PageReader:
    """Reads pages back; keeps a few texts that differences were last read against.

    May be used by several threads at once.
    """

    def __init__(self, store: Store) -> None:
        """Reads nothing yet."""
        self._store = store
        # By path, and whether the digest was compared: only such a text may be built on.
        self._kept: OrderedDict[tuple[str, bool], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def text(self, path: str, page: Mapping[str, Any]) -> bytes:
        """The JSON text of a page; `page` is its record in the manifest of its collection.

        Raises Tampered when a file is not what was sealed, LockerError when it cannot be read.
        """
        data = self.check(path, page)
        earlier = b"".join(map(self._reference, page.get("against", ())))
        text = unpacked(path, data, earlier)
        told = page.get("text")
        if told is not None and hashlib.sha256(text).hexdigest() != told["sha256"]:
            raise Tampered(
                f"{path} does not give the text that was sealed: what it differs from has changed.",
                hint="See what `watchkeeper verify` says.",
            )
        return text

    def check(self, path: str, page: Mapping[str, Any]) -> bytes:
        """A file as its record (`sha256`) has it; raises Tampered and LockerError as `text`."""
        data = self._store.get(path)
        if hashlib.sha256(data).hexdigest() != page["sha256"]:
            raise Tampered(
                f"{path} is not what was sealed.", hint="See what `watchkeeper verify` says."
            )
        return data

    def earlier(self, references: Sequence[Reference]) -> bytes:
        """The texts of references, joined."""
        return b"".join(
            self._remembered((each.path, True), partial(self.text, each.path, each.page))
            for each in references
        )

    def _reference(self, path: str) -> bytes:
        return self._remembered((path, False), lambda: unpacked(path, self._store.get(path), b""))

    def _remembered(self, name: tuple[str, bool], read: Callable[[], bytes]) -> bytes:
        """A text read before, or read now; the next page often begins where this one ended."""
        with self._lock:
            found = self._kept.get(name)
        if found is None:
            found = read()
        with self._lock:
            self._kept[name] = found
            self._kept.move_to_end(name)
            while len(self._kept) > _REMEMBERED:
                self._kept.popitem(last=False)
        return found


def unpacked(path: str, data: bytes, earlier: bytes) -> bytes:
    """What a stored page decompresses to; raises LockerError when it is broken."""
    try:
        if path.endswith(".gz"):
            return zlib.decompress(data, wbits=31)
        options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WIDEST}
        if earlier:
            prefix = zstd.ZstdDict(earlier, is_raw=True).as_prefix
            return zstd.decompress(data, zstd_dict=prefix, options=options)
        return zstd.decompress(data, options=options)
    except (zlib.error, zstd.ZstdError) as error:
        raise LockerError(f"{path} cannot be decompressed: {error}") from error
