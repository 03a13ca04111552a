"""Policies: one object per scope, and the one in effect for every group.

A policy holds no id, so each is bound to the scope that was asked for. A group that inherits has
its site's policy and is not asked for; every other group is. Complete means: the effective policy
of every visible group is known (reference section 3.4).
"""

import hashlib
import json
from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from watchkeeper.collection import cursor
from watchkeeper.collection.crew import Put, gathered
from watchkeeper.collection.reading import Kept, Reading
from watchkeeper.errors import ConsoleError, Denied, NotServed
from watchkeeper.model.collection import Collection, Completeness, Verdict
from watchkeeper.sentinelone.decode import Rows
from watchkeeper.sentinelone.exchange import Answer

FILTER_ROUTE = "/policy"
_FILTERS = {"account": "accountIds", "site": "siteIds", "group": "groupIds"}
_NAMED_SOURCE = {"global": "tenant"}
_NO_SETTINGS = frozenset(
    {"createdAt", "updatedAt", "userId", "userFullName", "inheritedFrom", "isDefault"}
)

Owner = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Scopes:
    """What the policies belong to, from the collections of sites, accounts and groups."""

    sites: dict[str, Owner]
    accounts: dict[str, Owner]
    groups: dict[str, Owner]


@dataclass(slots=True)
class _Walk:
    """What was found so far: each site's policy, and the groups without one."""

    filtered: bool = False
    of_site: dict[str, Kept] = field(default_factory=dict)
    known_groups: int = 0
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Found:
    """One scope's answer: its stored policy, or None with why there is none."""

    scope: str
    owner: Owner
    kept: Kept | None
    why: str = ""


def read(reading: Reading) -> Collection:
    """Reads every scope's policy and resolves inheritance."""
    scopes, lacking = _scopes(reading)
    found = _Walk()
    reading.expected = len(scopes.sites) + len(scopes.groups)
    broken = cursor.attempt(reading, partial(_everything, reading, scopes, found), None)
    reading.facts["policies"] = {
        "route": FILTER_ROUTE if found.filtered else reading.resource.path,
        "groups": len(scopes.groups),
        "groups_known": found.known_groups,
    }
    if found.filtered:
        reading.route = FILTER_ROUTE
    reason = broken or lacking
    if not reason and found.missing:
        reason = (
            f"no policy is known for {len(found.missing)} groups, the first: {found.missing[0]}"
        )
    outcome = Completeness(
        verdict=Verdict.INCOMPLETE if reason else Verdict.COMPLETE,
        reason=reason,
        rows=reading.rows,
        distinct=reading.distinct,
        count_before=None,
        count_after=None,
        notes=(f"the effective policy of {found.known_groups} of {len(scopes.groups)} groups",),
    )
    return reading.seal(outcome)


def _everything(reading: Reading, scopes: _Scopes, found: _Walk) -> None:
    """Sites first: what groups inherit. The first site shows which route the console serves."""
    sites = list(scopes.sites.values())
    for some in (sites[:1], sites[1:]):
        with closing(_asked(reading, _each("site", some), scopes, found)) as policies:
            for one in policies:
                found.of_site[one.owner["id"]] = _taken(reading, one)
    own = [group for group in scopes.groups.values() if _inherited(group, found) is None]
    with closing(_asked(reading, _each("group", own), scopes, found)) as policies:
        for one in policies:
            if one.kept is None:
                found.missing.append(f"{one.owner['name']} ({one.owner['id']})")
            else:
                _taken(reading, one)
                found.known_groups += 1
    for group in scopes.groups.values():
        inherited = _inherited(group, found)
        if inherited is not None:
            reading.add(_follows(group, inherited, scopes))
            found.known_groups += 1
    _above(reading, scopes, found)


def _above(reading: Reading, scopes: _Scopes, found: _Walk) -> None:
    """The accounts' and the tenant's policies: a token of a narrower scope may not read them."""
    above = _each("account", scopes.accounts.values())
    if not found.filtered:
        above.append(("tenant", {"id": "", "name": "Global"}))
    notes: list[str] = []
    with closing(_asked(reading, above, scopes, found)) as policies:
        for one in policies:
            if one.kept is None:
                said = f"the policy of {one.scope} {one.owner['name']} was not read: {one.why}"
                notes.append(said)
            else:
                _taken(reading, one)
    reading.notes += sorted(notes)


def _each(scope: str, owners: Iterable[Owner]) -> list[tuple[str, Owner]]:
    return [(scope, owner) for owner in owners]


def _asked(
    reading: Reading, wanted: list[tuple[str, Owner]], scopes: _Scopes, found: _Walk
) -> Generator[_Found, None, None]:
    """The policies of some scopes, several asked for at once, as they come."""
    tasks = [partial(_one, reading, scope, owner, scopes, found) for scope, owner in wanted]
    walks = reading.job.console.limits.walks
    return gathered(tasks, workers=min(walks, len(tasks)))


def _one(
    reading: Reading,
    scope: str,
    owner: Owner,
    scopes: _Scopes,
    found: _Walk,
    put: Put[_Found],
) -> None:
    """Asks for one scope's policy and stores it."""
    try:
        answer, bound = _policy_and_bound(reading, scope, owner, scopes, found)
    except NotServed as error:
        if scope == "site":
            raise
        put(_Found(scope, owner, None, str(error)))
        return
    except Denied as error:
        if scope in {"site", "group"}:
            raise
        put(_Found(scope, owner, None, str(error)))
        return
    put(_Found(scope, owner, reading.keep(answer, bound)))


