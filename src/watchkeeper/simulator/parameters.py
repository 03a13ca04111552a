"""Query parameters of the lists that are neither agents nor threats, as the vendor declares them.

One a line: name, operators (`-` only with an operator, `+` also bare), type with the most values
it takes, `new` when the 2024 console does not know it, `=` and the values allowed.
"""

TABLES: dict[str, str] = {
    "groups": """
accountIds . list500
countOnly . bool
cursor . str
description . str
groupIds . list500
id . str
isDefault . bool
limit . int
name . str
query . str
rank . int
registrationToken . str
siteIds . list500
skip . int
skipCount . bool
sortBy . str =id|name|type|rank|siteId|createdAt|updatedAt|description
sortOrder . str =asc|desc
type . str =static|dynamic|pinned
types . list5000 =static|dynamic|pinned
updatedAt -lt,gt,lte,gte str
""",
    "sites": """
accountId . str
accountIds . list500
accountName -contains list10
activeLicenses . int
adminOnly . bool
availableMoveSites . bool
countOnly . bool
createdAt . str
cursor . str
description +contains str
expiration . str
externalId . str
features . list5000 =firewall-control|device-control|ioc
healthStatus . bool
isDefault . bool
limit . int
module . str
name +contains str
query . str
registrationToken . str
siteIds . list500
siteType . str =Trial|Paid
skip . int
skipCount . bool
sku . str
sortBy . str =id|name|totalLicenses|expiration|siteType|state|suite|createdAt|updatedAt|
  activeLicenses|accountName|sku|description|usageType
sortOrder . str =asc|desc
state . str =active|expired|deleted
states . list5000
statesNin . list5000 new
suite . str =Core|Control|Complete
totalLicenses . int
updatedAt . str
""",
    "accounts": """
accountIds . list5000
accountType . str =Trial|Paid
activeLicenses . int
billingMode . str =subscription|consumption
countOnly . bool
createdAt . str
cursor . str
expiration . str
features . list5000 =firewall-control|device-control|ioc
ids . list5000
isDefault . bool
limit . int
module . str new
name +contains str
query . str
skip . int
skipCount . bool
sku . str new
sortBy . str =id|name|totalLicenses|expiration|accountType|state|createdAt|updatedAt|
  activeLicenses|activeAgents|numberOfSites|usageType|billingMode
sortOrder . str =asc|desc
state . str new =active|expired|deleted
states . list5000
statesNin . list5000 new
totalLicenses . int
updatedAt . str
usageType . str =customer|mssp|ir
""",
    "users": """
accountIds . list500
apiTokenExpiresAt -lt,lte,gt,gte,between str
canGenerateApiToken . bool
countOnly . bool
createdAt -lt,lte,gt,gte,between str
cursor . str
dateJoined . str
email +contains str
emailReadOnly . bool
emailVerified . bool
firstLogin . str
fullName +contains str
fullNameReadOnly . bool
groupsReadOnly . bool
hasValidApiToken . bool
ids . list5000
lastActivation -lt,lte,gt,gte,between str
lastLogin . str
limit . int
primaryTwoFaMethod . str
query . str
roleIds . list5000
siteIds . list500
skip . int
skipCount . bool
sortBy . str =id|createdAt|fullName|firstLogin|lastLogin|source|email|emailVerified|dateJoined|
  twoFaEnabled|twoFaStatus|apiTokenCreatedAt|apiTokenExpiresAt|canGenerateApiToken
sortOrder . str =asc|desc
source . str =mgmt|sso_saml|active_directory|global
sources . list5000 =mgmt|sso_saml|active_directory|global
twoFaEnabled . bool
twoFaStatus . str
twoFaStatuses . list5000
""",
    "user": """
accountIds . list500
groupIds . list500
siteIds . list500
tenant . bool
""",
    "service-users": """
accountIds . list500
countOnly . bool
cursor . str
ids . list5000
limit . int
query . str
roleIds . list5000
siteIds . list500
skip . int
skipCount . bool
sortBy . str =id|createdAt|updatedAt|name|fullName|description|firstLogin|lastLogin|dateJoined|
  roleId|apiTokenCreatedAt|apiTokenExpiresAt|lastActivation|createdByName|updatedByName
sortOrder . str =asc|desc
""",
    "roles": """
accountIds . list500
accountName . str
countOnly . bool
createdAt +lt,gt,lte,gte,between str
creator . str
creatorId . str
cursor . str
description . str
groupIds . list500
ids . list5000
includeChildren . bool
includeParents . bool
limit . int
name . str
predefinedRole . bool new
query . str
siteIds . list500
siteName . str
skip . int
skipCount . bool
sortBy . str =id|description|usersInRoles|creator|siteName|createdAt|updatedAt|updatedBy|
  accountName|name
sortOrder . str =asc|desc
tenancyIds . list500
tenant . bool
updatedAt +lt,gt,lte,gte,between str
updatedBy . str
updatedById . str
""",
    "activities": """
accountIds . list500
activityTypes . list5000
activityUuids . list5000
agentIds . list5000
alertIds . list5000
countOnly . bool
createdAt -lt,gt,lte,gte,between str
cursor . str
groupIds . list500
ids . list5000
includeHidden . bool
limit . int
relatedIds . list5000 new
ruleIds . list5000
siteIds . list500
skip . int
skipCount . bool
sortBy . str =id|activityType|createdAt
sortOrder . str =asc|desc
threatIds . list5000
userEmails . list5000
userIds . list5000
""",
    "packages": """
accountIds . list500
accountName -contains list5000 new
countOnly . bool
cursor . str
fileExtension . str =.msi|.exe|.deb|.rpm|.bsx|.pkg|.img|unknown|.tar|.zip|.gz|.xz
fileExtensions . list5000 new =.msi|.exe|.deb|.rpm|.bsx|.pkg|.img|unknown|.tar|.zip|.gz|.xz
fileName -contains list5000 new
fileSize -contains list5000 new
ids . list5000
limit . int
majorVersions . list5000 new
minorVersion . str
minorVersions . list5000 new
osArches . list5000 =64 bit|ARM64|32/64 bit|32 bit/64 bit/ARM64|32 bit|N/A
osRevision . str new
osTypes . list5000 =macos|windows|linux_k8s|linux|sdk|windows_legacy|threat_detection_s3|
  threat_detection_netapp
packageType . str =Agent|Ranger|AgentAndRanger
packageTypes . list5000 =Agent|Ranger|AgentAndRanger
platformType . str new =macos|windows|linux_k8s|linux|sdk|windows_legacy|threat_detection_s3|
  threat_detection_netapp
platformTypes . list5000 =macos|windows|linux_k8s|linux|sdk|windows_legacy|threat_detection_s3|
  threat_detection_netapp
query . str
rangerVersion +contains list5000
sha1 +contains list5000
siteIds . list500
siteName -contains list5000 new
skip . int
skipCount . bool
sortBy . str =id|createdAt|updatedAt|osType|platformType|fileName|fileSize|fileExtension|
  version|status|majorVersion|minorVersion|sha1|scopeLevel|accessLevel|packageType|
  rangerVersion|osArch
sortOrder . str =asc|desc
status . list5000 =beta|ga|other|ea
version . str
versionStr -contains list5000 new
""",
    "configuration": """
accountIds . list500
siteIds . list500
""",
}
