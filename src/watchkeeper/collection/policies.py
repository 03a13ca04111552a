"""Policies: one object per scope, and the one in effect for every group.

A policy holds no id, so each is bound to the scope that was asked for. A group that inherits has
its site's policy and is not asked for; every other group is. Complete means: the effective policy
of every visible group is known (reference section 3.4).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from watchkeeper.collection import cursor
from watchkeeper.collection.reading import Reading
from watchkeeper.errors import ConsoleError, Denied, NotServed
from watchkeeper.model.collection import Collection, Completeness, Verdict
from watchkeeper.sentinelone.decode import Rows
from watchkeeper.sentinelone.exchange import Answer

FILTER_ROUTE = "/policy"
_FILTERS = {"account": "accountIds", "site": "siteIds", "group": "groupIds"}
_NAMED_SOURCE = {"global": "tenant"}


@dataclass(slots=True)
class _Scopes:
    """What the policies belong to, from the collections of sites, accounts and groups."""

    sites: list[dict[str, Any]]
    accounts: list[dict[str, Any]]
    groups: list[dict[str, Any]]


@dataclass(slots=True)
class _Walk:
    """What was found so far: each site's policy rows, and the groups without one."""

    filtered: bool = False
    of_site: dict[str, Rows] = field(default_factory=dict)
    known_groups: int = 0
    missing: list[str] = field(default_factory=list)


def read(reading: Reading) -> Collection:
    """Reads every scope's policy and resolves inheritance."""
    scopes, lacking = _scopes(reading)
    found = _Walk()
    needed = len(scopes.sites) + len(scopes.groups)
    reading.expected = needed

    def whole() -> None:
        for site in scopes.sites:
            _site(reading, site, found)
        for group in scopes.groups:
            _group(reading, group, scopes, found)
        _above(reading, scopes, found)

    broken = cursor.attempt(reading, whole, None)
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


def _scopes(reading: Reading) -> tuple[_Scopes, str]:
    """Sites, accounts and groups, and why they are not all there (empty when they are)."""
    tables: dict[str, list[dict[str, Any]]] = {}
    lacking = ""
    wanted = {
        "sites": ["id", "name", "account_id"],
        "accounts": ["id", "name"],
        "groups": ["id", "name", "site_id", "inherits"],
    }
    for name, columns in wanted.items():
        found = reading.job.newest(name)
        if found is None or not found.complete:
            why = found.completeness.reason if found is not None else "never collected"
            if name != "accounts":
                lacking = lacking or f"the {name} are not complete: {why}"
        tables[name] = (
            reading.job.locker.table(found, columns).to_pylist() if found is not None else []
        )
    return _Scopes(tables["sites"], tables["accounts"], tables["groups"]), lacking


def _site(reading: Reading, site: dict[str, Any], found: _Walk) -> None:
    bound = _bound("site", site, site_id=site["id"], site_name=site["name"])
    bound["account_id"] = site["account_id"]
    answer = _policy(reading, "site", site["id"], found)
    _name_source(bound, answer.value, {"account": site["account_id"]})
    reading.take(answer, bound)
    found.of_site[site["id"]] = answer.value


def _group(reading: Reading, group: dict[str, Any], scopes: _Scopes, found: _Walk) -> None:
    site = next((each for each in scopes.sites if each["id"] == group["site_id"]), None)
    bound = _bound("group", group, site_id=group["site_id"])
    bound["site_name"] = site["name"] if site else None
    bound["account_id"] = site["account_id"] if site else None
    above = {"site": group["site_id"], "account": bound["account_id"]}
    inherited = found.of_site.get(group["site_id"])
    if group["inherits"] is True and inherited is not None:
        _name_source(bound, inherited, above)
        if bound["source"] == "group":
            bound |= {"source": "site", "source_id": group["site_id"]}
        reading.add(inherited, bound)
        found.known_groups += 1
        return
    try:
        answer = _policy(reading, "group", group["id"], found)
    except NotServed:
        found.missing.append(f"{group['name']} ({group['id']})")
        return
    _name_source(bound, answer.value, above)
    reading.take(answer, bound)
    found.known_groups += 1


def _above(reading: Reading, scopes: _Scopes, found: _Walk) -> None:
    """The accounts' and the tenant's policies: a token of a narrower scope may not read them."""
    asks: list[tuple[str, dict[str, Any]]] = [("account", each) for each in scopes.accounts]
    if not found.filtered:
        asks.append(("tenant", {"id": "", "name": "Global"}))
    for scope, owner in asks:
        bound = _bound(scope, owner, account_id=owner["id"] or None)
        try:
            answer = _policy(reading, scope, owner["id"], found)
        except (Denied, NotServed) as error:
            reading.notes.append(f"the policy of {scope} {owner['name']} was not read: {error}")
            continue
        _name_source(bound, answer.value, {})
        reading.take(answer, bound)


def _policy(reading: Reading, scope: str, identity: str, found: _Walk) -> Answer[Rows]:
    """One scope's policy. Only a 404 for a listed site shows that the console serves `/policy`."""
    ask = reading.job.console.ask
    if not found.filtered:
        path = "/tenant/policy" if scope == "tenant" else f"/{scope}s/{identity}/policy"
        try:
            return ask(path, {}, _one(reading))
        except NotServed as refused:
            if scope != "site" or found.of_site:
                raise
            try:
                answer = ask(FILTER_ROUTE, {_FILTERS[scope]: identity}, _one(reading))
            except ConsoleError:
                raise refused from None
            found.filtered = True
            reading.notes.append(f"{path} is not served; {FILTER_ROUTE} with a filter is")
            return answer
    return ask(FILTER_ROUTE, {_FILTERS[scope]: identity}, _one(reading))


def _one(reading: Reading) -> Callable[[bytes], Rows]:
    def read_one(text: bytes) -> Rows:
        rows = reading.read_page(text)
        if rows.count != 1:
            raise NotServed(f"the answer holds {rows.count} policies instead of one.")
        return rows

    return read_one


def _bound(scope: str, owner: dict[str, Any], **more: Any) -> dict[str, Any]:
    identity = owner["id"]
    return {
        "id": f"{scope}:{identity}" if identity else scope,
        "scope": scope,
        "scope_id": identity,
        "scope_name": owner["name"],
        "source": scope,
        "source_id": identity,
    } | more


def _name_source(bound: dict[str, Any], rows: Rows, above: dict[str, str | None]) -> None:
    """Where the policy in effect was written: `inheritedFrom`, null when by the scope itself."""
    inherited = rows.columns["inherited_from"][0]
    if not inherited:
        return
    source = _NAMED_SOURCE.get(inherited, inherited)
    bound["source"] = source
    bound["source_id"] = above.get(source)