def _policy_and_bound(
    reading: Reading, scope: str, owner: Owner, scopes: _Scopes, found: _Walk
) -> tuple[Answer[Rows], dict[str, Any]]:
    """One scope's policy and what binds it.

    A page of before an interruption says what it was bound to then. Where that is something else
    now (the site has another name) it does not count, and the console is asked.
    """
    while True:
        answer = _policy(reading, scope, owner["id"], found)
        bound, above = _bound(scope, owner, scopes)
        _name_source(bound, answer.value, above)
        bound["settings_sha256"] = answer.value.settings_sha256
        if answer.kept is None or answer.kept["page"].get("bound") == bound:
            return answer, bound


def _taken(reading: Reading, one: _Found) -> Kept:
    if one.kept is None:
        raise NotServed(one.why)
    reading.add(one.kept)
    return one.kept


def _inherited(group: Owner, found: _Walk) -> Kept | None:
    """The policy that a group follows, None when it has one of its own."""
    return found.of_site.get(group["site_id"]) if group["inherits"] is True else None


def _follows(group: Owner, inherited: Kept, scopes: _Scopes) -> Kept:
    """The row of a group that has its site's policy; there is no page of its own."""
    bound, above = _bound("group", group, scopes)
    _name_source(bound, inherited.rows, above)
    bound["settings_sha256"] = inherited.bound["settings_sha256"]
    if bound["source"] == "group":
        bound |= {"source": "site", "source_id": group["site_id"]}
    return Kept(inherited.rows, bound)


def _scopes(reading: Reading) -> tuple[_Scopes, str]:
    """Sites, accounts and groups, and why they are not all there (empty when they are)."""
    tables: dict[str, dict[str, Owner]] = {}
    lacking = ""
    wanted = {
        "sites": ["id", "name", "account_id"],
        "accounts": ["id", "name"],
        "groups": ["id", "name", "site_id", "inherits"],
    }
    for name, columns in wanted.items():
        found = reading.newest(name)
        if found is None or not found.complete:
            why = found.completeness.reason if found is not None else "never collected"
            if name != "accounts":
                lacking = lacking or f"the {name} are not complete: {why}"
        rows = reading.job.locker.table(found, columns).to_pylist() if found is not None else []
        tables[name] = {row["id"]: row for row in rows}
    return _Scopes(tables["sites"], tables["accounts"], tables["groups"]), lacking


def _policy(reading: Reading, scope: str, identity: str, found: _Walk) -> Answer[Any]:
    """One scope's policy. Only a 404 for a listed site shows that the console serves `/policy`."""
    read = _single(reading)
    if not found.filtered:
        path = "/tenant/policy" if scope == "tenant" else f"/{scope}s/{identity}/policy"
        try:
            return reading.ask(path, {}, read)
        except NotServed as refused:
            if scope != "site" or found.of_site:
                raise
            try:
                answer = reading.ask(FILTER_ROUTE, {_FILTERS[scope]: identity}, read)
            except ConsoleError:
                raise refused from None
            found.filtered = True
            reading.notes.append(f"{path} is not served; {FILTER_ROUTE} with a filter is")
            return answer
    return reading.ask(FILTER_ROUTE, {_FILTERS[scope]: identity}, read)


@dataclass(slots=True)
class _Policy(Rows):
    """One policy as decoded, with the digest (hex) of its settings as the console wrote them."""

    settings_sha256: str = ""


def _single(reading: Reading) -> Callable[[bytes], _Policy]:
    def read_one(text: bytes) -> _Policy:
        rows = reading.read_page(text)
        if rows.count != 1:
            raise NotServed(f"the answer holds {rows.count} policies instead of one.")
        return _Policy(
            batch=rows.batch,
            unreadable=rows.unreadable,
            absent=rows.absent,
            halves=rows.halves,
            settings_sha256=settings_sha256(text),
        )

    return read_one


def settings_sha256(text: bytes) -> str:
    """The SHA-256 (hex) of a policy's settings: its JSON with sorted keys and without spaces.

    Left out is what says when, by whom and from where it was written, so that equal settings have
    the same digest wherever they stand.
    """
    data = json.loads(text)["data"]
    policy = data[0] if isinstance(data, list) else data
    settings = {name: value for name, value in policy.items() if name not in _NO_SETTINGS}
    canonical = json.dumps(settings, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _bound(
    scope: str, owner: Owner, scopes: _Scopes
) -> tuple[dict[str, Any], dict[str, str | None]]:
    """What binds a policy to its scope, and the scopes above it by their level."""
    identity = owner["id"]
    bound: dict[str, Any] = {
        "id": f"{scope}:{identity}" if identity else scope,
        "scope": scope,
        "scope_id": identity,
        "scope_name": owner["name"],
        "source": scope,
        "source_id": identity,
    }
    above: dict[str, str | None] = {}
    if scope == "account":
        bound["account_id"] = identity or None
    elif scope in {"site", "group"}:
        site = owner if scope == "site" else scopes.sites.get(owner["site_id"])
        bound["site_id"] = identity if scope == "site" else owner["site_id"]
        bound["site_name"] = site["name"] if site else None
        bound["account_id"] = site["account_id"] if site else None
        above["account"] = bound["account_id"]
        if scope == "group":
            above["site"] = owner["site_id"]
    return bound, above


def _name_source(bound: dict[str, Any], rows: Rows, above: dict[str, str | None]) -> None:
    """Where the policy in effect was written: `inheritedFrom`, null when by the scope itself."""
    (inherited,) = rows.values("inherited_from")
    if not inherited:
        return
    source = _NAMED_SOURCE.get(inherited, inherited)
    bound["source"] = source
    bound["source_id"] = above.get(source)
