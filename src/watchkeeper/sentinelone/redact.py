"""Secrets out of a page: only their values are overwritten, every other byte stays."""

import json
import re

RULES_VERSION = "1"
REMOVED = '"[removed by Watchkeeper]"'
_HARMLESS = re.compile(rb'(?:null|""|\[\s*\]|\{\s*\})(?=\s*[,}\]])')
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_decoder = json.JSONDecoder()


def redact(page: bytes, secrets: tuple[str, ...]) -> tuple[bytes, dict[str, int]]:
    """The page with every value of the `secrets` keys overwritten, and how many of each.

    Returns the same object when there was nothing to remove. The page must be valid JSON: a
    value of any type is found by reading it, not by guessing its end.
    """
    present = [key for key in secrets if f'"{key}"'.encode() in page]
    if not present:
        return page, {}
    keys = b"|".join(re.escape(key.encode()) for key in present)
    pieces: list[bytes] = []
    removed: dict[str, int] = {}
    position = 0
    for match in re.finditer(rb'"(' + keys + rb')"\s*:\s*', page):
        if match.start() < position or _HARMLESS.match(page, match.end()):
            continue
        pieces += [page[position : match.end()], REMOVED.encode()]
        position = _end(page, match.end())
        key = match.group(1).decode()
        removed[key] = removed.get(key, 0) + 1
    if not removed:
        return page, {}
    return b"".join([*pieces, page[position:]]), removed


def _end(page: bytes, start: int) -> int:
    """Where the JSON value that starts there ends."""
    string = _STRING.match(page, start)
    if string is not None:
        return string.end()
    text = page[start:].decode()
    _, length = _decoder.raw_decode(text)
    return start + len(text[:length].encode())
