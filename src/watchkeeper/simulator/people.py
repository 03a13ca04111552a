"""Users, service users and roles of the console."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Final

from watchkeeper.simulator import names
from watchkeeper.simulator.places import Places
from watchkeeper.simulator.times import ago, read, stamp
from watchkeeper.simulator.world import DAY, HOUR, Plan, Row, identifier

_PAGES = {
    "Endpoints": ("view", "initiateScan", "decommission", "uninstall", "moveToAnotherSite"),
    "Threats": ("view", "edit", "mitigate"),
    "Policy": ("view", "edit"),
    "Groups": ("view", "create", "edit", "delete"),
    "Sites": ("view", "create", "edit", "delete"),
    "Accounts": ("view", "create", "edit"),
    "Users": ("view", "create", "edit", "delete"),
    "Service Users": ("view", "create", "edit", "delete"),
    "Roles": ("view", "create", "edit", "delete"),
    "Activity Page": ("view",),
    "Packages": ("view", "upload"),
    "Configuration": ("view", "edit"),
}

# name, predefined, what it may do beyond looking ("*" is everything)
_ROLES = (
    ("Viewer", True, ()),
    ("C-Level", True, ()),
    ("IT", True, ("Endpoints.initiateScan", "Groups.edit", "Packages.upload")),
    ("SOC", True, ("Threats.edit", "Threats.mitigate", "Endpoints.initiateScan")),
    ("IR Team", True, ("Threats.edit", "Threats.mitigate", "Policy.edit")),
    ("Admin", True, ("*",)),
    # Powerful although its name does not say so.
    ("Helpdesk Lead", False, ("Users.edit",)),
    # Harmless although its name says admin.
    ("Administrative Assistant", False, ()),
    ("=1+1 <i>Röle</i>", False, ("Threats.edit",)),
)


# Mail boxes that no person alone reads, and one of another company.
_SHARED: Final = {
    8: "SOC@northwind.example",
    9: "helpdesk@northwind.example",
    10: "contractor@partner.example",
}
_LEFT: Final = (150.2, 5.2, 90.2, 27.2, -12.2, 300.2)
# Days, so many that a month later none of them ends.
_LEFT_IN_HEALTH: Final = (150.2, 70.2, 90.2, 67.2, 100.2, 300.2)


@dataclass(frozen=True, slots=True)
class People:
    """Everybody who can sign in or holds a token."""

    users: list[Row]
    service_users: list[Row]
    roles: list[Row]
    pages: dict[str, list[Row]]
    me: Row


def _pages(granted: tuple[str, ...]) -> list[Row]:
    return [
        {
            "name": page,
            "permissions": [
                {
                    "identifier": f"{page}.{permission}",
                    "title": permission.capitalize(),
                    "value": permission == "view"
                    or "*" in granted
                    or f"{page}.{permission}" in granted,
                }
                for permission in permissions
            ],
        }
        for page, permissions in _PAGES.items()
    ]


def _role(plan: Plan, number: int) -> Row:
    name, predefined, _ = _ROLES[number]
    return {
        "id": identifier("role", number),
        "name": name,
        "description": f"{name} role",
        "createdAt": ago(plan.now, (1000 - number) * DAY),
        "updatedAt": ago(plan.now, (400 - number) * DAY),
        "creator": None if predefined else "Anna Berger",
        "creatorId": None if predefined else identifier("user", 1),
        "updatedBy": None,
        "updatedById": None,
        "usersInRoles": 0,
        "scopeId": None,
        "scope": "tenant",
        "predefinedRole": predefined,
        "accountName": None,
        "siteName": None,
    }


def _scope(places: Places, number: int, role: Row) -> tuple[str, list[Row]]:
    """Whose things the person sees: everything, some accounts or some sites."""
    if number % 3 == 0 or not places.accounts:
        level, rows = "tenant", [{"id": None, "name": "Global", "accountName": None}]
    elif number % 3 == 1 or not places.sites:
        account = places.accounts[number % len(places.accounts)]
        level, rows = "account", [account | {"accountName": account["name"]}]
    else:
        level = "site"
        rows = [places.sites[(number + i) % len(places.sites)] for i in range(1 + number % 2)]
    return level, [
        {
            "id": row["id"],
            "name": row["name"],
            "accountName": row["accountName"],
            "roleId": role["id"],
            "roleName": role["name"],
            "roles": [role["name"]],
        }
        for row in rows
    ]


def _last_login(random: Random, luck: float) -> float:
    """Days since the last login."""
    if luck < 0.8:
        return random.uniform(0.1, 30)
    if luck < 0.9:
        return random.uniform(48, 85)  # too long for the powerful only
    return random.uniform(95, 400)


def _second_factor(random: Random, number: int, *, healthy: bool) -> Row:
    luck = 0.0 if healthy else random.random()
    if luck < 0.78:
        on, configured, status = True, True, "configured"
    elif luck < 0.85:
        on, configured, status = True, False, "not_configured"
    elif luck < 0.9:
        on, configured, status = True, False, "enrollment_expired"
    else:
        on, configured, status = False, False, "not_configured"
    return {
        "twoFaEnabled": on,
        # Some consoles leave the flag empty; the status says the same.
        "twoFaConfigured": None if number % 10 == 7 else configured,
        "twoFaStatus": status,
        "primaryTwoFaMethod": "application" if configured else None,
    }


def _times(plan: Plan, number: int, random: Random) -> Row:
    days = _last_login(random, 0.0 if plan.healthy else random.random())
    joined = days + random.uniform(10, 900)
    times: Row = {
        "dateJoined": ago(plan.now, joined * DAY),
        "firstLogin": ago(plan.now, (joined - 1) * DAY),
        "lastLogin": ago(plan.now, days * DAY),
    }
    if number % 13 == 6 and not plan.healthy:  # never logged in
        joined = random.uniform(2, 25) if number % 2 else random.uniform(40, 300)
        times = {"dateJoined": ago(plan.now, joined * DAY), "firstLogin": None, "lastLogin": None}
    return times


def _token(plan: Plan, age: float, left: float | None) -> Row:
    """A token made and ending that many days before and after; its times carry no fraction."""
    return {
        "createdAt": f"{ago(plan.now, age * DAY)[:19]}Z",
        "expiresAt": None if left is None else f"{ago(plan.now, -left * DAY)[:19]}Z",
    }


def _user(plan: Plan, number: int, places: Places, role: Row, random: Random) -> Row:
    name, mail = names.person(random)
    source = random.choices(("mgmt", "sso_saml", "active_directory"), (72, 22, 6))[0]
    if plan.healthy:
        source = "mgmt"
    elif number % 29 == 11:
        name = names.HOSTILE[number % len(names.HOSTILE)]
    level, scopes = _scope(places, number, role)
    token = None
    if number % 8 == 2:
        left = random.choice((-20, 3, 12, 100))
        token = _token(plan, 180 - (100 if plan.healthy else left), 100 if plan.healthy else left)
    elif number % 16 == 6 and not plan.healthy:
        token = _token(plan, 500, None)
    return {
        "_scopes": [scope["id"] for scope in scopes],
        "_roles": [role["id"]],
        "id": identifier("user", number),
        "source": source,
        "globalUserId": None,
        "globalOrganizationId": None,
        "email": None if number % 37 == 17 and not plan.healthy else mail,
        "emailReadOnly": source != "mgmt",
        "fullName": name,
        "fullNameReadOnly": source != "mgmt",
        **_times(plan, number, random),
        "lowestRole": role["name"],
        "groupsReadOnly": False,
        **_second_factor(random, number, healthy=plan.healthy),
        "emailVerified": number % 12 != 5,
        "scope": level,
        "apiToken": token,
        "twoFaEnabledReadOnly": source != "mgmt",
        "agreedEula": True,
        "agreementUrl": None,
        "allowRemoteShell": False,
        "scopeRoles": scopes,
        "isSystem": False,
        "tenantRoles": [role["name"]] if level == "tenant" else [],
        "siteRoles": scopes if level == "site" else [],
        "canGenerateApiToken": role["name"] == "Admin",
    }


def _service_user(plan: Plan, number: int, places: Places, role: Row, left: float) -> Row:
    level, scopes = _scope(places, number, role)
    created = plan.now - timedelta(days=200 - number)
    idle = 3 * HOUR + (130 if number == 3 and not plan.healthy else number) * DAY
    never = number == 4 and not plan.healthy
    # Not every body that was seen has it.
    until = {} if number % 3 == 1 else {"expirationDate": _token(plan, 0, left)["expiresAt"]}
    if number == 5 and not plan.healthy:
        until = {"expirationDate": _token(plan, 0, 800)["expiresAt"]}
    return until | {
        "_n": number,
        "_scopes": [scope["id"] for scope in scopes],
        "_roles": [role["id"]],
        "id": identifier("service-user", number),
        "name": (
            "watchkeeper-collector",
            "siem-export",
            "soar playbook 🤖",
            "terraform",
            "old-script",
            "backup",
        )[number % 6],
        "description": None if number % 2 else "Reads evidence every day",
        "createdAt": stamp(created),
        "updatedAt": stamp(created + timedelta(days=1)),
        "lastActivation": None if never else ago(plan.now, idle),
        "scope": level,
        "scopeRoles": scopes,
        "createdBy": {"id": identifier("user", 1), "name": "Anna Berger"},
        "updatedBy": {"id": identifier("user", 1), "name": "Anna Berger"},
        "apiToken": _token(plan, 60, left),
    }


def _standing(plan: Plan, user: Row, number: int, roles: list[Row]) -> None:
    """The people every company of some size has, whatever its luck."""
    if number == 0:  # the vendor's own
        user |= {"isSystem": True, "fullName": "SentinelOne Support", "source": "mgmt"}
        user["twoFaEnabled"], user["lastLogin"] = False, None
    elif number == 4:  # a dormant administrator
        user["lastLogin"] = ago(plan.now, 60 * DAY)
        _give(user, roles[5])
    elif number == 5:
        user["lastLogin"] = ago(plan.now, 60 * DAY)
        _give(user, roles[6])
    elif number == 7:  # dormant for an administrator, which this one is in name only
        user["lastLogin"] = ago(plan.now, 60 * DAY)
        _give(user, roles[7])
    elif number in _SHARED:
        user["email"] = _SHARED[number]


def _give(user: Row, role: Row) -> None:
    user["_roles"], user["lowestRole"] = [role["id"]], role["name"]
    for scope in user["scopeRoles"]:
        scope |= {"roleId": role["id"], "roleName": role["name"], "roles": [role["name"]]}


def build(plan: Plan, places: Places) -> People:
    """Everybody on day 0."""
    random = plan.chance("people")
    roles = [_role(plan, number) for number in range(len(_ROLES))]
    users = []
    for number in range(plan.users):
        weights = (30, 4, 10, 25, 6, 12, 5, 5, 3)
        user = _user(plan, number, places, random.choices(roles, weights)[0], random)
        if not plan.healthy:
            _standing(plan, user, number, roles)
        elif number in {0, 3}:  # two who administer everything
            _give(user, roles[5])
        users.append(user)
    service_users = [
        _service_user(plan, number, places, roles[0 if number % 3 == 0 else 3], left)
        for number, left in enumerate(_LEFT_IN_HEALTH if plan.healthy else _LEFT)
    ]
    for role in roles:
        role["usersInRoles"] = sum(role["id"] in user["_roles"] for user in users)
    pages = {role["id"]: _pages(_ROLES[n][2]) for n, role in enumerate(roles)}
    return People(users, service_users, roles, pages, _me(service_users[0]))


def _me(service_user: Row) -> Row:
    """The service user whose token the console accepts, as `/user` shows it."""
    return {
        "id": service_user["id"],
        "source": "mgmt",
        "globalUserId": None,
        "globalOrganizationId": None,
        "email": None,
        "emailReadOnly": True,
        "fullName": service_user["name"],
        "fullNameReadOnly": True,
        "firstLogin": None,
        "lastLogin": None,
        "dateJoined": service_user["createdAt"],
        "lowestRole": "Viewer",
        "groupsReadOnly": True,
        "twoFaEnabled": False,
        "primaryTwoFaMethod": None,
        "emailVerified": False,
        "scope": service_user["scope"],
        "apiToken": service_user["apiToken"],
        "twoFaEnabledReadOnly": True,
        "agreedEula": True,
        "agreementUrl": None,
        "allowRemoteShell": False,
        "twoFaConfigured": False,
        "scopeRoles": service_user["scopeRoles"],
        "isSystem": False,
        "isExternalLoginUser": False,
        "canGenerateApiToken": False,
        "elevatedSessionDurationMinutes": None,
        "twoFaStatus": "not_configured",
        "tenantRoles": ["Viewer"],
        "siteRoles": [],
    }


def factor(*, on: bool) -> Row:
    """A user's second factor, working or not there."""
    return {
        "twoFaEnabled": on,
        "twoFaConfigured": on,
        "twoFaStatus": "configured" if on else "not_configured",
        "primaryTwoFaMethod": "application" if on else None,
    }


