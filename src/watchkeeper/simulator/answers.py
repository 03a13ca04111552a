"""What the console answers: routes, envelopes, scope and errors, without any HTTP."""

import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

import msgspec

from watchkeeper.simulator import records
from watchkeeper.simulator.activity_types import descriptions
from watchkeeper.simulator.catalogue import endpoint
from watchkeeper.simulator.company import Company
from watchkeeper.simulator.damage import with_nulls
from watchkeeper.simulator.faults import Faults
from watchkeeper.simulator.pages import Pages
from watchkeeper.simulator.query import Query, Refused, invalid, understand
from watchkeeper.simulator.world import Row

_MOST_KEPT: Final = 1_500_000_000
NOT_FOUND: Final = (404, 4040010, "Requested resource was not found", "")

_LISTS: Final = {
    "/agents": "agents",
    "/threats": "threats",
    "/groups": "groups",
    "/sites": "sites",
    "/accounts": "accounts",
    "/users": "users",
    "/service-users": "service-users",
    "/rbac/roles": "roles",
    "/activities": "activities",
    "/update/agent/packages": "packages",
    "/exclusions": "exclusions",
    "/unified-exclusions": "unified-exclusions",
    "/rogues/table-view": "rogues",
    "/cloud-detection/alerts": "alerts",
}
# The vendor's older consoles do not serve these.
_SINCE_2025: Final = ("/unified-exclusions",)


@dataclass(slots=True)
class Answer:
    """A response before it is sent."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    packed: bytes | None = None

    def plain(self) -> bytes:
        """The body as it is without compression; large pages are kept packed only."""
        if self.packed is not None and not self.body:
            return zlib.decompress(self.packed, 31)
        return self.body

    def gzipped(self) -> bytes:
        """The body as gzip."""
        return self.packed if self.packed is not None else pack(self.body)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to send but the head."""
        return not self.body and self.packed is None


def error(status: int, code: int, title: str, detail: str | None) -> Answer:
    """The vendor's error object; a newline ends it, as on the real console."""
    body = msgspec.json.encode({"errors": [{"code": code, "detail": detail, "title": title}]})
    return Answer(status, body + b"\n")


def unauthorised() -> Answer:
    """What a bad, expired or revoked token gets, and now and then a powerless one."""
    return error(401, 4010010, "Authentication Failed", None)


def success(data: object) -> Answer:
    """An answer that is not a list."""
    return Answer(200, msgspec.json.encode({"data": data}))


