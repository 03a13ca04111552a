"""An API token, read from what people paste, and kept out of everything that is printed."""

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from watchkeeper.errors import UsageError

# The console's own session tokens live for hours; API tokens for at least a month.
_SESSION_SECONDS = 2 * 24 * 3600
_SHORTEST = 20
_REMOVED = "***"


@dataclass(frozen=True, slots=True)
class Token:
    """An API token. Printing it shows `***`; `expires` is the JWT's own claim, a hint only."""

    secret: str = field(repr=False)
    notes: tuple[str, ...] = ()
    expires: datetime | None = None
    _forms: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Works out how it may be written."""
        object.__setattr__(self, "_forms", _forms(self.secret))

    def __str__(self) -> str:
        return _REMOVED

    @property
    def fingerprint(self) -> str:
        """The first 12 hex digits of its SHA-256: tells tokens apart, reveals nothing."""
        return hashlib.sha256(self.secret.encode()).hexdigest()[:12]

    def scrub(self, text: str) -> str:
        """The text without the token, however that is written in it."""
        for form in self._forms:
            text = text.replace(form, _REMOVED)
        return text

    def scrub_page(self, page: bytes) -> tuple[bytes, int]:
        """A page without the token, and how often it was there; the same object where never."""
        found = 0
        for form in map(str.encode, self._forms):
            if form in page:
                found += page.count(form)
                page = page.replace(form, _REMOVED.encode())
        return page, found


def _forms(secret: str) -> tuple[str, ...]:
    """A token as it is, and as JSON (in JSON, too) and an address may write it, longest first.

    Most tokens are made of characters that are written one way only: those have one form.
    """
    escaped = json.dumps(secret)[1:-1]
    in_json = [escaped, escaped.replace("/", r"\/")]
    quoted = [quote(secret, safe=safe) for safe in ("", "/")]
    lower = [re.sub("%..", lambda code: code[0].lower(), each) for each in quoted]
    found = {secret, *in_json, *(json.dumps(each)[1:-1] for each in in_json), *quoted, *lower}
    return tuple(sorted(found, key=len, reverse=True))


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