def newcomer(plan: Plan, places: Places, people: People, day: int) -> Row:
    """A user who joined on that day and has not signed in yet."""
    random, number = plan.chance(f"newcomer:{day}"), plan.users + day
    role = people.roles[random.randrange(len(people.roles))]
    joined = {"dateJoined": ago(plan.now, 30), "firstLogin": None, "lastLogin": None}
    return _user(plan, number, places, role, random) | joined | {"apiToken": None}


def newcomer_service(plan: Plan, places: Places, people: People, rows: list[Row]) -> Row:
    """A service user made just now, whose end nobody said."""
    number = max(int(row["_n"]) for row in rows) + 1
    row = _service_user(plan, number, places, people.roles[3], 90)
    now = {"createdAt": ago(plan.now, 30), "updatedAt": ago(plan.now, 30), "lastActivation": None}
    return row | now | {"expirationDate": None, "apiToken": _token(plan, 0, 900)}


def go_on(people: People, before: datetime, pace: timedelta) -> People:
    """The same people some time later: who used the console until then goes on using it."""

    def later(row: Row, name: str, days: int) -> Row:
        last = read(row[name])
        if last is None or before - last > timedelta(days=days):
            return row
        return row | {name: stamp(last + pace)}

    return replace(
        people,
        users=[later(row, "lastLogin", 31) for row in people.users],
        service_users=[later(row, "lastActivation", 20) for row in people.service_users],
    )
