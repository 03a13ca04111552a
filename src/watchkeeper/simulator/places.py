"""Accounts, sites and groups of the simulated company."""

import base64
from dataclasses import dataclass
from random import Random

from watchkeeper.simulator import names, spread
from watchkeeper.simulator.times import ago
from watchkeeper.simulator.world import DAY, Plan, Row, identifier


@dataclass(frozen=True, slots=True)
class Places:
    """Where agents can be: accounts hold sites, sites hold groups."""

    accounts: list[Row]
    sites: list[Row]
    groups: list[Row]


def _token(random: Random, url: str) -> str:
    """A registration token: a secret that a collector must not keep."""
    text = f'{{"url": "{url}", "site_key": "g_{random.getrandbits(64):016x}"}}'
    return base64.b64encode(text.encode()).decode()


def _licences(count: int) -> Row:
    return {
        "bundles": [
            {
                "displayName": "Complete",
                "majorVersion": 1,
                "minorVersion": 31,
                "name": "complete",
                "surfaces": [{"count": count, "name": "Total Agents"}],
                "totalSurfaces": count,
            }
        ],
        "modules": [{"displayName": "Network Discovery", "majorVersion": 1, "name": "ranger"}],
        "settings": [
            {
                "groupName": "remote_shell_availability",
                "setting": "Enabled",
                "settingGroupDisplayName": "Remote Shell",
            }
        ],
    }


_CONTACT = {
    "city": None,
    "companyName": None,
    "contactEmail": None,
    "contactFirstName": None,
    "contactLastName": None,
    "country": None,
    "industry": None,
    "numberOfEmployeesEndpoints": None,
    "postal": None,
    "region": None,
}


def _account(plan: Plan, number: int) -> Row:
    name = names.ACCOUNTS[number] if number < len(names.ACCOUNTS) else f"Subsidiary {number + 1}"
    return {
        "id": identifier("account", number),
        "name": name,
        "isDefault": number == 0,
        "accountType": "Paid",
        "expiration": None if number else ago(plan.now, -200 * DAY),
        "salesforceId": None,
        "externalId": f"CRM-{1000 + number}",
        "state": "active",
        "createdAt": ago(plan.now, 1200 * DAY - number),
        "updatedAt": ago(plan.now, (20 + number) * DAY),
        "unlimitedExpiration": bool(number),
        "activeAgents": 0,
        "skus": [{"type": "Complete", "totalLicenses": 0, "unlimited": True, "agentsInSku": 0}],
        "licenses": _licences(0),
        "totalLicenses": 0,
        "usageType": "customer",
        "billingMode": "subscription",
        "irFields": dict(_CONTACT),
        "makeSocDefaultUi": False,
        "creator": "SentinelOne",
        "creatorId": identifier("user", 0),
        "numberOfSites": 0,
        "coreSites": 0,
        "controlSites": 0,
        "completeSites": 0,
        "totalCore": 0,
        "totalControl": 0,
        "totalComplete": 0,
        "unlimitedCore": True,
        "unlimitedControl": True,
        "unlimitedComplete": True,
        "agentsInCoreSku": 0,
        "agentsInControlSku": 0,
        "agentsInCompleteSku": 0,
    }


def _site(plan: Plan, number: int, account: Row, random: Random) -> Row:
    name, kind, share = names.SITES[number % len(names.SITES)]
    if number >= len(names.SITES):
        name = f"{name} {number // len(names.SITES) + 1}"
    closed = share == 0
    return {
        "_kind": kind,
        "_share": share,
        "id": identifier("site", number),
        "name": name,
        "registrationToken": _token(random, "https://console.example"),
        "isDefault": number == 0,
        "healthStatus": True,
        "totalLicenses": 0,
        "siteType": "Trial" if closed else "Paid",
        "expiration": ago(plan.now, 15 * DAY) if closed else None,
        "externalId": None if number % 3 else f"LOC-{number}",
        "description": names.HOSTILE[number % len(names.HOSTILE)] if number % 5 == 4 else "",
        "state": "expired" if closed else "active",
        "suite": "Complete",
        "sku": "Complete",
        "createdAt": _old(plan, 900 - number % 300),
        "updatedAt": ago(plan.now, (3 + number % 60) * DAY),
        "accountId": account["id"],
        "accountName": account["name"],
        "activeLicenses": 0,
        "licenses": _licences(0),
        "usageType": "customer",
        "irFields": dict(_CONTACT),
        "inheritAccountExpiration": not closed,
        "creator": "Anna Berger",
        "creatorId": identifier("user", 1),
        "unlimitedExpiration": not closed,
        "unlimitedLicenses": True,
        **({} if closed or plan.healthy else _licensed(plan, number)),
    }


