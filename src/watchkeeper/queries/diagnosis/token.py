"""The token: dead, lost, or about to expire."""

from collections.abc import Iterator

from watchkeeper.queries.diagnosis._facts import Diagnosis, Facts, Weight

_NEW = (
    "In the console open Settings > Users > Service Users, generate a new API token for the "
    "service user, and give it here with Edit Connection. Nothing that was collected is lost."
)


def diagnose(facts: Facts) -> Iterator[Diagnosis]:
    """A token that is dead is told by why: expired, or revoked before its time."""
    connection = facts.connection
    expires = connection.token_expires_at
    known = f"Token {connection.token_fingerprint}"
    if connection.token_user:
        known += f" of {connection.token_user}"
    if connection.state == "token lost":
        yield Diagnosis(
            Weight.STOPPED,
            "The API token has to be given again",
            (f"{known} is encrypted with a key that this installation no longer has.",),
            "Bring the key back (`watchkeeper doctor` says where it is looked for), or enter the "
            "token again with Edit Connection.",
            connection.state_since,
        )
    elif connection.state == "token dead":
        title, last, step = _dead(facts)
        yield Diagnosis(
            Weight.STOPPED,
            title,
            (f"{known}: the console answers 401, also to what needs no permission.", last),
            step,
            connection.state_since,
        )
    elif expires is not None and connection.token_state(facts.now) in {"soon", "expired"}:
        left = expires - facts.now
        yield Diagnosis(
            Weight.SOON,
            f"The API token expires in {max(0, left.days)} days"
            if left.days != 1
            else "The API token expires in 1 day",
            (f"{known} expires on {expires:%Y-%m-%d %H:%M} UTC.",),
            _NEW,
        )


def _dead(facts: Facts) -> tuple[str, str, str]:
    """Why a token is dead, as far as its expiry tells: a title, a fact, and what to do."""
    expires = facts.connection.token_expires_at
    if expires is None:
        return (
            "The API token is no longer accepted",
            "When it was to expire was never read, so it may have expired or been revoked.",
            _NEW,
        )
    if expires <= facts.now:
        return "The API token has expired", f"It expired on {expires:%Y-%m-%d %H:%M} UTC.", _NEW
    return (
        "The API token was revoked",
        f"Its time had not come: it would have expired on {expires:%Y-%m-%d}.",
        (
            "Somebody generated a newer token for the same service user, deactivated or deleted "
            f"it, or changed its role or scope. {_NEW}"
        ),
    )
