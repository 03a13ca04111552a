"""Policies as the tree they are in the console: accounts, their sites, and groups of their own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from watchkeeper.locker.locker import Locker
from watchkeeper.queries.engine import Ask
from watchkeeper.queries.newest import Sealed
from watchkeeper.queries.paging import Page, clamp
from watchkeeper.queries.registers import POLICIES

MOST_GROUPS = 20
"""How many groups with a policy of their own are shown below a site; a list has all of them."""

_COLUMNS = (
    "id, scope, scope_id, scope_name, site_id, site_name, account_id, source, source_id, "
    "mitigation_mode, mitigation_mode_suspicious"
)


@dataclass(frozen=True, slots=True)
class Node:
    """A scope with the policy in effect: its own, or that of the scope named by `source`.

    `id` is empty for a site that has groups here but no policy of its own that could be read;
    `source_name` where the policy it comes from could not be read.
    """

    id: str
    scope: str
    scope_id: str
    name: str
    account_id: str
    source: str
    source_id: str
    malicious: str
    suspicious: str
    source_name: str = ""
    site_name: str = ""

    @property
    def source_policy(self) -> str:
        """The id of the policy in effect here, as its own scope has it."""
        return policy_id(self.source, self.source_id)

    @property
    def own(self) -> bool:
        """Whether the policy is the scope's own."""
        return self.source == self.scope


@dataclass(frozen=True, slots=True)
class SiteNode:
    """A site: its groups, how many have a policy of their own, and the first of these."""

    node: Node
    groups: int
    overriding: int
    shown: tuple[Node, ...]

    @property
    def inheriting(self) -> int:
        """How many groups follow the site, or what it follows."""
        return self.groups - self.overriding


@dataclass(frozen=True, slots=True)
class Below:
    """How many scopes stand below one, also on other pages, and how many have an own policy."""

    accounts: int = 0
    own_accounts: int = 0
    sites: int = 0
    own_sites: int = 0
    groups: int = 0
    own_groups: int = 0


@dataclass(frozen=True, slots=True)
class AccountNode:
    """An account, None where its policy could not be read, and its sites on this page."""

    node: Node | None
    account_id: str
    sites: tuple[SiteNode, ...]
    below: Below


@dataclass(frozen=True, slots=True)
class Tree:
    """A page of the tree: `tenant` stands above all, with `below` it; `bare` have no sites."""

    tenant: Node | None
    below: Below
    accounts: tuple[AccountNode, ...]
    bare: tuple[Node, ...]
    sites: Page[SiteNode]
    collection: Sealed


def policy_tree(locker: Locker, connection: int, number: int, size: int) -> Tree | None:
    """A page of so many sites; None when policies were never collected whole."""
    collections = POLICIES.collections(locker, connection)
    if not collections:
        return None
    table = POLICIES.table(locker, collections)
    with table.asked() as ask:
        rows = ask(
            f"SELECT {_COLUMNS} FROM {table.rows} WHERE scope IN ('tenant', 'account') "  # noqa: S608
            "ORDER BY lower(scope_name), id"
        )
        names = {row["id"]: row["scope_name"] or row["scope"] for row in rows}
        tops = [node(row, names) for row in rows]
        sites = _sites(ask, table.rows, names, number, size)
        below = _below(ask, table.rows)
    accounts = {each.scope_id: each for each in tops if each.scope == "account"}
    return Tree(
        tenant=next((each for each in tops if each.scope == "tenant"), None),
        below=_all(below.values(), accounts.values()),
        accounts=tuple(_by_account(sites.rows, accounts, below)),
        bare=tuple(each for key, each in accounts.items() if key not in below),
        sites=sites,
        collection=collections[-1],
    )


def _below(ask: Ask, rows: str) -> dict[str, Below]:
    """By id of an account: what stands below it; of an empty id what is in no account."""
    counted = ask(
        "SELECT coalesce(account_id, '') AS account, "  # noqa: S608
        "count(*) FILTER (scope = 'site') AS sites, "
        "count(*) FILTER (scope = 'site' AND source = scope) AS own_sites, "
        "count(*) FILTER (scope = 'group') AS groups, "
        "count(*) FILTER (scope = 'group' AND source = scope) AS own_groups "
        f"FROM {rows} WHERE scope IN ('site', 'group') GROUP BY 1"
    )
    names = ("sites", "own_sites", "groups", "own_groups")
    return {row["account"]: Below(**{name: int(row[name]) for name in names}) for row in counted}


