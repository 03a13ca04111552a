"""Secrets out of a page: only their values are overwritten, every other byte stays."""

import json
import re

RULES_VERSION = "1"
REMOVED = '"[removed by Watchkeeper]"'
_HARMLESS = re.compile(r'(?:null|""|\[\s*\]|\{\s*\})(?=\s*[,}\]])')
_decoder = json.JSONDecoder()


def redact(page: bytes, secrets: tuple[str, ...]) -> tuple[bytes, dict[str, int]]:
    """The page with every value of the `secrets` keys overwritten, and how many of each.

    Returns the same object when there was nothing to remove. The page must be valid JSON: a
    value of any type is found by reading it, not by guessing its end.
    """
    present = [key for key in secrets if f'"{key}"'.encode() in page]
    if not present:
        return page, {}
    text = page.decode()
    keys = "|".join(re.escape(key) for key in present)
    pieces: list[str] = []
    removed: dict[str, int] = {}
    position = 0
    for match in re.finditer(rf'"({keys})"\s*:\s*', text):
        if match.start() < position or _HARMLESS.match(text, match.end()):
            continue
        _, end = _decoder.raw_decode(text, match.end())
        pieces += [text[position : match.end()], REMOVED]
        position = end
        removed[match.group(1)] = removed.get(match.group(1), 0) + 1
    if not removed:
        return page, {}
    return "".join([*pieces, text[position:]]).encode(), removed
