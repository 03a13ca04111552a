"""Query parameters of the agent list, as the vendor declares them.

One a line: name, operators (`-` only with an operator, `+` also bare), type with the most values
it takes, `new` when the 2024 console does not know it, `=` and the values allowed.
"""

TABLES: dict[str, str] = {
    "agents": """
accountIds . list500
activeProtection . list5000 new =edr|idr
activeThreats +gt int
adComputerMember -contains list10
adComputerName -contains list10
adComputerQuery -contains list10
adQuery +contains str
adUserMember -contains list10
adUserName -contains list10
adUserQuery -contains list10
agentNamespace -contains list255
agentPodName -contains list255
agentVersion -lt,lte,gt,gte,between str
agentVersions . list5000
agentVersionsNin . list5000
appsVulnerabilityStatuses . list5000 =patch_required|up_to_date|not_applicable
appsVulnerabilityStatusesNin . list5000 =patch_required|up_to_date|not_applicable
awsRole -contains list255
awsSecurityGroups -contains list255
awsSubnetIds -contains list255
azureResourceGroup -contains list255
cloudAccount -contains list255
cloudImage -contains list255
cloudInstanceId -contains list255
cloudInstanceSize -contains list255
cloudLocation -contains list255
cloudNetwork -contains list255
cloudProvider . list5000
cloudProviderNin . list5000
cloudTags -contains list255
clusterName -contains list255
computerName +contains,like list10
computerNameOrUuid -contains list255 new
console . list5000 new
consoleMigrationStatuses . list5000 =N/A|Pending|Migrated|Failed
consoleMigrationStatusesNin . list5000 =N/A|Pending|Migrated|Failed
containerizedWorkloadCounts . str new
coreCount -between,lt,lte,gt,gte str
countOnly . bool
cpuCount -between,lt,lte,gt,gte str
cpuId -contains list255
createdAt -lt,lte,gt,gte,between str
csvFilterId . str
cursor . str
decommissionedAt -gte,lt,lte,gt,between str
deepVisibility . list5000 new
domains . list5000
domainsNin . list5000
ecsClusterName -contains list255 new
ecsServiceArn -contains list255 new
ecsServiceName -contains list255 new
ecsTaskArn -contains list255 new
ecsTaskAvailabilityZone -contains list255 new
ecsTaskDefinitionArn -contains list255 new
ecsTaskDefinitionFamily -contains list255 new
ecsTaskDefinitionRevision -contains list255 new
ecsType -contains list255 new
ecsVersion -contains list255 new
encryptedApplications . bools5000
externalId -contains list255
externalIp -contains list10
filteredGroupIds . list5000
filteredSiteIds . list5000
filterId . str
firewallEnabled . bools5000
gatewayIp . str
gcpServiceAccount -contains list255
groupIds . list500
hasContainerizedWorkload . bools5000 new
hasLocalConfiguration . bool
hasTags . bool
ids . list5000
idsNin . list5000 new
infected . bool
installerTypes . list5000 =.msi|.exe|.deb|.rpm|.bsx|.pkg|.img|unknown|.tar|.zip|.gz|.xz
installerTypesNin . list5000 =.msi|.exe|.deb|.rpm|.bsx|.pkg|.img|unknown|.tar|.zip|.gz|.xz
isActive . bools5000
isAdConnector . bools5000 new
isDecommissioned . bools5000
isHyperAutomate . bools5000 new
isPendingUninstall . bools5000
isUninstalled . bools5000
isUpToDate . bools5000
k8sNodeLabels -contains list255
k8sNodeName -contains list255
k8sType -contains list255
k8sVersion -contains list255
lastActiveDate -between,lt,lte,gt,gte str
lastLoggedInUserName -contains list10
lastSuccessfulScanDate -between,lt,lte,gt,gte str
limit . int
liveUpdateId -contains list255
locationEnabled . bools5000
locationIds . list5000
locationIdsNin . list5000
machineTypes . list5000 =unknown|desktop|laptop|server|kubernetes node|storage|kubernetes pod|
  ecs task|kubernetes helper
machineTypesNin . list5000 =unknown|desktop|laptop|server|kubernetes node|storage|
  kubernetes pod|ecs task|kubernetes helper
migrationStatus . str =N/A|Pending|Migrated|Failed
missingPermissions . list5000 =user_action_needed_fda|user_action_needed_rs_fda|
  user_action_needed_fda_helper|user_action_needed_fda_sentineld|
  user_action_needed_bluetooth_per|user_action_needed_network|user_action_needed_notifications
missingPermissionsNin . list5000 =user_action_needed_fda|user_action_needed_rs_fda|
  user_action_needed_fda_helper|user_action_needed_fda_sentineld|
  user_action_needed_bluetooth_per|user_action_needed_network|user_action_needed_notifications
mitigationMode . str =detect|protect
mitigationModeSuspicious . str =detect|protect
networkInterfaceGatewayMacAddress -contains list10
networkInterfaceInet -contains list10
networkInterfacePhysical -contains list10
networkQuarantineEnabled . bools5000
networkStatuses . list5000 =connected|disconnected|connecting|disconnecting
networkStatusesNin . list5000 =connected|disconnected|connecting|disconnecting
operationalStates . list5000
operationalStatesNin . list5000
osArch . str =32 bit|64 bit|ARM64
osArches . list5000 new =32 bit|64 bit|ARM64
osArchesNin . list5000 new =32 bit|64 bit|ARM64
osTypes . list5000 =macos|windows|windows_legacy|linux
osTypesNin . list5000 =macos|windows|windows_legacy|linux
osVersion -contains list10
pacFileUsage . list5000 new
proxyMethod . list5000 new
proxyMethodNin . list5000 new
query . str
rangerStatus . str =NotApplicable|Enabled|Disabled
rangerStatuses . list5000 =NotApplicable|Enabled|Disabled
rangerStatusesNin . list5000 =NotApplicable|Enabled|Disabled
rangerVersions . list5000
rangerVersionsNin . list5000
registeredAt -between,lt,lte,gt,gte str
remoteOpsForensicsSupported . bool
remoteProfilingStates . list5000
remoteProfilingStatesNin . list5000
rsoLevel . str =none|pro|ars
rsoLevels . list5000 new
scanStatus . str =none|started|aborted|finished
scanStatuses . list5000 =none|started|aborted|finished
scanStatusesNin . list5000 =none|started|aborted|finished
serialNumber -contains list255
siteIds . list500
skip . int
skipCount . bool
sortBy . str
sortOrder . str =asc|desc
storageTypes . list5000 new
storageTypesNin . list5000 new
tagsData . str
threatContentHash . str
threatCreatedAt -lt,lte,gt,gte,between str
threatHidden . bool
threatMitigationStatus . str =mitigated|blocked|active|suspicious|pending|suspicious_resolved
threatRebootRequired . bools5000
threatResolved . bool
totalMemory -between,lt,lte,gt,gte str
updatedAt -lt,lte,gt,gte,between str
userActionsNeeded . list5000 =none|user_action_needed|reboot_needed|upgrade_needed|
  incompatible_os|unprotected|rebootless_without_dynamic_detection|
  extended_exclusions_partially_accepted|reboot_required|pending_deprecation|ne_not_running|
  ne_cf_not_active|pending_performance_insights|reboot_category|missing_permissions_category|
  agent_suppressed_category|incompatible_os_category|unprotected_category|partial_functionality|
  performance_insights
userActionsNeededNin . list5000 =none|user_action_needed|reboot_needed|upgrade_needed|
  incompatible_os|unprotected|rebootless_without_dynamic_detection|
  extended_exclusions_partially_accepted|reboot_required|pending_deprecation|ne_not_running|
  ne_cf_not_active|pending_performance_insights|reboot_category|missing_permissions_category|
  agent_suppressed_category|incompatible_os_category|unprotected_category|partial_functionality|
  performance_insights
uuid +contains list10
uuids . list5000
windowsOsRevision -gte,lte int new
""",
}
