"""What a status and a body mean: a pure reading of an answer that is no success."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from watchkeeper.errors import (
    ConsoleError,
    CursorExpired,
    Denied,
    ListRefused,
    NotJson,
    NotLicensed,
    NotServed,
    Refused,
    UnknownParameter,
)
from watchkeeper.sentinelone.redact import until_secrets
from watchkeeper.sentinelone.tolerant import without_halves

EXCERPT = 2_000
_OVERLAP = 8_192  # longer than any token
SITE_USERS = "not allowed to site users"
# The console's words for a feature that was not bought, beside those for a permission (reference,
# section 7): "Feature … is not available for the scope".
_LICENCE = re.compile(r"not available for the scope|licen[cs]e", re.IGNORECASE)
_FIELD = re.compile(r"\b([A-Za-z]+(?:__[a-z]+)?)\b")


@dataclass(frozen=True, slots=True)
class Fault:
    """An error body as the console words it; empty strings where it says nothing."""

    code: int
    title: str
    detail: str

    def __str__(self) -> str:
        return " – ".join(part for part in (self.title, self.detail) if part)


def read_fault(text: bytes) -> Fault:
    """The first error of a body; anything else than the documented shape gives empty fields."""
    try:
        body = json.loads(without_halves(text)[0])
        first = body["errors"][0]
        return Fault(
            code=int(first.get("code") or 0),
            title=str(first.get("title") or ""),
            detail=str(first.get("detail") or ""),
        )
    except (
        ValueError,
        KeyError,
        IndexError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
    ):
        return Fault(0, "", "")


def excerpt(text: bytes) -> str:
    """The beginning of a body, up to what may be a secret, whatever its status says it is.

    It is longer than what is kept: the token is scrubbed before the cut.
    """
    return until_secrets(text[: EXCERPT + _OVERLAP].decode("utf-8", "replace"))


def refusal(path: str, params: Mapping[str, str], status: int, text: bytes) -> ConsoleError:  # noqa: PLR0911 - one answer each
    """The error for an answer between 300 and 499 other than 401 and 429."""
    fault = read_fault(text)
    said = f": {fault}" if str(fault) else ""
    kept = excerpt(text)
    if 300 <= status < 400:  # noqa: PLR2004 - redirects
        return NotJson(
            f"{path} answers with a redirect ({status}), which is not followed.",
            hint="Is this the console's own address, with no proxy or sign-in page before it?",
            status=status,
            excerpt=kept,
        )
    if status == 403:  # noqa: PLR2004 - forbidden
        kind = NotLicensed if _LICENCE.search(f"{fault.title} {fault.detail}") else Denied
        return kind(f"{path} is forbidden (403){said}.", status=status, excerpt=kept)
    if status in {404, 405, 410, 501}:
        return NotServed(
            f"{path} is not served by this console ({status}){said}.", status=status, excerpt=kept
        )
    if status == 400 and "cursor" in params and "cursor" in fault.detail.lower():  # noqa: PLR2004 - bad request
        return CursorExpired(f"{path}: the cursor no longer holds.", status=status, excerpt=kept)
    if status == 400:  # noqa: PLR2004 - bad request
        parameter = _named(fault.detail, params)
        if parameter and "unknown field" in fault.detail.lower():
            return UnknownParameter(
                f"{path} does not know the parameter {parameter}.",
                parameter=parameter,
                status=status,
                excerpt=kept,
            )
        if parameter and "," in params[parameter]:
            return ListRefused(
                f"{path} takes no list for {parameter}.",
                parameter=parameter,
                status=status,
                excerpt=kept,
            )
    return Refused(f"{path} refuses the request ({status}){said}.", status=status, excerpt=kept)


def _named(detail: str, params: Mapping[str, str]) -> str:
    """The parameter of the request that an error's wording names, empty when it names none."""
    for word in _FIELD.findall(detail):
        if word in params:
            return str(word)
    return ""


def check_json(path: str, content_type: str, text: bytes) -> None:
    """Raises NotJson for a successful answer that is a page for people."""
    start = text[:64].lstrip().lower()
    if "html" in content_type.lower() or start.startswith(b"<"):
        raise NotJson(
            f"{path} answers with a page for people instead of JSON.",
            hint="A proxy or a sign-in page stands before it, or the address is not the console's.",
            status=200,
            excerpt=excerpt(text),
        )
