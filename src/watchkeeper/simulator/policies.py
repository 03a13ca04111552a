"""Protection policies: what each scope owns, and what is in force where nothing is owned."""

from dataclasses import dataclass, field
from typing import Any

from watchkeeper.simulator.places import Places
from watchkeeper.simulator.times import ago
from watchkeeper.simulator.world import DAY, Plan, Row, identifier

_ENGINES = (
    "reputation preExecution preExecutionSuspicious executables dataFiles exploits penetration"
    " pup lateralMovement remoteShell idr driftDetection networkProtection"
).split()

_COLLECTED = (
    "url dns process file ip registry scheduledTask login fds behavioralIndicators dllModuleLoad"
    " crossProcess commandScripts autoInstallBrowserExtensions dataMasking smartFileMonitoring"
    " namedPipe namedPipeExtended driver windowsEventLogs windowsEventLogsExtended"
    " openDirectoryActivity profileActivity userSubstitution externalDeviceActivity"
).split()

_ON = (
    "networkQuarantineOn autoImmuneOn autoDecommissionOn cloudValidationOn researchOn"
    " agentNotification scanNewAgents antiTamperingOn signedDriverBlockingOn driverBlocking"
    " agentUiOn snapshotsOn agentLoggingOn monitorOnExecute monitorOnWrite ioc iocSupported"
    " isDvPolicyPerEventType"
).split()

_OFF = (
    "unsignedDriverBlockingOn informationalAlertsOn allowRemoteShell removeMacros removeMacrosMl"
    " identityOn allowUnprotectByApprovedProcess logCollectorEnabled networkProtectionInfra"
    " fwForNetworkQuarantineEnabled isDefault"
).split()


def _policy(plan: Plan, number: int, **changes: Any) -> Row:
    policy: Row = dict.fromkeys(_ON, True) | dict.fromkeys(_OFF, False)
    policy |= {
        "autoMitigationAction": "mitigation.quarantineThreat",
        "autoDecommissionDays": 21,
        "mitigationMode": "protect",
        "mitigationModeSuspicious": "protect",
        "createdAt": ago(plan.now, (700 - number % 100) * DAY),
        "updatedAt": ago(plan.now, (5 + number % 90) * DAY),
        "engines": dict.fromkeys(_ENGINES, "on") | {"applicationControl": "off"},
        "iocAttributes": dict.fromkeys(_COLLECTED, True),
        "dvAttributesPerEventType": {
            "process": {"dvEventTypeProcessCreation": True},
            "dns": {"dvEventTypeDns": True},
        },
        "inheritedFrom": None,
        "userId": identifier("user", 3),
        "userFullName": "Chloé Dubois",
        "autoFileUpload": {"enabled": False, "includeBenignFiles": False, "maxFileSize": 50},
        "agentUi": {
            "agentUiOn": True,
            "threatPopUpNotifications": True,
            "maxEventAgeDays": 30,
            "contactFreeText": "",
            "contactEmail": "soc@northwind.example",
        },
        "remoteScriptOrchestration": None,
        "remoteOpsForensics": None,
        "identityUpdateInterval": 24,
        "identityReportInterval": 60,
        "identityThrottlingInterval": 10,
        "identityEndpointReporting": "disabled",
        "forensicsAutoTriggering": None,
        "identityConfigurationSettings": None,
        "driftDetectionDelayTime": 0,
    }
    return policy | changes


_FROM = {"site": "site", "account": "account", "tenant": "global"}


@dataclass(slots=True)
class Policies:
    """What is owned, and who stands above whom."""

    own: dict[tuple[str, str], Row]
    above: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    # What each scope owned on the first day.
    first: dict[tuple[str, str], Row] = field(default_factory=dict)

    def effective(self, level: str, scope: str) -> Row | None:
        """The policy in force at a scope, with `inheritedFrom` telling whose it is."""
        key = (level, scope)
        if key != ("tenant", "") and key not in self.above:
            return None
        owner = key
        while owner not in self.own:
            owner = self.above[owner]
        inherited = None if owner == key else _FROM[owner[0]]
        return self.own[owner] | {"inheritedFrom": inherited}


def _sites(plan: Plan, places: Places, own: dict[tuple[str, str], Row]) -> None:
    for number, site in enumerate(places.sites):
        key = ("site", site["id"])
        if site["name"].startswith("Acquired"):
            own[key] = _policy(plan, number, mitigationMode="detect", autoDecommissionDays=90)
        elif number % 4 == 1:
            own[key] = _policy(plan, number, mitigationModeSuspicious="detect")
        elif number % 4 == 2:
            own[key] = _policy(plan, number, allowRemoteShell=True, agentLoggingOn=False)


def _choose_owners(plan: Plan, percent: float, groups: list[Row]) -> None:
    """That many in a hundred groups do not follow their site, whatever is usual for them."""
    count = round(len(groups) * percent / 100)
    chosen = set(plan.chance("own policies").sample(range(len(groups)), count))
    for number, group in enumerate(groups):
        group["inherits"] = number not in chosen


def _groups(plan: Plan, places: Places, own: dict[tuple[str, str], Row]) -> None:
    executives = 0
    for number, group in enumerate(places.groups):
        if group["inherits"]:
            continue
        detect = False
        if group["name"] == "Executives":
            executives += 1
            detect = executives in {2, 4}
        own[("group", group["id"])] = policy = _policy(
            plan, number, mitigationMode="detect" if detect else "protect", snapshotsOn=not detect
        )
        if executives == 3:
            policy["engines"] |= {"exploits": "off", "lateralMovement": "off", "pup": "off"}
        elif group["name"] == "Servers":
            policy |= {"ioc": number % 2 == 0, "scanNewAgents": number % 2 == 1}
            policy["iocAttributes"] |= {"dns": False}


def build(plan: Plan, places: Places) -> Policies:
    """A tenant policy, some overrides below it, and everything else inherited."""
    own = {("tenant", ""): _policy(plan, 0, isDefault=True)}
    if not plan.healthy:
        if plan.own_policies is not None:
            _choose_owners(plan, plan.own_policies, places.groups)
        if len(places.accounts) > 1:
            own[("account", places.accounts[1]["id"])] = _policy(plan, 7, autoDecommissionDays=30)
        _sites(plan, places, own)
        _groups(plan, places, own)
        _unused(plan, places, own)
    else:
        for group in places.groups:
            group["inherits"] = True
    policies = Policies(own)
    policies.above |= {("account", a["id"]): ("tenant", "") for a in places.accounts}
    policies.above |= {("site", s["id"]): ("account", s["accountId"]) for s in places.sites}
    policies.above |= {("group", g["id"]): ("site", g["siteId"]) for g in places.groups}
    policies.first = dict(own)
    return policies


def _unused(plan: Plan, places: Places, own: dict[tuple[str, str], Row]) -> None:
    """A careless policy on a group without agents: nobody is less protected by it."""
    for number, group in enumerate(places.groups):
        # Where the number of owners is chosen, only one of them can be careless.
        if group["_for"] == "none" and (plan.own_policies is None or not group["inherits"]):
            group["inherits"] = False
            own[("group", group["id"])] = _policy(
                plan,
                number,
                antiTamperingOn=False,
                allowUnprotectByApprovedProcess=True,
                mitigationMode="detect",
            )
            return
