"""Secrets out of a page: only their values are overwritten, every other byte stays."""

import json
import re
import string
from collections.abc import Iterator

from watchkeeper.sentinelone.token import Token

RULES_VERSION = "1"
ITSELF = "the token itself"
REMOVED = b'"[removed by Watchkeeper]"'
_COLON = re.compile(rb"\s*:\s*")
_HARMLESS = re.compile(rb'(?:null|""|\[\s*\]|\{\s*\})(?=\s*[,}\]])')
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
# The end of a key that sounds secret, as JSON writes it, also where that stands in a text or in a
# page for people; bounded, so that no text makes the search long.
_SECRET = re.compile(
    r"""(?:key|token|secret|passw|passphrase|cert)\w{0,40}(?:["'\\]|&quot;|&#34;|&#x22;){1,4}\s*:""",
    re.IGNORECASE,
)
_OF_A_KEY = f"{string.ascii_letters}{string.digits}_\\\"'"
# To look at one byte more takes as long as to look through so many for a word.
_RARE = 1_000
_decoder = json.JSONDecoder()


def cleaned(page: bytes, secrets: tuple[str, ...], token: Token) -> tuple[bytes, dict[str, int]]:
    """The page without secrets and without the token, and how many of each were removed."""
    text, removed = redact(page, secrets)
    text, tokens = token.scrub_page(text)
    return text, removed | {ITSELF: tokens} if tokens else removed


def until_secrets(excerpt: str) -> str:
    """The beginning of a body, up to a key that sounds secret: nobody can say where it ends.

    Of which resource it is, and so which keys are secret, is not known everywhere.
    """
    found = _SECRET.search(excerpt)
    return excerpt[: found.start()].rstrip(_OF_A_KEY) if found else excerpt


def redact(page: bytes, secrets: tuple[str, ...]) -> tuple[bytes, dict[str, int]]:
    """The page with every value of the `secrets` keys overwritten, and how many of each.

    Returns the same object when there was nothing to remove. The page must be valid JSON: a
    value of any type is found by reading it, not by guessing its end.
    """
    found = sorted((start, key) for key in secrets for start in _values(page, key))
    view = memoryview(page)
    pieces: list[bytes | memoryview] = []
    removed: dict[str, int] = {}
    position = 0
    for start, key in found:
        if start < position:
            continue  # inside a value that is gone already
        pieces += [view[position:start], REMOVED]
        position = _end(page, start)
        removed[key] = removed.get(key, 0) + 1
    if not removed:
        return page, {}
    return b"".join([*pieces, view[position:]]), removed


def _values(page: bytes, key: str) -> Iterator[int]:
    """Where the values of a key start, those left out that hold nothing.

    Nearly every value of a page holds nothing, written as a console writes it; those are told
    apart without an expression, which would take as long as decompressing the page.
    """
    named = f'"{key}"'.encode()
    for start in _places(page, named, (named + b':""', named + b":null")):
        colon = _COLON.match(page, start + len(named))
        if colon is not None and not _HARMLESS.match(page, colon.end()):
            yield colon.end()


def _places(page: bytes, sought: bytes, passed: tuple[bytes, ...]) -> Iterator[int]:
    """Where `sought` begins in the page, in order, those left out that go on as in `passed`.

    A single byte is found ten times as fast as a word. Capitals are rare in most pages, so the
    first one is looked for where there is one, until too many were no part of the word.
    """
    ahead = next((place for place, byte in enumerate(sought) if chr(byte).isupper()), 0)
    capital, patience = sought[ahead : ahead + 1], len(page) // _RARE
    at = ahead
    while patience:
        at = page.find(capital, at)
        if at < 0:
            return
        if not page.startswith(passed, at - ahead):
            if page.startswith(sought, at - ahead):
                yield at - ahead
            else:
                patience -= 1
        at += 1
    at = page.find(sought, at - ahead)
    while at >= 0:
        if not page.startswith(passed, at):
            yield at
        at = page.find(sought, at + len(sought))


def _end(page: bytes, start: int) -> int:
    """Where the JSON value that starts there ends."""
    string = _STRING.match(page, start)
    if string is not None:
        return string.end()
    text = page[start:].decode()
    _, length = _decoder.raw_decode(text)
    return start + len(text[:length].encode())
