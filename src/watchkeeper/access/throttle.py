"""Slows the guessing of passwords: so many tries per account and address in so much time."""

from datetime import datetime, timedelta

from watchkeeper.access.models import SignInAttempt

TRIES = 8
WINDOW = timedelta(minutes=15)
_KEPT = timedelta(days=1)


def attempt(account: str, address: str | None, now: datetime) -> bool:
    """Notes a try before the password is looked at; False when there were too many.

    Noting comes first, so that many tries at the same moment count as many.
    """
    name = _name(account)
    SignInAttempt.objects.filter(at__lt=now - _KEPT).delete()
    SignInAttempt.objects.create(account=name, address=address, at=now)
    recent = SignInAttempt.objects.filter(account=name, address=address, at__gt=now - WINDOW)
    return recent.count() <= TRIES


def succeeded(account: str, address: str | None) -> None:
    """Forgets the tries: the right password was given."""
    SignInAttempt.objects.filter(account=_name(account), address=address).delete()


def forget(account: str) -> None:
    """Forgets the tries from everywhere: the account has another password now."""
    SignInAttempt.objects.filter(account=_name(account)).delete()


def _name(account: str) -> str:
    return account.strip().lower().replace("\x00", "")[:254]
