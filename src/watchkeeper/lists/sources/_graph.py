"""Microsoft Graph: signing in as an application, and lists page by page.

Spoken here and not through Microsoft's library: of that one POST would be used, which Jamf Pro
takes in the same form; the library asks further hosts for it and refuses a server on this machine.
"""

from collections.abc import Mapping
from typing import Any

from watchkeeper.clock import Clock
from watchkeeper.errors import SourceFailed, UsageError
from watchkeeper.lists.sources import Option
from watchkeeper.lists.sources._records import listed, unlike
from watchkeeper.lists.sources._wire import MOST_PAGES, Expired, Wire, parse_base
from watchkeeper.locker.stated import Document

OPTIONS = (
    Option("tenant", "The tenant's id, or its domain."),
    Option("client_id", "The application's (client) id."),
    Option("client_secret", "The application's secret.", secret=True),
    Option(
        "login",
        "Where to sign in; another one for a national cloud.",
        required=False,
        default="https://login.microsoftonline.com",
    ),
    Option(
        "graph",
        "Where Graph is; another one for a national cloud.",
        required=False,
        default="https://graph.microsoft.com",
    ),
)
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")


def records(
    title: str, options: Mapping[str, str], path: str, clock: Clock
) -> tuple[list[dict[str, Any]], tuple[Document, ...]]:
    """All records of a list, and its pages as they came; raises SourceFailed."""
    base = parse_base(options["graph"], "graph")
    found: list[dict[str, Any]] = []
    documents: list[Document] = []
    with Wire(base, title, clock) as wire:
        token = _token(title, options, base, clock)
        seen: set[str] = set()
        url = path
        while url:
            if url in seen or len(seen) >= MOST_PAGES:
                raise SourceFailed(f"{title} gives a list without an end.", hint="Try again later.")
            seen.add(url)
            try:
                body, page = wire.json(url, _bearer(token))
            except Expired:
                if not documents:
                    raise
                token = _token(title, options, base, clock)  # it lives for an hour
                body, page = wire.json(url, _bearer(token))
            found += listed(title, page, "value")
            facts = {"from": f"{wire.shown}{path.partition('?')[0]}", "page_of_list": len(seen)}
            documents.append(Document(body, facts=facts))
            following = page.get("@odata.nextLink") or ""
            if not isinstance(following, str):
                raise SourceFailed(f"{title} names no proper next page.", hint="Try again later.")
            url = following
    unlike(title, found)
    return found, tuple(documents)


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _token(title: str, options: Mapping[str, str], graph: str, clock: Clock) -> str:
    tenant = options["tenant"]
    if not set(tenant) <= _SAFE:
        raise UsageError("tenant is neither an id nor a domain.", hint="Give it as Entra shows it.")
    form = {
        "grant_type": "client_credentials",
        "client_id": options["client_id"],
        "client_secret": options["client_secret"],
        "scope": f"{graph}/.default",
    }
    with Wire(parse_base(options["login"], "login"), f"The sign-in of {title}", clock) as wire:
        return wire.token(f"/{tenant}/oauth2/v2.0/token", form)
