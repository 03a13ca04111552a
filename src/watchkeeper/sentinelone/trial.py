"""What one try brought: the answer read, a reason to ask again, or an error by its name.

A core's work (decompressing, cleaning, decoding) and no question to the console.
"""

from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import msgspec

from watchkeeper.errors import NotJson
from watchkeeper.sentinelone import answers
from watchkeeper.sentinelone.exchange import Answer, Request
from watchkeeper.sentinelone.redact import ITSELF, cleaned
from watchkeeper.sentinelone.retry import Failure
from watchkeeper.sentinelone.token import Token
from watchkeeper.sentinelone.transport import Received, WireError, plain

T = TypeVar("T")
UNAUTHORIZED, THROTTLED, SERVER_ERROR = 401, 429, 500
_SUCCESSES_END, _NOT_IMPLEMENTED = 300, 501
# What reading a body can raise that is not what was promised, however odd it is.
_UNREADABLE = (
    msgspec.MsgspecError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)


class Retry(Exception):
    """A try that brought nothing; asking again may help."""

    def __init__(
        self,
        failure: Failure,
        message: str,
        *,
        status: int | None = None,
        after: float | None = None,
        excerpt: str = "",
    ) -> None:
        """`after`: the seconds the console asks to wait; `excerpt`: how the body begins."""
        super().__init__(message)
        self.failure = failure
        self.message = message
        self.status = status
        self.after = after
        self.excerpt = excerpt


class NotAccepted(Exception):
    """A 401: what it means shows only when something else is asked."""

    def __init__(self, excerpt: str) -> None:
        """`excerpt`: how the body begins."""
        super().__init__("401")
        self.excerpt = excerpt


def outcome(
    request: Request,
    received: Received,
    read: Callable[[bytes], T],
    token: Token,
    secrets: tuple[str, ...],
    now: datetime,
) -> Answer[T]:
    """The answer read, its text cleaned before that.

    Raises Retry when asking again may help, NotAccepted for a 401, a ConsoleError when neither.
    """
    if received.status >= _SUCCESSES_END:
        raise _refused(request, received, now)
    try:
        text = plain(received)
    except WireError as error:
        raise Retry(error.failure, error.message, status=received.status) from error
    if not text.strip():
        raise Retry(Failure.MALFORMED, "the body is empty", status=received.status)
    try:
        answers.check_json(request.path, received.headers.get("content-type", ""), text)
        text, removed = cleaned(text, secrets, token)
        if not removed and token.scrub_page(received.body)[1]:
            removed = {ITSELF: 1}  # around the compressed text, which would be stored with it
        value = read(text)
    except NotJson:
        raise
    except _UNREADABLE as error:
        raise Retry(
            Failure.MALFORMED,
            f"not the JSON promised: {error}",
            status=received.status,
            excerpt=answers.excerpt(text),
        ) from error
    return Answer(received, text, value, request, request.params, removed)


def _refused(request: Request, received: Received, now: datetime) -> Exception:
    """What an answer means that is no success."""
    status = received.status
    try:
        text = plain(received)
    except WireError:
        text = b""  # the status says enough
    if status == UNAUTHORIZED:
        return NotAccepted(answers.excerpt(text))
    if status == THROTTLED:
        after = _retry_after(received, now)
        return Retry(Failure.THROTTLED, str(status), status=status, after=after)
    # One that is not implemented says that the feature is absent, and will be when asked again.
    if status < SERVER_ERROR or status == _NOT_IMPLEMENTED:
        return answers.refusal(request.path, request.params, status, text)
    return Retry(
        Failure.UNAVAILABLE,
        str(status),
        status=status,
        after=_retry_after(received, now),
        excerpt=answers.excerpt(text),
    )


def _retry_after(received: Received, now: datetime) -> float | None:
    """The seconds of a `Retry-After` header (number or date), None without a readable one."""
    text = received.headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        if text.isdecimal():
            return float(text)
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None
