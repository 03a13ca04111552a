"""An API token, read from what people paste, and kept out of everything that is printed."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from watchkeeper.errors import UsageError

# The console's own session tokens live for hours; API tokens for at least a month.
_SESSION_SECONDS = 2 * 24 * 3600
_SHORTEST = 20


@dataclass(frozen=True, slots=True)
class Token:
    """An API token. Printing it shows `***`; `expires` is the JWT's own claim, a hint only."""

    secret: str = field(repr=False)
    notes: tuple[str, ...] = ()
    expires: datetime | None = None

    def __str__(self) -> str:
        return "***"

    @property
    def fingerprint(self) -> str:
        """The first 12 hex digits of its SHA-256: tells tokens apart, reveals nothing."""
        return hashlib.sha256(self.secret.encode()).hexdigest()[:12]

    def scrub(self, text: str) -> str:
        """The text without the token."""
        return text.replace(self.secret, "***")


def parse_token(text: str) -> Token:
    """The token in a pasted text or file; raises UsageError, never quoting what was given."""
    notes: list[str] = []
    cleaned = text.strip().lstrip("\ufeff").strip()
    unquoted = cleaned.strip("\"'`")
    if unquoted != cleaned:
        notes.append("quotes around the token were removed")
    for prefix in ("Authorization:", "ApiToken ", "APIToken "):
        if unquoted.startswith(prefix):
            unquoted = unquoted.removeprefix(prefix).strip()
            notes.append(f"the word {prefix.strip()!r} before the token was removed")
    if unquoted.startswith(("Token ", "Bearer ")):
        raise UsageError("This is the header of a web session, not an API token.", hint=_HOW)
    if "=" in unquoted[:40] and unquoted.split("=", 1)[0].lower() in {
        "sessionid",
        "cookie",
        "token",
    }:
        raise UsageError("This is a cookie of a web session, not an API token.", hint=_HOW)
    if not unquoted:
        raise UsageError("The token is empty.", hint=_HOW)
    if any(character.isspace() for character in unquoted):
        raise UsageError(
            "The token holds blanks or line breaks: more than one thing was pasted.",
            hint="The file must hold the token and nothing else.",
        )
    if not unquoted.isascii() or not unquoted.isprintable() or len(unquoted) < _SHORTEST:
        raise UsageError("This is not an API token: those are long and plain ASCII.", hint=_HOW)
    claims = _claims(unquoted)
    issued, expires = claims.get("iat"), claims.get("exp")
    if isinstance(issued, int) and isinstance(expires, int) and expires - issued < _SESSION_SECONDS:
        raise UsageError(
            "This token lives for hours: it is the one of a web session, not an API token.",
            hint=_HOW,
        )
    return Token(
        secret=unquoted,
        notes=tuple(notes),
        expires=_moment(expires),
    )


_HOW = (
    "In the console: Settings → Users → Service Users → create one with the role Viewer, "
    "and copy the API token that is shown once."
)


def _moment(seconds: object) -> datetime | None:
    """Seconds since 1970 as a time, None for what is no time."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None
    except (OverflowError, OSError, ValueError):
        return None


def _claims(token: str) -> dict[str, Any]:
    """The claims of a JWT, unverified; empty when it is none."""
    parts = token.split(".")
    if len(parts) != 3 or not token.startswith("eyJ"):  # noqa: PLR2004 - header, claims, signature
        return {}
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
