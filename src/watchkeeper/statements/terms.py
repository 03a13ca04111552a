"""Beginnings and ends as people type them: a day, or a number of days."""

import re
from datetime import UTC, datetime, time, timedelta

from watchkeeper.errors import UsageError

_DAYS = re.compile(r"[1-9][0-9]{0,3}")
_LAST = time(23, 59, 59)


def parse_begin(text: str) -> datetime | None:
    """The beginning (UTC) of a day such as 2026-03-31; None for nothing. Raises UsageError."""
    return _day(text, time()) if text.strip() else None


def parse_end(text: str, begins: datetime) -> datetime | None:
    """The last second (UTC) of a day such as 2026-03-31, or so many days (`30`) after `begins`.

    None for nothing. Raises UsageError.
    """
    given = text.strip()
    if _DAYS.fullmatch(given):
        return begins + timedelta(days=int(given))
    return _day(given, _LAST) if given else None


def _day(text: str, at: time) -> datetime:
    try:
        found = datetime.strptime(text.strip(), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise UsageError(
            f"{text.strip()[:40]!r} is no day.", hint="Give one as 2026-03-31, or days as 30."
        ) from None
    return datetime.combine(found.date(), at, UTC)
