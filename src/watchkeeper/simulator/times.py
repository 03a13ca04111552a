"""Times as the console writes and as this package reads them."""

from datetime import UTC, datetime, timedelta


def stamp(moment: datetime, digits: int = 6) -> str:
    """The moment with `digits` digits of a second's fraction and a Z; UTC where it has no zone."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    text = moment.isoformat(timespec="microseconds")
    return f"{text[: 19 + digits + (digits > 0)]}Z"


def ago(now: datetime, seconds: float) -> str:
    """The usual form of the moment that many seconds before `now`."""
    return stamp(now - timedelta(seconds=seconds))


def read(text: object) -> datetime | None:
    """The moment a text names, or None when it names none."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
