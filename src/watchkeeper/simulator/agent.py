"""One agent as the console serves it: the row's own values among some eighty fields."""

from datetime import datetime
from functools import lru_cache
from typing import Final

import msgspec

from watchkeeper.simulator.times import ago
from watchkeeper.simulator.world import DAY, Row

_SYSTEMS = {
    "windows": ("Windows 11 Pro", "22631"),
    "windows_legacy": ("Windows Server 2008 R2", "7601"),
    "macos": ("macOS", "Sonoma 14.7.1"),
    "linux": ("Linux", "Ubuntu 22.04.4 LTS 5.15.0-105-generic"),
}
_INSTALLERS = {"windows": ".msi", "windows_legacy": ".exe", "macos": ".pkg", "linux": ".deb"}
_MODELS = ("Dell Inc. - Latitude 7440", "LENOVO - 21HM", "Apple Inc. - Mac14,7", None, "VMware7,1")
_VARIETY = 840
_NEW_IN_2026 = (
    "machineSid",
    "containerizedWorkloadCounts",
    "hasContainerizedWorkload",
    "isAdConnector",
    "isHyperAutomate",
    "activeProtection",
)


def interfaces(number: int) -> list[Row]:
    high, middle, low = number >> 16 & 255, number >> 8 & 255, number & 255
    return [
        {
            "id": str(2_000_000_000_000_000_000 + number),
            "name": "Ethernet",
            "physical": f"02:5e:10:{high:02x}:{middle:02x}:{low:02x}",
            "inet": [f"10.{high}.{middle}.{low}"],
            "inet6": [f"fe80::{number & 65535:x}"],
            "gatewayMacAddress": None if number % 3 else "00:00:5e:00:01:01",
            "gatewayIp": "10.0.0.1",
        }
    ]


def _cluster(number: int, machine: str, profile: str) -> Row:
    kubernetes: Row = {
        "agentNamespace": "sentinelone",
        "agentPodName": f"s1-agent-{number:x}",
        "cloudAccount": "210987654321",
        "cloudImage": None,
        "cloudInstanceId": f"i-{number:017x}",
        "cloudInstanceSize": "m6i.2xlarge",
        "cloudLocation": "eu-central-1",
        "cloudNetwork": "vpc-0a1b2c",
        "cloudTags": [],
        "clusterName": "prod-eu-1",
        "kubernetesNodeLabels": ["pool=general"],
        "kubernetesNodeName": f"ip-10-0-{number % 250}-7",
        "kubernetesType": machine.removeprefix("kubernetes "),
        "kubernetesVersion": "v1.30.4",
    }
    if profile != "2024":
        kubernetes |= {"ecsType": None, "ecsClusterName": None}
    return {"Kubernetes": kubernetes}


def _history(number: int, now: datetime) -> Row:
    """What was scanned and when, and who sits in front of it."""
    person = None if number % 11 == 0 else f"user{number}"
    scanned = ago(now, (1 + number % 40) * DAY)
    return {
        "lastLoggedInUserName": person,
        "osUsername": None if number % 7 else "root",
        "scanStartedAt": scanned,
        "scanFinishedAt": scanned,
        "scanAbortedAt": None,
        "fullDiskScanLastUpdatedAt": scanned,
        "policyUpdatedAt": scanned,
        # Start times carry no fraction.
        "osStartTime": f"{ago(now, (number % 60) * DAY + 7777)[:19]}Z",
        "activeDirectory": {
            "computerDistinguishedName": None,
            "computerMemberOf": [],
            "lastUserDistinguishedName": None if person is None else f"CN={person},DC=northwind",
            "lastUserMemberOf": [],
            "userPrincipalName": None,
            "mail": None,
        },
    }


def _machine(system: str, number: int) -> Row:
    name, revision = _SYSTEMS.get(system, ("Unknown", ""))
    return {
        "osName": name,
        "osRevision": revision,
        "osArch": "ARM64" if number % 13 == 0 else "64 bit",
        "totalMemory": 8192 * (1 + number % 4),
        "modelName": _MODELS[number % len(_MODELS)],
        "cpuId": "13th Gen Intel(R) Core(TM) i7-1365U",
        "cpuCount": 1 + number % 2,
        "coreCount": 4 + number % 12,
        "domain": None if number % 17 == 0 else "NORTHWIND",
        "externalIp": f"203.0.113.{number % 254 + 1}",
        "groupIp": "203.0.113.x",
        "installerType": _INSTALLERS.get(system, "unknown"),
        "encryptedApplications": number % 5 != 0,
        "machineSid": None if number % 2 else f"S-1-5-21-{number}",
    }


def _tags(number: int, now: datetime) -> Row:
    if number % 20:
        return {"sentinelone": []}
    return {
        "sentinelone": [
            {
                "id": str(2_100_000_000_000_000_000 + number % 9),
                "key": "owner",
                "value": ("finance", "R&D", "<b>IT</b>")[number % 3],
                "assignedAt": ago(now, 33 * DAY),
                "assignedBy": "Anna Berger",
                "assignedById": "1300000000000000001",
            }
        ]
    }


