"""What a connection's people are told once: a token that expires, a console that went away."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import IntegrityError, transaction

from watchkeeper.ledger.models import Connection, Notice

_log = structlog.get_logger("watchkeeper.notices")

WARN_DAYS = (30, 14, 7, 3, 1)
"""So many days before a token expires its people are warned, once each."""


def warning_days(expires: datetime, now: datetime) -> int | None:
    """The nearest of `WARN_DAYS` that has come; None while there are none, and once it expired."""
    left = expires - now
    if left <= timedelta():
        return None
    return min((days for days in WARN_DAYS if left <= timedelta(days=days)), default=None)


def tell(connection: Connection, about: str, text: str, now: datetime) -> bool:
    """Tells it, unless it was told and is not over; says whether it did."""
    try:
        with transaction.atomic():
            if connection.notices.filter(about=about, over_at=None).exists():
                return False
            Notice.objects.create(connection=connection, about=about, text=text, at=now)
    except IntegrityError:
        return False  # another process told it in this moment
    _log.warning(text, connection=connection.name)
    return True


def over(connection: Connection, prefix: str, now: datetime) -> None:
    """What was told and begins so is over: if it comes again, it is told again."""
    connection.notices.filter(about__startswith=prefix, over_at=None).update(over_at=now)


def warn_of_tokens(now: datetime) -> None:
    """Warns of every token that expires within 30 days, once for each of `WARN_DAYS`, and after."""
    soon = now + timedelta(days=max(WARN_DAYS))
    found = Connection.objects.filter(removed_at=None, token_expires_at__lte=soon)
    for connection in found:
        _warn(connection, now)


def _warn(connection: Connection, now: datetime) -> None:
    expires = connection.token_expires_at
    if expires is None:
        return
    token = f"token {connection.token_fingerprint}"
    days = warning_days(expires, now)
    if days is None:
        text = f"The API token of {connection.name} expired on {expires:%Y-%m-%d %H:%M} UTC."
        tell(connection, f"{token} expired", text, now)
        return
    left = _days(max(1, -(-(expires - now) // timedelta(days=1))))
    text = f"The API token of {connection.name} expires in {left}, on {expires:%Y-%m-%d}."
    tell(connection, f"{token} {days} days", text, now)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def open_notices(connection: int) -> Sequence[Notice]:
    """What a connection's people were told and is not over, the newest first."""
    return tuple(Notice.objects.filter(connection=connection, over_at=None))
