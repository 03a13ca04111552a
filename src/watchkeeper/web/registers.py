"""How each declared list and its records are shown."""

from collections.abc import Mapping
from dataclasses import dataclass

from watchkeeper.queries import registers
from watchkeeper.queries.register import Register


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a list: what it shows and how (`parts/cell.html` knows the ways).

    `below` is shown under it, in words; `page` is the page it leads to, with the value of `of`.
    """

    title: str
    name: str
    sort: str = ""
    way: str = "value"
    below: str = ""
    page: str = ""
    of: str = ""
    at_least: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A list and its records: the words for them and the columns. The first names the record."""

    register: Register
    page: str
    record_page: str
    title: str
    noun: str
    search: str
    lead: str
    columns: tuple[Column, ...]
    extras: tuple[tuple[str, str], ...] = ()
    fallback: str = "id"


KINDS: Mapping[str, Kind] = {
    "users": Kind(
        registers.USERS,
        "users",
        "user",
        "Console users",
        "console user",
        "Search name, address or id",
        "People who can sign in to the console.",
        (
            Column("User", "full_name", "name", below="email"),
            Column("Scope", "scope", "scope"),
            Column("Source", "source", way="choice", at_least="l"),
            Column("Two-factor", "two_fa_enabled", "two_factor", "on", below="two_fa_status"),
            Column("Last login", "last_login_at", "login", "age"),
            Column("API token expires", "api_token_expires_at", "token", "age_or_none"),
        ),
        extras=(("service-users", "Service users"),),
    ),
    "service-users": Kind(
        registers.SERVICE_USERS,
        "service-users",
        "service-user",
        "Service users",
        "service user",
        "Search name, description or id",
        "Identities that use the console through an API token.",
        (
            Column("Service user", "name", "name", below="description"),
            Column("Scope", "scope", "scope"),
            Column("Created by", "created_by", at_least="l"),
            Column("Last used", "last_activation_at", "used", "age"),
            Column("API token expires", "api_token_expires_at", "token", "age_or_none"),
        ),
        extras=(("users", "Console users"),),
    ),
    "sites": Kind(
        registers.SITES,
        "sites",
        "site",
        "Sites",
        "site",
        "Search site, account, description or id",
        "Sites with their licences and expiry.",
        (
            Column("Site", "name", "name", below="description"),
            Column("Account", "account_name", "account", page="account", of="account_id"),
            Column("State", "state", "state"),
            Column("Kind", "site_type", at_least="l"),
            Column("Devices", "devices", way="count"),
            Column("Licences", "active_licenses", "used", "licences"),
            Column("Expires", "expiration", "expiry", "expiry"),
        ),
        extras=(("accounts", "Accounts"), ("groups", "Groups")),
    ),
    "accounts": Kind(
        registers.ACCOUNTS,
        "accounts",
        "account",
        "Accounts",
        "account",
        "Search account or id",
        "Accounts with their agents, licences and expiry.",
        (
            Column("Account", "name", "name", below="account_type"),
            Column("State", "state", "state"),
            Column("Sites", "number_of_sites", "sites", "count"),
            Column("Devices", "devices", way="count"),
            Column("Active agents", "active_agents", "agents", "count", at_least="l"),
            Column("Licences", "active_licenses", "", "licences"),
            Column("Expires", "expiration", "expiry", "expiry"),
        ),
        extras=(("sites", "Sites"), ("groups", "Groups")),
    ),
    "groups": Kind(
        registers.GROUPS,
        "groups",
        "group",
        "Groups",
        "group",
        "Search group, filter or id",
        "Groups of the sites, and whether they follow their site's policy.",
        (
            Column("Group", "name", "name", below="description"),
            Column("Site", "site_name", page="site", of="site_id"),
            Column("Kind", "type", "kind", at_least="m"),
            Column("Rank", "rank", "rank", "count", at_least="l"),
            Column("Devices", "devices", way="count"),
            Column("Policy", "inherits", "", "inherits"),
        ),
        extras=(("sites", "Sites"), ("accounts", "Accounts")),
    ),
    "policies": Kind(
        registers.POLICIES,
        "policies",
        "policy",
        "Policies",
        "policy",
        "Search scope, site or id",
        "The policy in effect for every account, site and group, and where it comes from.",
        (
            Column("Scope", "scope_name", "name", below="scope"),
            Column("Site", "site_name", page="site", of="site_id", at_least="m"),
            Column("Policy", "source", "origin", "origin"),
            Column("Malicious", "mitigation_mode", "malicious", "mode"),
            Column("Suspicious", "mitigation_mode_suspicious", "suspicious", "mode"),
            Column("Anti-tampering", "anti_tampering_on", "", "on"),
        ),
        extras=(("policy_tree", "As a tree"),),
        fallback="scope",
    ),
    "activities": Kind(
        registers.ACTIVITIES,
        "activities",
        "activity",
        "Activity",
        "activity",
        "Search description, site, group or id",
        "What people and the console did: administrative actions, sign-ins, changes of state.",
        (
            Column("What", "primary_description", below="secondary_description"),
            Column("Type", "activity_type", "activity", "activity"),
            Column("Site", "site_name", "site", page="site", of="site_id", below="group_name"),
            Column("About", "agent_id", way="about"),
            Column("Time", "created_at", "time", "age"),
        ),
    ),
}
