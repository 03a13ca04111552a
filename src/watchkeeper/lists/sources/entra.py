"""Microsoft Entra ID: devices as assets, users as people."""

from collections.abc import Mapping
from typing import Any

from watchkeeper.clock import Clock
from watchkeeper.lists.sources import Given, Option, Source, _graph
from watchkeeper.lists.sources._records import sheet

_TITLE = "Microsoft Entra ID"
# Properties of device and user (Graph v1.0).
_DEVICE = (
    "id",
    "displayName",
    "operatingSystem",
    "accountEnabled",
    "approximateLastSignInDateTime",
)
_USER = ("id", "displayName", "mail", "userPrincipalName", "accountEnabled")


def _read(options: Mapping[str, str], resource: str, clock: Clock) -> Given:
    if resource == "assets":
        path = f"/v1.0/devices?$select={','.join(_DEVICE)}"
        found, documents = _graph.records(_TITLE, options, path, clock)
        return Given(sheet(_TITLE, _DEVICE, found), documents)
    path = f"/v1.0/users?$select={','.join(_USER)},userType"
    found, documents = _graph.records(_TITLE, options, path, clock)
    kept = [each for each in found if options["guests"] == "yes" or each.get("userType") != "Guest"]
    notes = (f"guests left out: {len(found) - len(kept):,}",) if len(kept) < len(found) else ()
    fields = ("id", "displayName", "email", "accountEnabled")
    return Given(sheet(_TITLE, fields, map(_with_email, kept)), documents, notes)


def _with_email(user: dict[str, Any]) -> dict[str, Any]:
    """Many have no mailbox: then it is the name they sign in with."""
    return user | {"email": user.get("mail") or user.get("userPrincipalName")}


SOURCE = Source(
    name="entra",
    title=_TITLE,
    options=(
        *_graph.OPTIONS,
        Option("guests", "yes, if guests are people too.", required=False, default="no"),
    ),
    resources=("assets", "people"),
    read=_read,
    live=True,
)
