"""Exclusions: what agents are told to leave alone, in the classic list and in the newer one.

Most stand in both lists under one id, as a console shows them that has moved from the one to the
other; some were never moved and some are new.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from watchkeeper.simulator.places import Places
from watchkeeper.simulator.times import ago, stamp
from watchkeeper.simulator.world import Plan, Row, identifier

TENANT: Final = "Global"
_FINE: Final = {
    "type": "path",
    "value": "C:\\Program Files\\Northwind ERP\\erp.exe",
    "osType": "windows",
    "mode": "suppress",
    "description": "False positives of the ERP client, ticket CHG-1201",
    "notRecommended": "NONE",
    "age": 40,
    "owned": True,
    "level": "site",
}

# What is special about each: a word for who reads this, and the values that differ from a fine one.
_SICK: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"value": "/opt/backup/bin/agent", "osType": "linux", "level": "account"},
    {"type": "certificate", "value": "NORTHWIND HOLDING AG", "level": "tenant", "age": 20},
    {"type": "white_hash", "value": "d0a5f4c9b7e8123456789abcdef0123456789abc", "age": 100},
    {"type": "browser", "value": "chrome.exe", "age": 10},
    {"value": "C:\\*", "age": 30},
    {"value": "/", "osType": "linux", "level": "account"},
    {"value": "C:\\Users\\*\\AppData\\Local\\tool.exe"},
    {"value": "/home/*/bin/runner", "osType": "linux"},
    {"value": "D:\\Data\\*\\export.csv", "age": 60},
    {"value": "E:\\SQL\\", "mode": "disable_all_monitors_deep", "level": "tenant"},
    {"value": "E:\\SQL\\", "mode": "disable_all_monitors", "level": "site"},
    {"notRecommended": "NOT_RECOMMENDED", "value": "C:\\Windows\\System32\\svchost.exe"},
    {"notRecommended": "NOT_ALLOWED", "value": "C:\\Windows\\explorer.exe"},
    {"owned": False, "value": "C:\\Legacy\\old.exe"},
    {"description": "", "value": "C:\\Tools\\unknown.exe"},
    {"age": 400, "value": "C:\\Program Files\\Scanner\\scan.exe"},
    {"age": 300, "value": "/usr/local/bin/restic", "osType": "linux"},
    {"age": 900, "owned": False, "description": None, "value": "*", "level": "tenant"},
    {"type": "file_type", "value": "pst", "mode": None, "notRecommended": None},
    {"value": 'C:\\Temp\\=HYPERLINK("http://x")\\a.exe', "notRecommended": ""},
)
# In the newer list those stand that are not among every fifth, and these besides.
_NEWER: Final[tuple[dict[str, Any], ...]] = (
    {"value": "/Applications/Builder.app/", "osType": "macos", "description": None},
    {"value": "C:\\ProgramData\\*\\cache", "level": "account"},
    {"description": None, "reason": "", "value": "C:\\Tools\\nameless.exe"},
)
_HEALTHY: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"value": "/opt/backup/bin/agent", "osType": "linux", "level": "account"},
    {"type": "certificate", "value": "NORTHWIND HOLDING AG", "level": "tenant"},
    {"value": "/usr/local/bin/restic", "osType": "linux", "age": 300},
)


@dataclass(slots=True)
class Exclusions:
    """Both lists; a row's `_sites` are the sites it holds for, None where it holds for all."""

    classic: list[Row]
    unified: list[Row]


def seen_by(rows: list[Row], site: str | None) -> list[Row]:
    """Those that a token of that site sees, what is inherited from above included."""
    return [row for row in rows if site is None or row["_sites"] is None or site in row["_sites"]]


def build(plan: Plan, places: Places) -> Exclusions:
    """Both lists on day 0."""
    lists = Exclusions([], [])
    kinds = _HEALTHY if plan.healthy else _SICK
    for number, kind in enumerate(kinds):
        add(lists, plan, places, number, kind, newer=number % 5 != 4, classic=True)
    for number, kind in enumerate(() if plan.healthy else _NEWER, len(kinds)):
        add(lists, plan, places, number, kind, newer=True, classic=False)
    return lists