def _all(below: Iterable[Below], accounts: Iterable[Node]) -> Below:
    """What stands below the tenant."""
    every, tops = list(below), list(accounts)
    return Below(
        accounts=len(tops),
        own_accounts=sum(each.own for each in tops),
        sites=sum(each.sites for each in every),
        own_sites=sum(each.own_sites for each in every),
        groups=sum(each.groups for each in every),
        own_groups=sum(each.own_groups for each in every),
    )


def _sites(ask: Ask, rows: str, names: Mapping[str, str], number: int, size: int) -> Page[SiteNode]:
    counted = (
        "SELECT coalesce(site_id, '') AS site, any_value(site_name) AS name, "  # noqa: S608
        "any_value(account_id) AS account, count(*) FILTER (scope = 'group') AS groups, "
        "count(*) FILTER (scope = 'group' AND source = 'group') AS overriding "
        f"FROM {rows} WHERE scope IN ('site', 'group') GROUP BY 1"
    )
    total = int(ask(f"SELECT count(*) AS n FROM ({counted})")[0]["n"])  # noqa: S608
    number = clamp(number, size, total)
    found = ask(
        f"SELECT c.*, a.scope_name AS account_name FROM ({counted}) c LEFT JOIN {rows} a "  # noqa: S608
        "ON a.scope = 'account' AND a.scope_id = c.account "
        "ORDER BY lower(a.scope_name) NULLS LAST, c.account NULLS LAST, lower(c.name), c.site "
        "LIMIT $limit OFFSET $offset",
        {"limit": size, "offset": (number - 1) * size},
    )
    wanted = {"sites": [row["site"] for row in found], "most": MOST_GROUPS}
    below = ask(
        f"SELECT {_COLUMNS} FROM {rows} WHERE coalesce(site_id, '') IN (SELECT unnest($sites)) "  # noqa: S608
        "AND (scope = 'site' OR (scope = 'group' AND source = 'group')) "
        "QUALIFY row_number() OVER (PARTITION BY coalesce(site_id, ''), scope "
        "ORDER BY lower(scope_name), id) <= $most ORDER BY lower(scope_name), id",
        wanted,
    )
    own = {row["site_id"] or "": node(row, names) for row in below if row["scope"] == "site"}
    groups: dict[str, list[Node]] = {}
    for row in below:
        if row["scope"] == "group":
            groups.setdefault(row["site_id"] or "", []).append(node(row))
    nodes = (
        SiteNode(
            own.get(row["site"]) or _unread(row),
            int(row["groups"]),
            int(row["overriding"]),
            tuple(groups.get(row["site"], ())),
        )
        for row in found
    )
    return Page(tuple(nodes), number, size, total)


def _by_account(
    sites: Iterable[SiteNode], accounts: Mapping[str, Node], below: Mapping[str, Below]
) -> Iterable[AccountNode]:
    """The sites of a page below their accounts; sites of one account stand together."""
    found: dict[str, list[SiteNode]] = {}
    for each in sites:
        found.setdefault(each.node.account_id, []).append(each)
    for account, shown in found.items():
        yield AccountNode(accounts.get(account), account, tuple(shown), below[account])


def policy_id(scope: str, identity: str | None) -> str:
    """The id of the policy of that scope."""
    return f"{scope}:{identity}" if identity else scope


def node(row: Mapping[str, Any], names: Mapping[str, str] | None = None) -> Node:
    """A scope, from a row of the list of policies; `names` are those of policies above, by id."""
    return Node(
        id=row["id"],
        scope=row["scope"] or "",
        scope_id=row["scope_id"] or "",
        name=row["scope_name"] or "",
        account_id=row["account_id"] or "",
        source=row["source"] or "",
        source_id=row["source_id"] or "",
        malicious=row["mitigation_mode"] or "",
        suspicious=row["mitigation_mode_suspicious"] or "",
        source_name=(names or {}).get(policy_id(row["source"] or "", row["source_id"]), ""),
        site_name=row["site_name"] or "",
    )


def _unread(row: Mapping[str, Any]) -> Node:
    """A site whose own policy is not there, though some of its groups' are."""
    return Node("", "site", row["site"], row["name"] or "", row["account"] or "", "", "", "", "")
