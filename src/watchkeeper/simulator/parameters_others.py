"""Query parameters of exclusions, devices without an agent, alerts and notes.

As the vendor's reference declares them where it is public, else as public clients use them. One a
line: name, operators (`-` only with an operator, `+` also bare), type with the most values it
takes, `new` when the 2024 console does not know it, `=` and the values allowed.
"""

TABLES: dict[str, str] = {
    "exclusions": """
accountIds . list500
countOnly . bool
createdAt -lt,gt,lte,gte,between str
cursor . str
description -contains list10
groupIds . list500
ids . list5000
imported . bool
includeChildren . bool
includeParents . bool
limit . int
modes . list5000
osTypes . list5000 =macos|windows|windows_legacy|linux
pathExclusionTypes . list5000 =file|folder|subfolders
query . str
recommendations . list5000
siteIds . list500
skip . int
skipCount . bool
sortBy . str =id|type|value|osType|mode|source|userName|createdAt|updatedAt|scopePath
sortOrder . str =asc|desc
source . list5000
tenant . bool
type . str =path|certificate|browser|file_type|white_hash|dv_exclusions
types . list5000 =path|certificate|browser|file_type|white_hash|dv_exclusions
updatedAt -lt,gt,lte,gte,between str
userIds . list5000
value +contains list10
""",
    "unified-exclusions": """
accountIds . list500
countOnly . bool
createdAt -lt,gt,lte,gte,between str
cursor . str
engines . list5000
exclusionName -contains list10
groupIds . list500
ids . list5000
imported . bool
includeChildren . bool
includeParents . bool
interactionLevels . list5000
limit . int
modeType . str =suppression|agent_interoperability|binary_vault
osTypes . list5000 =macos|windows|windows_legacy|linux
query . str
siteIds . list500
skip . int
skipCount . bool
sortBy . str =id|exclusionName|modeType|osType|user|createdAt|updatedAt|scopePath
sortOrder . str =asc|desc
tenant . bool
updatedAt -lt,gt,lte,gte,between str
""",
    "rogues": """
accountIds . list500
countOnly . bool
cursor . str
deviceTypes . list5000
firstSeen -lt,gt,lte,gte,between str
ids . list5000
lastSeen -lt,gt,lte,gte,between str
limit . int
managedStates . list5000 =managed|unmanaged|unsupported|unknown
osTypes . list5000
osVersion -contains list10
query . str
siteIds . list500
skip . int
skipCount . bool
sortBy . str =id|hostnames|localIp|macAddress|manufacturer|osType|firstSeen|lastSeen|siteName
sortOrder . str =asc|desc
""",
    "alerts": """
accountIds . list500
analystVerdict . list5000 =Undefined|True positive|False positive|Suspicious
containerName -contains list10
countOnly . bool
createdAt -lt,gt,lte,gte str
cursor . str
groupIds . list500
ids . list5000
incidentStatus . list5000 =Unresolved|In progress|Resolved
limit . int
machineType . list5000
origAgentName -contains list10
origAgentOsType . list5000 =macos|windows|windows_legacy|linux
query . str
reportedAt -lt,gt,lte,gte str
ruleName -contains list10
severity . list5000 =Low|Medium|High|Critical
siteIds . list500
skip . int
skipCount . bool
sortBy . str =alertInfoCreatedAt|alertInfoReportedAt|alertInfoUpdatedAt|ruleInfoName|
  ruleInfoSeverity|agentRealtimeInfoName
sortOrder . str =asc|desc
tenant . bool
""",
    "notes": """
countOnly . bool
createdAt . str
creator -contains list10
creatorId . str
cursor . str
limit . int
query . str
skip . int
skipCount . bool
sortBy . str =id|createdAt|updatedAt|creator
sortOrder . str =asc|desc
updatedAt . str
""",
}