def add(
    lists: Exclusions,
    plan: Plan,
    places: Places,
    number: int,
    kind: dict[str, Any],
    *,
    newer: bool,
    classic: bool,
) -> Row:
    """Write one into the lists it stands in; the row of the last of them."""
    values = _FINE | kind
    row = _classic(plan, places, number, values)
    if classic:
        lists.classic.append(row)
    if newer:
        row = _unified(row, values)
        lists.unified.append(row)
    return row


def _scope(places: Places, number: int, level: str) -> Row:
    """Where it holds, as both lists say it."""
    scope: Row = {"tenant": False, "accountIds": [], "siteIds": [], "groupIds": []}
    if level == "tenant" or not places.sites:
        return {
            "_sites": None,
            "scope": scope | {"tenant": True},
            "scopeName": TENANT,
            "scopePath": TENANT,
        }
    site = places.sites[number % len(places.sites)]
    path = f"{TENANT} \\ {site['accountName']}"
    if level == "account":
        inside = [s["id"] for s in places.sites if s["accountId"] == site["accountId"]]
        return {
            "_sites": inside,
            "scope": scope | {"accountIds": [site["accountId"]]},
            "scopeName": site["accountName"],
            "scopePath": path,
        }
    return {
        "_sites": [site["id"]],
        "scope": scope | {"siteIds": [site["id"]]},
        "scopeName": site["name"],
        "scopePath": f"{path} \\ {site['name']}",
    }


def _classic(plan: Plan, places: Places, number: int, values: dict[str, Any]) -> Row:
    # Half a day off, so that no review falls due within the next hours.
    updated = plan.now - timedelta(days=values["age"] + 0.5)
    path = values["type"] == "path"
    return {
        "_n": number,
        **_scope(places, number, values["level"]),
        "id": identifier("exclusion", number),
        "type": values["type"],
        "value": values["value"],
        "osType": values["osType"],
        "mode": values["mode"] if path else None,
        "pathExclusionType": ("subfolders" if values["value"].endswith("\\") else "file")
        if path
        else None,
        "source": "user",
        "description": values["description"],
        "userName": "Chloé Dubois" if values["owned"] else None,
        "userId": identifier("user", 3) if values["owned"] else None,
        "notRecommended": values["notRecommended"],
        "actions": ["detect"],
        "imported": number % 7 == 3,
        "applicationName": None,
        "inAppInventory": False,
        "createdAt": stamp(updated - timedelta(days=20)),
        "updatedAt": stamp(updated),
    }


def _unified(row: Row, values: dict[str, Any]) -> Row:
    """The same exclusion as the newer list tells of it."""
    kept = (
        "_n _sites id osType source description userId scopePath notRecommended imported"
        " inAppInventory createdAt updatedAt"
    ).split()
    return {
        **{name: row[name] for name in kept},
        "exclusionName": f"Exclusion {row['_n'] + 1}",
        "modeType": "suppression"
        if (row["mode"] or "suppress").startswith("suppress")
        else "agent_interoperability",
        "interactionLevel": row["mode"],
        "threatType": ["static", "behavioral"] if row["_n"] % 2 else [],
        "engines": [],
        "conditions": [{"type": row["type"], "value": row["value"]}],
        "reason": values.get("reason", "Agreed with the owner of the application")
        if row["_n"] % 2 or "reason" in values
        else None,
        "user": row["userName"],
        "childProcess": False,
    }


def appear(lists: Exclusions, plan: Plan, places: Places, day: int) -> Row:
    """One more: fine on some days, broad or nobody's on others."""
    kinds: tuple[dict[str, Any], ...] = (
        {"value": "C:\\*", "owned": True},
        {"value": "C:\\Program Files\\New\\new.exe"},
        {"value": "C:\\Tools\\x.exe", "owned": False},
    )
    row = add(lists, plan, places, 100 + day, kinds[day % 3], newer=day % 2 == 0, classic=True)
    for each in (*lists.classic[-1:], row):
        each["createdAt"] = each["updatedAt"] = ago(plan.now, 40)
    return row


def review(lists: Exclusions, plan: Plan) -> None:
    """Somebody goes through the oldest and says again what it is for."""
    oldest = min(lists.classic, key=lambda row: str(row["updatedAt"]), default=None)
    if oldest is None:
        return
    now = {"updatedAt": ago(plan.now, 35)}
    for rows in (lists.classic, lists.unified):
        rows[:] = [row | now if row["id"] == oldest["id"] else row for row in rows]
