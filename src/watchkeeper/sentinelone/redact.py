"""Secrets out of a page: only their values are overwritten, every other byte stays."""

import json
import re
from collections.abc import Iterator

RULES_VERSION = "1"
REMOVED = b'"[removed by Watchkeeper]"'
_COLON = re.compile(rb"\s*:\s*")
_HARMLESS = re.compile(rb'(?:null|""|\[\s*\]|\{\s*\})(?=\s*[,}\]])')
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_decoder = json.JSONDecoder()


def redact(page: bytes, secrets: tuple[str, ...]) -> tuple[bytes, dict[str, int]]:
    """The page with every value of the `secrets` keys overwritten, and how many of each.

    Returns the same object when there was nothing to remove. The page must be valid JSON: a
    value of any type is found by reading it, not by guessing its end.
    """
    found = sorted((start, key) for key in secrets for start in _values(page, f'"{key}"'.encode()))
    pieces: list[bytes] = []
    removed: dict[str, int] = {}
    position = 0
    for start, key in found:
        if start < position:
            continue  # inside a value that is gone already
        pieces += [page[position:start], REMOVED]
        position = _end(page, start)
        removed[key] = removed.get(key, 0) + 1
    if not removed:
        return page, {}
    return b"".join([*pieces, page[position:]]), removed


def _values(page: bytes, key: bytes) -> Iterator[int]:
    """Where the values of a key start, those left out that hold nothing.

    Nearly every value of a page holds nothing, written as a console writes it; those are told
    apart without an expression, which would take as long as decompressing the page.
    """
    nothing = (key + b':""', key + b":null")
    at = page.find(key)
    while at >= 0:
        if not page.startswith(nothing, at):
            colon = _COLON.match(page, at + len(key))
            if colon is not None and not _HARMLESS.match(page, colon.end()):
                yield colon.end()
        at = page.find(key, at + len(key))


def _end(page: bytes, start: int) -> int:
    """Where the JSON value that starts there ends."""
    string = _STRING.match(page, start)
    if string is not None:
        return string.end()
    text = page[start:].decode()
    _, length = _decoder.raw_decode(text)
    return start + len(text[:length].encode())
