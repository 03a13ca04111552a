"""One threat as the console serves it: nested, with the agent as it was and as it is."""

from watchkeeper.simulator.world import Row

_DETECTION = (
    "groupId groupName siteId siteName accountId accountName agentIpV4 agentIpV6 agentDomain"
    " externalIp agentUuid agentLastLoggedInUserName agentLastLoggedInUserMail"
    " agentLastLoggedInUpn agentOsRevision agentOsName agentRegisteredAt agentVersion"
    " assetVersion agentMitigationMode agentDetectionState"
).split()


def _actions(row: Row) -> list[Row]:
    if row["mitigationStatus"] != "mitigated" and not row["failedActions"]:
        return []
    status = "failed" if row["failedActions"] else "pending" if row["pendingActions"] else "success"
    done = row["createdAt"]
    return [
        {
            "action": action,
            "status": status,
            "reportId": None,
            "lastUpdate": done,
            "groupNotFound": False,
            "latestReport": None if action == "kill" else f"/threats/mitigation-report/{row['id']}",
            "actionsCounters": None
            if action == "kill"
            else {"total": 2, "success": 2, "failed": 0, "pendingReboot": 0, "notFound": 0},
            "agentSupportsReport": True,
            "mitigationStartedAt": done,
            "mitigationEndedAt": done,
        }
        for action in ("kill", "quarantine")
    ]


def _detection(row: Row, profile: str) -> Row:
    """The agent when the threat was found; the oldest records have forgotten it."""
    info: Row = dict.fromkeys(_DETECTION)
    info["cloudProviders"] = {}
    if not row["_old"]:
        agent = row["_agent"]
        for name in ("groupId", "groupName", "siteId", "siteName", "accountId", "accountName"):
            info[name] = row[name]
        info |= {
            "agentIpV4": "10.0.0.17",
            "agentDomain": "NORTHWIND",
            "agentUuid": agent["uuid"],
            "agentRegisteredAt": agent["registeredAt"],
            "agentVersion": agent["agentVersion"],
            "agentMitigationMode": agent["mitigationMode"],
            "agentOsName": agent["osType"],
        }
    if profile == "2024":
        del info["assetVersion"]
    return info


def _realtime(row: Row) -> Row:
    agent = row["_agent"]
    gone = agent["isDecommissioned"]
    return {
        **{name: row[name] for name in ("accountId", "accountName", "siteId", "siteName")},
        "groupId": row["groupId"],
        "groupName": row["groupName"],
        "activeThreats": agent["activeThreats"],
        "agentDomain": "NORTHWIND",
        "agentId": row["agentId"],
        "agentIsActive": agent["isActive"],
        "agentIsDecommissioned": gone,
        # A boolean, whatever the name promises.
        "agentDecommissionedAt": True if gone else None,
        "agentMachineType": agent["machineType"],
        "agentNetworkStatus": agent["networkStatus"],
        "agentOsName": agent["osType"],
        "agentOsType": row["osType"],
        "agentOsRevision": None,
        "agentUuid": agent["uuid"],
        "agentComputerName": agent["computerName"],
        "agentVersion": agent["agentVersion"],
        "userActionsNeeded": agent["userActionsNeeded"],
        "scanStatus": agent["scanStatus"],
        "scanStartedAt": None,
        "scanFinishedAt": None,
        "scanAbortedAt": None,
        "agentMitigationMode": agent["mitigationMode"],
        "networkInterfaces": [],
        "agentInfected": agent["infected"],
        "rebootRequired": row["rebootRequired"],
        "operationalState": agent["operationalState"],
        "storageType": None,
        "storageName": None,
    }


_WORDS = {
    "not_mitigated": "Not mitigated",
    "mitigated": "Mitigated",
    "marked_as_benign": "Marked as benign",
}


def _info(row: Row, profile: str) -> Row:
    number = row["_n"]
    judged = ("analystVerdict", "classification", "confidenceLevel", "createdAt", "identifiedAt")
    states = ("mitigationStatus", "incidentStatus", "updatedAt", "automaticallyResolved")
    actions = ("failedActions", "rebootRequired", "pendingActions")
    info = {
        **{name: row[name] for name in judged + states + actions},
        "threatId": row["id"],
        "analystVerdictDescription": str(row["analystVerdict"]).replace("_", " ").capitalize(),
        "browserType": None,
        "certificateId": "",
        "classificationSource": "Cloud" if number % 2 else None,
        "collectionId": str(2_300_000_000_000_000_000 + number % 50),
        "mitigatedPreemptively": row["mitigatedPreemptively"],
        "detectionType": "static" if number % 2 else "dynamic",
        "engines": ["SentinelOne Cloud"],
        "detectionEngines": [{"key": "sentinelone_cloud", "title": "SentinelOne Cloud"}],
        "fileExtension": "EXE",
        "fileExtensionType": "Executable",
        "filePath": f"\\Device\\HarddiskVolume3\\Users\\x\\Downloads\\{row['_file']}",
        "fileSize": 4_000 + number,
        "fileVerificationType": "NotSigned",
        "initiatedBy": "agent_policy",
        "initiatedByDescription": "Agent Policy",
        "initiatingUserId": None,
        "initiatingUsername": None,
        "isValidCertificate": False,
        "isFileless": False,
        "reachedEventsLimit": False,
        "maliciousProcessArguments": None if number % 3 else '"C:\\x.exe" /silent',
        "md5": None,
        "originatorProcess": "explorer.exe",
        "publisherName": "",
        "sha1": row["_sha1"],
        "sha256": row["_sha256"],
        "mitigationStatusDescription": _WORDS.get(str(row["mitigationStatus"]), ""),
        "threatName": row["_file"],
        "incidentStatusDescription": str(row["incidentStatus"]).replace("_", " ").capitalize(),
        "storyline": f"{number:016X}",
        "externalTicketId": row["_ticket"],
        "externalTicketExists": row["_ticket"] is not None,
        "cloudFilesHashVerdict": "black" if number % 2 else None,
        "processUser": "NORTHWIND\\user",
        "macroModules": [],
        "rootProcessUpn": None,
    }
    info["identifiedAt"] = identified(row)
    if profile == "2024":
        del info["rootProcessUpn"]
    return info


def identified(row: Row) -> str | None:
    """When the agent found it, as the console tells it; the oldest records may not."""
    found: str | None = row["_identified"] if row["_old"] else row["identifiedAt"]
    return found


def threat(row: Row, profile: str) -> Row:
    """The full record."""
    record: Row = {
        "id": row["id"],
        "threatInfo": _info(row, profile),
        "agentDetectionInfo": _detection(row, profile),
        "agentRealtimeInfo": _realtime(row),
        "mitigationStatus": _actions(row),
        "indicators": []
        if row["_n"] % 3
        else [
            {
                "ids": [43],
                "category": "InfoStealer",
                "categoryId": None,
                "description": "This uses functions <b>commonly</b> seen in stealers.",
                "tactics": [
                    {
                        "name": "Credential Access",
                        "source": "MITRE",
                        "techniques": [{"name": "T1555", "link": "https://attack.mitre.org/"}],
                    }
                ],
            }
        ],
        "containerInfo": dict.fromkeys(("id", "name", "image", "labels")),
        "kubernetesInfo": dict.fromkeys(("cluster", "namespace", "pod", "node")),
        "ecsInfo": dict.fromkeys(("type", "version", "clusterName", "taskArn")),
        "whiteningOptions": ["hash", "path"] if row["_n"] % 2 else [],
    }
    if profile == "2024":
        del record["ecsInfo"]
    return record
