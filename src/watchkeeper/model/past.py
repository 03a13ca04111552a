"""A past day or moment, as people ask for it. Pure."""

from datetime import UTC, date, datetime, time

from watchkeeper.errors import UsageError


def end_of(day: date, now: datetime) -> datetime:
    """The end of a day (UTC), for today `now`; raises UsageError for a day that is to come."""
    if day > now.astimezone(UTC).date():
        raise _to_come(day.isoformat())
    return min(datetime.combine(day, time.max, UTC), now)


def parse_past(text: str, now: datetime) -> datetime:
    """The moment (UTC) that `2026-03-31` or `2026-03-31T12:00:00Z` names, a day by its end.

    Today is `now`. Raises UsageError for what is neither, and for what is to come.
    """
    try:
        return end_of(date.fromisoformat(text), now)
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is no day and no moment.", hint="Give 2026-03-31 or 2026-03-31T12:00:00Z."
        ) from None
    moment = found if found.tzinfo else found.replace(tzinfo=UTC)
    if moment > now:
        raise _to_come(text)
    return moment


def _to_come(text: str) -> UsageError:
    return UsageError(
        f"{text} is still to come: nothing has been judged by then.",
        hint="Give a past day or moment (UTC), or today.",
    )