def pack(body: bytes) -> bytes:
    """The body as gzip, fast rather than small."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


Handler = Callable[[re.Match[str], Query], Answer]


class Console:
    """One console: a company, a profile, the faults that are on, and the pages made so far."""

    def __init__(self, company: Company, profile: str, faults: Faults) -> None:
        """Nothing is rendered before it is asked for."""
        self.profile, self.faults = profile, faults
        self._lists = {
            path: name
            for path, name in _LISTS.items()
            if profile == "2026" or path not in _SINCE_2025
        }
        self.company = self._seen(company)
        self.pages = Pages(self.company, profile, faults, self.site)
        self._answers: dict[tuple[object, ...], Answer] = {}
        self._kept = 0
        self._lock = Lock()
        self._routes: list[tuple[re.Pattern[str], str, Handler]] = [
            (re.compile(pattern), resource, handler) for pattern, resource, handler in self._table()
        ]

    def _seen(self, company: Company) -> Company:
        return with_nulls(company) if "null-fields" in self.faults else company

    @property
    def site(self) -> str | None:
        """The one site the token sees, when it sees only one."""
        if "site-scope" not in self.faults or not self.company.places.sites:
            return None
        return str(self.company.places.sites[0]["id"])

    def move(self, company: Company) -> None:
        """The company has changed between two pages."""
        with self._lock:
            self.company = company
            self.pages = Pages(company, self.profile, self.faults, self.site)
            self._answers, self._kept = {}, 0

    def _table(self) -> list[tuple[str, str, Handler]]:
        per_scope = self._policy_of_scope if self.profile != "documented" else self._nothing
        table: list[tuple[str, str, Handler]] = [
            ("/agents/count", "agents", self._count),
            (r"/threats/(?P<id>\w+)/timeline", "timelines", self._timeline),
            (r"/threats/(?P<id>\w+)/notes", "notes", self._notes),
            ("/settings/sso", "sso-settings", self._sso),
            ("/settings/syslog", "syslog-settings", self._syslog),
            ("/(?P<level>tenant)/policy", "policies", per_scope),
            (r"/(?P<level>accounts|sites|groups)/(?P<id>\w+)/policy", "policies", per_scope),
            (r"/users/viewer-auth-check", "system", self._viewer),
            (r"/users/(?P<id>\w+)/api-token-details", "system", self._token_details),
            ("/user", "user", self._me),
            (r"/rbac/role/(?P<id>\w+)", "role", self._role),
            ("/activities/types", "activities", self._types),
            ("/system/info", "system", self._info),
            ("/system/status", "status", self._status),
        ]
        if self.profile != "2024":
            table.append(("/system/env", "system", self._environment))
        if self.profile == "documented":
            table.append((r"/agents/(?P<id>\w+)", "agents", self._agent))
            table.append(("/policy", "policies", self._policy_by_query))
        return table

    def resource(self, path: str) -> str:
        """Which resource a path belongs to; empty for a path nobody serves."""
        if path in self._lists:
            return self._lists[path]
        for pattern, resource, _ in self._routes:
            if pattern.fullmatch(path):
                return resource
        return ""

    def answer(self, path: str, query: Query) -> Answer:
        """The answer to an authorised GET below the API root."""
        resource = self.resource(path)
        try:
            self._guard(resource, query)
            return self._route(path, resource, query)
        except Refused as refusal:
            if refusal.status == 401:
                return unauthorised()
            return error(refusal.status, refusal.code, refusal.title, refusal.detail)

    def _route(self, path: str, resource: str, query: Query) -> Answer:
        if path in self._lists:
            return self._list(resource, query)
        for pattern, _, handler in self._routes:
            match = pattern.fullmatch(path)
            if match:
                return handler(match, query)
        raise Refused(*NOT_FOUND)

    def _guard(self, resource: str, query: Query) -> None:
        """Refuse what the token's role, its scope or an older console does not allow."""
        denied = self.faults.denies(resource)
        if denied == "denied-401":
            raise Refused(401, 4010010, "Authentication Failed", None)
        if denied == "denied-403":
            raise Refused(403, 4030010, "Insufficient permissions", None)
        feature = self.faults.unlicensed(resource)
        if feature is not None:
            detail = f'Feature "{feature}" is not available for the scope'
            raise Refused(403, 4030010, "Insufficient permissions", detail)
        if resource == "accounts" and "site-scope" in self.faults:
            raise Refused(
                403, 4030010, "Insufficient permissions", "Action is not allowed to site users"
            )
        for fault in self.faults.active:
            if fault.name == "unknown-parameter" and fault.text in query:
                raise invalid(f"dict_values([{fault.text!r}]): Unknown field")
        if "lists-refused" in self.faults:
            for name in ("isDecommissioned", "isUninstalled"):
                if any("," in value for value in query.get(name, ())):
                    raise invalid(f"{name}: Not a valid boolean.")

    def _list(self, resource: str, query: Query, owner: Row | None = None) -> Answer:
        wish = understand(endpoint(resource), query, self.profile)
        pages, key = self.pages, (resource, owner["id"] if owner else None, wish)
        kept = self._answers.get(key)
        if kept is not None:
            return kept
        body = msgspec.json.encode(pages.envelope(resource, wish, owner))
        if self.faults.shape_pages:
            return Answer(200, body)
        answer = Answer(200, b"", packed=pack(body))
        self._keep(key, answer, pages)
        return answer

    def _keep(self, key: tuple[object, ...], answer: Answer, pages: Pages) -> None:
        """Keep the packed page, and forget the oldest when they are too many."""
        with self._lock:
            if key in self._answers or pages is not self.pages:
                return  # another was quicker, or the company has changed meanwhile
            self._kept += len(answer.gzipped())
            self._answers[key] = answer
            while self._kept > _MOST_KEPT:
                oldest = next(iter(self._answers))
                self._kept -= len(self._answers.pop(oldest).gzipped())

    def _none(self, query: Query) -> None:
        if query:
            raise invalid(f"dict_values({list(query)!r}): Unknown field")

    def _count(self, _match: re.Match[str], query: Query) -> Answer:
        wish = understand(endpoint("agents"), query, self.profile)
        total = self.pages.count("agents", wish)
        return success({"total": total + 7 * ("count-too-large" in self.faults)})

    def _agent(self, match: re.Match[str], query: Query) -> Answer:
        self._none(query)
        for row in self.pages.rows("agents", None):
            if row["id"] == match["id"]:
                return success(self.pages.render("agents", row))
        raise Refused(*NOT_FOUND)

    def _timeline(self, match: re.Match[str], query: Query) -> Answer:
        return self._of_threat("timelines", match, query)

    def _notes(self, match: re.Match[str], query: Query) -> Answer:
        return self._of_threat("notes", match, query)

    def _of_threat(self, resource: str, match: re.Match[str], query: Query) -> Answer:
        owner = self.pages.threat(match["id"])
        if owner is None:
            raise Refused(*NOT_FOUND)
        return self._list(resource, query, owner)

    def _sso(self, _match: re.Match[str], query: Query) -> Answer:
        return self._settings(query, self.company.settings.sso)

    def _syslog(self, _match: re.Match[str], query: Query) -> Answer:
        return self._settings(query, self.company.settings.syslog)

    def _settings(self, query: Query, settings: Row) -> Answer:
        """The settings of the console; those of one scope are the same and asked for like it."""
        strange = [name for name in query if name not in {"tenant", "siteIds", "accountIds"}]
        if strange:
            raise invalid(f"dict_values({strange!r}): Unknown field")
        return success(settings)

    def _effective(self, level: str, scope: str) -> Answer:
        site = self.site
        if site is not None:
            if level in {"tenant", "account"}:
                raise Refused(403, 4030010, "Insufficient permissions", None)
            group = next((g for g in self.company.places.groups if g["id"] == scope), None)
            if site not in (scope, group and group["siteId"]):
                raise Refused(*NOT_FOUND)
        policy = self.company.policies.effective(level, scope)
        if policy is None:
            raise Refused(*NOT_FOUND)
        return success(records.policy(policy, f"{level}{scope}", self.profile, self.faults))

    def _policy_of_scope(self, match: re.Match[str], query: Query) -> Answer:
        self._none(query)
        level = match["level"].removesuffix("s")
        return self._effective(level, "" if level == "tenant" else match["id"])

    def _policy_by_query(self, _match: re.Match[str], query: Query) -> Answer:
        levels = {
            "tenant": "tenant",
            "accountIds": "account",
            "siteIds": "site",
            "groupIds": "group",
        }
        strange = [name for name in query if name not in levels]
        if strange:
            raise invalid(f"dict_values({strange!r}): Unknown field")
        if len(query) != 1:
            raise invalid("scope: Exactly one scope is required.")
        name, values = next(iter(query.items()))
        return self._effective(levels[name], "" if name == "tenant" else values[-1])

    def _nothing(self, _match: re.Match[str], _query: Query) -> Answer:
        raise Refused(*NOT_FOUND)

    def _viewer(self, _match: re.Match[str], query: Query) -> Answer:
        self._none(query)
        return success({"success": True})

    def _token_details(self, match: re.Match[str], query: Query) -> Answer:
        self._none(query)
        me = self.company.people.me
        if match["id"] != me["id"]:
            self._guard("users", query)  # one's own needs no permission
        for holder in (me, *self.pages.rows("users", None)):
            if holder["id"] == match["id"] and holder["apiToken"] is not None:
                return success(holder["apiToken"])
        raise Refused(*NOT_FOUND)

    def _me(self, _match: re.Match[str], query: Query) -> Answer:
        if query:
            raise Refused(501, 5010010, "Not supported", f"{list(query)} are not simulated")
        me = dict(self.company.people.me)
        if self.site is not None:
            site = self.company.places.sites[0]
            role = me["scopeRoles"][0] | {n: site[n] for n in ("id", "name", "accountName")}
            me |= {"scope": "site", "scopeRoles": [role], "tenantRoles": [], "siteRoles": [role]}
        return success(records.dress("user", me, self.profile, Faults()))

    def _role(self, match: re.Match[str], query: Query) -> Answer:
        self._none(query)
        for role in self.company.people.roles:
            if role["id"] == match["id"]:
                record = records.dress("roles", role, self.profile, self.faults)
                return success(record | {"pages": self.company.people.pages[role["id"]]})
        raise Refused(*NOT_FOUND)

    def _types(self, _match: re.Match[str], query: Query) -> Answer:
        self._none(query)
        return success(descriptions(self.profile))

    def _info(self, _match: re.Match[str], query: Query) -> Answer:
        self._none(query)
        release = "Y" if self.profile == "2024" else "Z"
        data: dict[str, Any] = {
            "release": release,
            "version": f"{release}-25.1.1",
            "build": "42",
            "patch": "3",
            "latestAgentVersion": "24.3.12.8",
        }
        return success(data)

    def _status(self, _match: re.Match[str], _query: Query) -> Answer:
        return success({"health": "ok"})

    def _environment(self, _match: re.Match[str], query: Query) -> Answer:
        self._none(query)
        return success({"environment": "prod"})
