"""Every endpoint that lists something: its parameters, filters, sorts and page limits.

The parameter tables hold all that the vendor declares; the filters hold what this console really
does. A declared parameter without a filter is answered with 501, so that a client's wish that
nothing fulfils cannot pass unnoticed.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

from watchkeeper.simulator import (
    parameters,
    parameters_agents,
    parameters_others,
    parameters_threats,
)
from watchkeeper.simulator.activity_types import known_types

PROFILES: Final = {
    "2026": "the API as its specification of 2026 describes it",
    "2024": "the API of 2024: fewer parameters and fields, groups at most 300 a page",
    "documented": "the calls of the integration guide: /agents/{id}, /policy, none per scope",
}

TABLES: Final = (
    parameters.TABLES
    | parameters_agents.TABLES
    | parameters_threats.TABLES
    | parameters_others.TABLES
)

_TIMES = ("lt", "lte", "gt", "gte", "between")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter under its full name, operator included."""

    name: str
    base: str
    operator: str
    kind: str  # list, bools, int, bool, str
    most: int | None
    new: bool
    choices: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Filter:
    """How one parameter picks rows: by membership, equality or time, on one field."""

    kind: str  # in, not_in, time, same, contains, resolved, exists
    field: str


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One list: what it takes and how it may be ordered."""

    name: str
    parameters: dict[str, Parameter]
    filters: dict[str, Filter]
    sorts: dict[str, str]  # sortBy value -> row field


def _parameter(line: str, index: dict[str, Parameter]) -> None:
    head, _, allowed = line.partition(" =")
    base, operators, kind, *flags = head.split()
    choices = frozenset(allowed.split("|")) if allowed else None
    digits = kind.lstrip("abcdefghijklmnopqrstuvwxyz")
    most = int(digits) if digits else None
    names = [""] if operators[0] in ".+" else []
    names += operators[1:].split(",") if operators != "." else []
    for operator in names:
        full = f"{base}__{operator}" if operator else base
        index[full] = Parameter(
            full, base, operator, kind.rstrip("0123456789"), most, "new" in flags, choices
        )


def _parameters(table: str) -> dict[str, Parameter]:
    index: dict[str, Parameter] = {}
    for line in table.strip().replace("\n  ", "").split("\n"):
        _parameter(line, index)
    return index


def _filters(text: str) -> dict[str, Filter]:
    """`name:kind:field` words; a time word stands for all its operators."""
    found: dict[str, Filter] = {}
    for word in text.split():
        name, kind, field = word.split(":")
        field = field or name
        if kind == "time":
            found |= {f"{name}__{op}": Filter("time", field) for op in _TIMES}
        elif kind == "set":
            found[name] = Filter("in", field)
            found[f"{name}Nin"] = Filter("not_in", field)
        else:
            found[name] = Filter(kind, field)
    return found


_SCOPES = "siteIds:in:siteId accountIds:in:accountId groupIds:in:groupId "

_FILTERS: dict[str, str] = {
    "agents": _SCOPES + "ids:set:id osTypes:set:osType machineTypes:set:machineType"
    " isDecommissioned:in: isUninstalled:in: isActive:in: isUpToDate:in: isPendingUninstall:in:"
    " infected:same: operationalStates:set:operationalState networkStatuses:set:networkStatus"
    " scanStatuses:set:scanStatus mitigationMode:same: mitigationModeSuspicious:same:"
    " agentVersions:set:agentVersion uuids:in:uuid updatedAt:time: createdAt:time:"
    " lastActiveDate:time: registeredAt:time: computerName:in: computerName__contains:contains:"
    "computerName serialNumber__contains:contains:serialNumber",
    "threats": _SCOPES + "ids:in:id agentIds:in:agentId incidentStatuses:set:incidentStatus"
    " mitigationStatuses:set:mitigationStatus confidenceLevels:set:confidenceLevel"
    " analystVerdicts:set:analystVerdict osTypes:set:osType resolved:resolved:incidentStatus"
    " failedActions:same: pendingActions:same: createdAt:time: updatedAt:time:",
    "timelines": _SCOPES + "activityTypes:in:activityType",
    "groups": _SCOPES.replace("groupId ", "id ") + "id:same: types:in:type type:same:"
    " isDefault:same: name:same: updatedAt:time:",
    "sites": "siteIds:in:id accountIds:in:accountId accountId:same: states:set:state state:same:"
    " isDefault:same: name:same: siteType:same: name__contains:contains:name",
    "accounts": "ids:in:id accountIds:in:id states:set:state state:same: isDefault:same:"
    " name:same: accountType:same: usageType:same: name__contains:contains:name",
    "users": "ids:in:id siteIds:in:_scopes accountIds:in:_scopes sources:in:source source:same:"
    " roleIds:in:_roles twoFaEnabled:same: twoFaStatus:same: twoFaStatuses:in:twoFaStatus"
    " emailVerified:same: canGenerateApiToken:same: hasValidApiToken:exists:apiToken"
    " createdAt:time:dateJoined email:same:",
    "service-users": "ids:in:id siteIds:in:_scopes accountIds:in:_scopes roleIds:in:_roles",
    "roles": "ids:in:id name:same: predefinedRole:same: createdAt:time: updatedAt:time:",
    "activities": _SCOPES + "ids:in:id activityTypes:in:activityType agentIds:in:agentId"
    " threatIds:in:threatId userIds:in:userId activityUuids:in:activityUuid createdAt:time:"
    " includeHidden:ignored:",
    "packages": "ids:in:id osTypes:in:osType platformTypes:in:platformType status:in:"
    " packageType:same: packageTypes:in:packageType version:same: minorVersion:same:"
    " osArches:in:osArch fileExtension:same:",
    "exclusions": "ids:in:id osTypes:in:osType types:in:type type:same: modes:in:mode"
    " siteIds:in:_sites createdAt:time: updatedAt:time: imported:same: userIds:in:userId"
    " includeChildren:ignored: includeParents:ignored:",
    "unified-exclusions": "ids:in:id osTypes:in:osType modeType:same: siteIds:in:_sites"
    " createdAt:time: updatedAt:time: imported:same:"
    " includeChildren:ignored: includeParents:ignored:",
    "rogues": "ids:in:id siteIds:in:siteId accountIds:in:accountId osTypes:in:osType"
    " managedStates:in:managedState firstSeen:time: lastSeen:time:",
    "alerts": _SCOPES + "ids:in:id incidentStatus:in: analystVerdict:in: severity:in:"
    " origAgentOsType:in:osType createdAt:time: reportedAt:time:",
    "notes": "creatorId:same:",
    "user": "",
}

# The 86 sorts of the agent list are not published in full; these are the ones that are known.
_SORTS: dict[str, str] = {
    "agents": "id createdAt updatedAt lastActiveDate registeredAt computerName agentVersion",
    "threats": "id createdAt updatedAt mitigationStatus classification siteId siteName"
    " agentVersion agentMachineType agentComputerName",
    "timelines": "hash activityType primaryDescription secondaryDescription createdAt",
    "groups": "id name type rank siteId createdAt updatedAt description",
    "sites": "id name totalLicenses expiration siteType state suite createdAt updatedAt"
    " activeLicenses accountName sku description usageType",
    "accounts": "id name totalLicenses expiration accountType state createdAt updatedAt"
    " activeAgents numberOfSites usageType billingMode",
    "users": "id fullName firstLogin lastLogin source email emailVerified dateJoined"
    " twoFaEnabled twoFaStatus canGenerateApiToken",
    "service-users": "id createdAt updatedAt name description lastActivation",
    "roles": "id description usersInRoles creator siteName createdAt updatedAt updatedBy"
    " accountName name",
    "activities": "id activityType createdAt",
    "packages": "id createdAt updatedAt osType platformType fileName fileSize fileExtension"
    " version status majorVersion minorVersion sha1 scopeLevel packageType rangerVersion osArch",
    "exclusions": "id type value osType mode createdAt updatedAt scopePath",
    "unified-exclusions": "id exclusionName modeType osType createdAt updatedAt scopePath",
    "rogues": "id localIp macAddress osType firstSeen lastSeen siteName",
    "notes": "id createdAt updatedAt creator",
}

_ALERT_TIMES: Final = ("createdAt", "reportedAt", "updatedAt")
# Lists that are in another order than that of their ids when none is asked for.
USUAL_SORT: Final = {
    "timelines": "createdAt",
    "notes": "createdAt",
    "alerts": "alertInfoCreatedAt",
}

TIME_FIELDS: Final = frozenset(
    "createdAt updatedAt lastActiveDate registeredAt firstLogin lastLogin dateJoined"
    " lastActivation expiration firstSeen lastSeen reportedAt".split()
)


@cache
def endpoint(name: str) -> Endpoint:
    """The endpoint of one list, by the name of its resource."""
    sorts = {field: field for field in _SORTS.get(name, "").split()}
    if name == "users":
        sorts["createdAt"] = "dateJoined"
    if name == "alerts":
        sorts = {f"alertInfo{field[0].upper()}{field[1:]}": field for field in _ALERT_TIMES}
    return Endpoint(name, _parameters(TABLES[name]), _filters(_FILTERS[name]), sorts)


def known(point: Endpoint, profile: str) -> dict[str, Parameter]:
    """The parameters that a console of this profile knows."""
    if profile == "documented" and point.name == "agents":
        return {n: p for n, p in point.parameters.items() if n not in {"ids", "idsNin"}}
    if profile == "2024":
        return {n: p for n, p in point.parameters.items() if not p.new}
    return point.parameters


def largest_page(name: str, profile: str) -> int:
    """The highest `limit` the list takes."""
    return 300 if name == "groups" and profile == "2024" else 1000


def choices(parameter: Parameter, profile: str) -> frozenset[str] | None:
    """The values the parameter takes, or None when any will do."""
    if parameter.name == "activityTypes":
        return frozenset(str(number) for number in known_types(profile))
    return parameter.choices
