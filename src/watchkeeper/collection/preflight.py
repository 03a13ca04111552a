"""What a token can do, found out line by line before anything is collected or saved."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any

import msgspec

from watchkeeper.collection.cursor import FATAL
from watchkeeper.errors import (
    ConsoleError,
    Denied,
    ListRefused,
    NotLicensed,
    NotReachable,
    NotServed,
    TokenDead,
    UnknownParameter,
)
from watchkeeper.model.resource import Resource, Walk
from watchkeeper.resources import catalogue
from watchkeeper.sentinelone.client import Console
from watchkeeper.sentinelone.decode import page_total


class State(StrEnum):
    """How a finding stands."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it stands, what was found, what to do about it.

    `topic` is `address`, `reach`, `tls`, `token`, `identity`, `expiry`, `sites` or a resource's
    name; `records` is the console's count, None where it gives none.
    """

    topic: str
    state: State
    text: str
    advice: str = ""
    records: int | None = None
    permission: str = ""


def preflight(console: Console) -> Iterator[Finding]:
    """Yields findings as they come; ends early when the console or the token is dead.

    Raises nothing for what the console answers: that is a finding.
    """
    for note in (*console.address.notes, *console.token.notes):
        yield Finding("address", State.WARNING, f"{note[0].upper()}{note[1:]}.")
    try:
        answer = console.ask("/system/info", {}, _object)
    except NotReachable as error:
        topic = "tls" if "TLS" in error.message else "reach"
        yield Finding(topic, State.PROBLEM, error.message, error.hint)
        return
    except TokenDead as error:
        yield Finding("reach", State.OK, f"{console.address.url} answers.")
        yield _tls(console)
        yield Finding("token", State.PROBLEM, error.message, error.hint)
        return
    except ConsoleError as error:
        yield Finding("reach", State.PROBLEM, error.message, error.hint)
        return
    version = answer.value.get("version") or "of unknown version"
    yield Finding("reach", State.OK, f"{console.address.url} answers, console {version}.")
    yield _tls(console)
    yield Finding("token", State.OK, "The token is accepted.")
    sites: Finding | None = None
    try:
        for finding in chain(_identity(console), _resources(console)):
            if finding.topic == "sites":
                sites = finding
            yield finding
    except FATAL as error:
        topic = "token" if isinstance(error, TokenDead) else "reach"
        yield Finding(topic, State.PROBLEM, error.message, error.hint)
        return
    if sites is not None and sites.records is not None:
        yield _visible(sites.records)


def _tls(console: Console) -> Finding:
    if console.address.scheme == "https":
        return Finding("tls", State.OK, "TLS: the certificate is valid for this host.")
    return Finding("tls", State.OK, "No TLS: plain http, to this machine only.")


def _identity(console: Console) -> Iterator[Finding]:
    expires: datetime | None = None
    try:
        user = console.ask("/user", {}, _object).value
    except FATAL:
        raise
    except ConsoleError as error:
        yield Finding(
            "identity",
            State.WARNING,
            f"Whose token this is cannot be read: {error.message}",
            "Not needed for collecting; the role's permission Users.view shows it.",
        )
    else:
        name = user.get("fullName") or user.get("email") or user.get("id")
        held = user.get("scopeRoles")
        roles = sorted(
            {
                str(each.get("roleName"))
                for each in (held if isinstance(held, list) else [])
                if isinstance(each, dict)
            }
        )
        role = ", ".join(roles) or "unknown"
        scope = user.get("scope") or "unknown"
        weak = roles != ["Viewer"] and "unknown" not in role
        yield Finding(
            "identity",
            State.WARNING if weak else State.OK,
            f"The token belongs to {name}, role {role}, scope {scope}.",
            "Viewer is enough; a token that can do more is a risk without a use." if weak else "",
        )
        details = user.get("apiToken")
        expires = _moment(details.get("expiresAt")) if isinstance(details, dict) else None
        if expires is None and user.get("id"):
            expires = _details(console, str(user["id"]))
    yield _expiry(console, expires or console.token.expires)


def _details(console: Console, user: str) -> datetime | None:
    try:
        answer = console.ask(f"/users/{user}/api-token-details", {}, _object)
    except ConsoleError:
        return None  # one of several places to find the date; the next one is asked
    return _moment(answer.value.get("expiresAt"))


def _expiry(console: Console, expires: datetime | None) -> Finding:
    if expires is None:
        return Finding(
            "expiry",
            State.WARNING,
            "When the token expires cannot be read.",
            "Note the date yourself: after it, collecting stops.",
        )
    left = (expires - console.clock.now()).days
    text = f"The token expires on {expires:%Y-%m-%d} ({left} days left)."
    if left < 30:  # noqa: PLR2004 - a month to replace it, as the first warning of the product
        return Finding("expiry", State.WARNING, text, "Generate a new one before that day.")
    return Finding("expiry", State.OK, text)


def _resources(console: Console) -> Iterator[Finding]:
    for resource in catalogue().values():
        if resource.name in {"system", "own_user"}:
            continue
        try:
            yield _readable(resource, _probe(console, resource))
        except NotLicensed as error:
            yield _not_offered(resource, error)
        except Denied as error:
            yield _denied(resource, error)
        except FATAL:
            raise
        except ConsoleError as error:
            if isinstance(error, NotServed) and resource.optional:
                yield _not_offered(resource, error)
            else:
                yield Finding(resource.name, State.PROBLEM, error.message, error.hint)


def _readable(resource: Resource, records: int | None) -> Finding:
    if records == 0:
        return Finding(
            resource.name,
            State.WARNING if resource.name in {"agents", "sites"} else State.OK,
            f"{resource.title}: readable, empty.",
            "The token's scope may hold none: check its scope in the console."
            if resource.name in {"agents", "sites"}
            else "",
            records=0,
            permission=resource.permission,
        )
    told = "readable" if records is None else f"readable, {records:,} records"
    return Finding(
        resource.name,
        State.OK,
        f"{resource.title}: {told}.",
        records=records,
        permission=resource.permission,
    )


def _denied(resource: Resource, error: Denied) -> Finding:
    if resource.name == "accounts":
        return Finding(
            "accounts",
            State.WARNING,
            "Accounts: not permitted; they will be derived from the sites.",
            "A token of Account scope reads them.",
            permission=resource.permission,
        )
    return Finding(
        resource.name,
        State.WARNING if resource.optional else State.PROBLEM,
        f"{resource.title}: not permitted. {error.message}",
        f"Give the service user's role the permission {resource.permission}.",
        permission=resource.permission,
    )


def _not_offered(resource: Resource, error: ConsoleError) -> Finding:
    return Finding(
        resource.name,
        State.WARNING,
        f"{resource.title}: not offered. {error.message}",
        "It is not licensed, or not part of this console's version; controls that need it say so.",
        permission=resource.permission,
    )


def _probe(console: Console, resource: Resource) -> int | None:
    """How many records the console has; raises what it refuses with."""
    match resource.walk:
        case Walk.SINGLE:
            console.ask(resource.path, {}, _anything)
            return None
        case Walk.TIMELINES:
            threat = _first(console, "/threats", "")
            if threat is None:
                return 0
            path = resource.path.replace("{id}", threat)
            return console.ask(path, {"limit": "1"}, page_total).value
        case Walk.POLICIES:
            return _probe_policy(console)
        case Walk.EACH:
            role = _first(console, "/rbac/roles", "")
            if role is not None:
                console.ask(resource.path.replace("{id}", role), {}, _anything)
            return None if role is not None else 0
        case _:
            return _count(console, resource)


def _probe_policy(console: Console) -> int | None:
    site = _first(console, "/sites", "sites")
    if site is None:
        return 0
    try:
        console.ask(f"/sites/{site}/policy", {}, _anything)
    except NotServed:
        console.ask("/policy", {"siteIds": site}, _anything)
    return None


def _count(console: Console, resource: Resource) -> int | None:
    params = {name: value for name, value in resource.parameters if not name.startswith("sort")} | {
        "countOnly": "true",
        "limit": "1",
    }
    while True:
        try:
            return console.ask(resource.path, params, page_total).value
        except (UnknownParameter, ListRefused) as error:
            if error.parameter not in params:
                raise
            del params[error.parameter]


def _first(console: Console, path: str, envelope: str) -> str | None:
    def read(text: bytes) -> str | None:
        data: Any = msgspec.json.decode(text).get("data")
        rows = data.get(envelope) if envelope and isinstance(data, dict) else data
        return str(rows[0]["id"]) if rows else None

    return console.ask(path, {"limit": "1"}, read).value


def _visible(sites: int) -> Finding:
    if sites == 1:
        return Finding(
            "visible_sites",
            State.WARNING,
            "One site is visible.",
            "If the account has more, the service user has Site scope: an administrator of the "
            "account must give it Account scope.",
            records=1,
        )
    return Finding("visible_sites", State.OK, f"{sites} sites are visible.", records=sites)


def _object(text: bytes) -> dict[str, Any]:
    body = msgspec.json.decode(text)
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        raise msgspec.DecodeError("`data` is not an object")
    return data


def _anything(text: bytes) -> None:
    body = msgspec.json.decode(text)
    if not isinstance(body, dict) or "data" not in body:
        raise msgspec.DecodeError("there is no `data` in the answer")


def _moment(text: Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None
