"""What a failure means once the probe was answered: the token's fault, the console's, or neither.

Pure; the client asks the probe.
"""

from watchkeeper.errors import (
    ConsoleError,
    Denied,
    GoneSilent,
    NotJson,
    Throttled,
    TokenDead,
    TooSlow,
    Unavailable,
)
from watchkeeper.sentinelone.retry import Failure
from watchkeeper.sentinelone.trial import SERVER_ERROR, THROTTLED, UNAUTHORIZED, Retry

PATH = "/system/info"
"""Needs no permission: whoever has a token that lives is answered."""

ACCEPTED = 200


def unauthorized(path: str, excerpt: str, probed: int) -> ConsoleError:
    """A 401 is a dead token or a missing permission; the probe's status tells them apart."""
    if probed == ACCEPTED:
        return Denied(
            f"{path} is not permitted to this token (401; the token itself is accepted).",
            status=UNAUTHORIZED,
            excerpt=excerpt,
        )
    if probed != UNAUTHORIZED:
        return Unavailable(
            f"{path} answers 401, and whether the token is dead cannot be told "
            f"({PATH} answers {probed}).",
            hint="Collect later.",
            status=UNAUTHORIZED,
            excerpt=excerpt,
        )
    return TokenDead(
        "The console does not accept the token: it expired, was revoked, or belongs elsewhere.",
        hint="Generate a new token for the service user and give that one.",
        status=UNAUTHORIZED,
        excerpt=excerpt,
    )


def exhausted(console: str, path: str, last: Retry, why: str, probed: int) -> ConsoleError:
    """The error when the tries ran out; a console that is gone is told from a bad answer."""
    if probed == THROTTLED or probed >= SERVER_ERROR:
        return GoneSilent(
            f"{console} answers {probed} to everything.",
            hint="Check the console's status page, then run again.",
        )
    said = f"{path} gave nothing usable, given up {why}: {last.message}."
    match last.failure:
        case Failure.THROTTLED:
            return Throttled(said, hint="Collect later.", status=last.status)
        case Failure.UNAVAILABLE:
            return Unavailable(
                said, hint="Collect later.", status=last.status, excerpt=last.excerpt
            )
        case Failure.TIMED_OUT:
            return TooSlow(said, hint="Raise --total-timeout, or collect at a quieter hour.")
        case _:
            return NotJson(said, hint="Collect again.", status=last.status, excerpt=last.excerpt)
