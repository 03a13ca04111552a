"""From one page to the next: a pure decision."""

import hashlib
from urllib.parse import unquote

END_MARKS = frozenset({None, "", "null"})


class RepeatedCursor(ValueError):
    """The console sent a cursor that was followed before: the walk would never end."""


def following(next_cursor: str | None, followed: set[str]) -> str | None:
    """The cursor to send for the next page, None at the end (reference section 4).

    A console sends cursors percent-encoded; one that holds `%` is decoded once, as the HTTP
    library encodes again. `followed` holds what was followed so far and is added to.
    """
    if next_cursor in END_MARKS or next_cursor is None:
        return None
    cursor = unquote(next_cursor) if "%" in next_cursor else next_cursor
    if cursor in followed:
        raise RepeatedCursor("the console repeats a cursor")
    followed.add(cursor)
    return cursor


def cursor_digest(cursor: str | None) -> str:
    """A cursor's SHA-256 (hex) for the manifest; empty for the first page."""
    return hashlib.sha256(cursor.encode()).hexdigest() if cursor else ""