def _proxies(number: int, profile: str) -> Row:
    proxy = number % 30 == 0
    states: Row = {"console": proxy, "deepVisibility": proxy}
    if profile != "2024":
        states |= {"pacFileUsage": None, "proxyMethod": None, "consoleProxyAddress": None}
    return states


def _common(number: int, system: str, machine: str, now: datetime, profile: str) -> Row:
    """Fields that no control needs, the same for many agents."""
    common: Row = {
        "allowRemoteShell": False,
        "appsVulnerabilityStatus": ("up_to_date", "patch_required", "not_applicable")[number % 3],
        "cloudProviders": _cluster(number, machine, profile) if "kubernetes" in machine else {},
        "consoleMigrationStatus": "N/A",
        "detectionState": None if number % 2 else "full_mode",
        "externalId": "",
        "firewallEnabled": number % 4 != 0,
        "inRemoteShellSession": False,
        "locationEnabled": True,
        "locationType": "fallback",
        "locations": [{"id": "2200000000000000001", "name": "Fallback", "scope": "global"}],
        "networkQuarantineEnabled": number % 6 == 0,
        "proxyStates": _proxies(number, profile),
        "rangerStatus": "NotApplicable",
        "rangerVersion": None,
        "remoteProfilingState": "disabled",
        "remoteProfilingStateExpiration": None,
        "storageName": None,
        "storageType": None,
        "tags": _tags(number, now),
        "threatRebootRequired": False,
        "containerizedWorkloadCounts": None,
        "hasContainerizedWorkload": False,
        "isAdConnector": False,
        "isHyperAutomate": False,
        "activeProtection": ["edr"],
    }
    common |= _machine(system, number) | _history(number, now)
    if profile == "2024":
        for name in _NEW_IN_2026:
            del common[name]
    return common


def _own(row: Row, now: datetime) -> Row:
    """Fields that follow from the row."""
    number: int = row["_n"]
    disabled = row["operationalState"] in {"partially_disabled", "fully_disabled"}
    own = interfaces(number)
    return {
        "firstFullModeTime": None if number % 4 else row["registeredAt"],
        "groupUpdatedAt": None if number % 3 else row["registeredAt"],
        "lastIpToMgmt": own[0]["inet"][0],
        "lastSuccessfulScanDate": last_scan(row, now),
        "networkInterfaces": own,
        "operationalStateExpiration": ago(now, -6 * 3600) if disabled and number % 2 else None,
        "showAlertIcon": row["infected"],
    }


@lru_cache(maxsize=256)
def _days_ago(now: datetime, days: int) -> str:
    return ago(now, days * DAY)


def last_scan(row: Row, now: datetime) -> str | None:
    """When its last full scan ended; the longest ago where one was aborted since."""
    number: int = row["_n"]
    if row["scanStatus"] == "aborted":
        return _days_ago(now, 95 + number % 50)
    return _days_ago(now, 1 + number % 40) if row["scanStatus"] == "finished" else None


def domain(row: Row) -> str | None:
    """The domain its machine is in."""
    return None if row["_n"] % _VARIETY % 17 == 0 else "NORTHWIND"


def agent(row: Row, now: datetime, profile: str) -> Row:
    """The full record."""
    number: int = row["_n"]
    record = _common(number % _VARIETY, row["osType"], str(row["machineType"]), now, profile) | row
    del record["_n"]
    if "lastLoggedInUserName" in row:
        person = f"CN={row['lastLoggedInUserName']},DC=northwind"
        record["activeDirectory"] |= {"lastUserDistinguishedName": person}
    return record | _own(row, now)


@lru_cache(maxsize=32_768)
def _common_text(number: int, system: str, machine: str, now: datetime, profile: str) -> bytes:
    """The common fields written once for all who share them: a page has a thousand agents."""
    return msgspec.json.encode(_common(number, system, machine, now, profile))[:-1]


_FIRST: Final = b'{"_n":'
# Rows with a field of the shared ones have their own value of it.
_SHARED: Final = frozenset(_common(0, "", "", datetime(2026, 1, 1), "2026"))  # noqa: DTZ001


def agent_text(row: Row, now: datetime, profile: str) -> msgspec.Raw:
    """The full record as JSON: what `agent` gives, written in pieces."""
    text = msgspec.json.encode(row)
    if not text.startswith(_FIRST) or not _SHARED.isdisjoint(row):
        return msgspec.Raw(msgspec.json.encode(agent(row, now, profile)))
    number: int = row["_n"]
    shared = _common_text(number % _VARIETY, row["osType"], str(row["machineType"]), now, profile)
    own = text[text.index(b",") : -1]
    return msgspec.Raw(b"%b%b,%b" % (shared, own, msgspec.json.encode(_own(row, now))[1:]))