def _licensed(plan: Plan, number: int) -> Row:
    """What some sites have agreed on: an end, or how many agents they may run."""
    if number % 12 == 3:  # more agents than it has paid for, unless it has hardly any
        return {"unlimitedLicenses": False, "totalLicenses": 2}
    if number % 12 == 4:
        return {"unlimitedLicenses": False, "totalLicenses": 1_000_000}
    days = {5: 12, 8: 200, 10: -2}.get(number % 12)
    if days is None:
        return {}
    end = ago(plan.now, -days * DAY - 7200)
    return {"unlimitedExpiration": False, "inheritAccountExpiration": False, "expiration": end}


def _old(plan: Plan, days: int) -> str:
    """A time that many days ago, with three digits of a fraction, as older records have."""
    return f"{ago(plan.now, days * DAY)[:23]}Z"


# name, type, machines it is for, whether it follows the site
_GROUPS = {
    "office": (
        ("Default Group", "static", "any", True),
        ("Workstations", "dynamic", "client", True),
        ("Executives", "pinned", "few", False),
        ("Unassigned", "static", "none", True),
    ),
    "servers": (
        ("Default Group", "static", "any", True),
        ("Servers", "dynamic", "server", False),
        ("Legacy Servers", "static", "legacy", True),
    ),
    "kubernetes": (
        ("Default Group", "static", "any", True),
        ("Cluster Nodes", "dynamic", "node", True),
        ("Cluster Pods", "dynamic", "pod", True),
    ),
}


def _pattern(site: Row, place: int) -> tuple[str, str, str, bool]:
    """What the group at that place of a site is; after the usual ones come teams."""
    usual = _GROUPS[site["_kind"]]
    if place < len(usual):
        return usual[place]
    return f"Team {place - len(usual) + 1}", "static", spread.TEAM, True


def _group(plan: Plan, number: int, site: Row, place: int, random: Random) -> Row:
    name, kind, purpose, inherits = _pattern(site, place)
    dynamic = kind == "dynamic"
    moved = ago(plan.now, random.uniform(2 * DAY, 300 * DAY))
    return {
        "_for": purpose,
        "id": identifier("group", number),
        # createdAt some milliseconds after updatedAt: the console writes both, in no fixed order.
        "createdAt": moved[:23] + "999Z",
        "updatedAt": moved,
        "name": name,
        "description": "" if place else None,
        "siteId": site["id"],
        "accountId": site["accountId"],
        "isDefault": place == 0,
        "creator": "Jonas Keller",
        "creatorId": identifier("user", 2),
        "type": kind,
        "filterId": identifier("filter", number) if dynamic else None,
        "rank": place if kind != "static" else None,
        "registrationToken": _token(random, "https://console.example"),
        "totalAgents": 0,
        "filterName": f"{name} of {site['name']}" if dynamic else None,
        "inherits": inherits,
    }


def build(plan: Plan) -> Places:
    """The tree of accounts, sites and groups."""
    random = plan.chance("places")
    accounts = [_account(plan, number) for number in range(plan.accounts)]
    sites = [
        _site(plan, number, accounts[number % len(accounts)], random)
        for number in range(plan.sites if accounts else 0)
    ]
    if plan.uneven:
        spread.weigh(sites, plan.chance("uneven"))
    counts = [len(_GROUPS[site["_kind"]]) for site in sites]
    if plan.groups is not None:
        counts = spread.apportion(plan.groups, [site["_share"] for site in sites])
    groups: list[Row] = []
    for site, count in zip(sites, counts, strict=True):
        for place in range(count):
            groups.append(_group(plan, len(groups), site, place, random))
    for account in accounts:
        account["numberOfSites"] = sum(site["accountId"] == account["id"] for site in sites)
    return Places(accounts, sites, groups)


def count_agents(places: Places, agents: list[Row]) -> None:
    """Write into the tree how many agents of the active population each part holds."""
    tally: dict[str, int] = {}
    for agent in agents:
        if agent["isDecommissioned"] is False and agent["isUninstalled"] is False:
            for field in ("accountId", "siteId", "groupId"):
                tally[agent[field]] = tally.get(agent[field], 0) + 1
    for account in places.accounts:
        account["activeAgents"] = tally.get(account["id"], 0)
    for site in places.sites:
        site["activeLicenses"] = tally.get(site["id"], 0)
    for group in places.groups:
        group["totalAgents"] = tally.get(group["id"], 0)


def recounted(places: Places, agents: list[Row]) -> Places:
    """The same tree with other counts; whoever holds the former one keeps its own."""
    other = Places(
        *([dict(row) for row in rows] for rows in (places.accounts, places.sites, places.groups))
    )
    count_agents(other, agents)
    return other
