"""Query parameters of threats and their timelines, as the vendor declares them.

One a line: name, operators (`-` only with an operator, `+` also bare), type with the most values
it takes, `new` when the 2024 console does not know it, `=` and the values allowed.
"""

TABLES: dict[str, str] = {
    "threats": """
accountIds . list500
agentIds . list5000
agentIsActive . bool
agentMachineTypes . list5000 =unknown|desktop|laptop|server|kubernetes node|storage|
  kubernetes pod|ecs task|kubernetes helper
agentMachineTypesNin . list5000 =unknown|desktop|laptop|server|kubernetes node|storage|
  kubernetes pod|ecs task|kubernetes helper
agentTagsData . str
agentVersions . list5000
agentVersionsNin . list5000
analystVerdicts . list5000 =undefined|true_positive|false_positive|suspicious
analystVerdictsNin . list5000 =undefined|true_positive|false_positive|suspicious
awsRole -contains list255
awsSecurityGroups -contains list255
awsSubnetIds -contains list255
azureResourceGroup -contains list255
classifications . list5000
classificationsNin . list5000
classificationSources . list5000 =Cloud|Behavioral|Static|Engine
classificationSourcesNin . list5000 =Cloud|Behavioral|Static|Engine
cloudAccount -contains list255
cloudImage -contains list255
cloudInstanceId -contains list255
cloudInstanceSize -contains list255
cloudLocation -contains list255
cloudNetwork -contains list255
cloudProvider . list5000
cloudProviderNin . list5000
collectionIds . list5000
commandLineArguments -contains list10
computerName -contains list10
confidenceLevels . list5000 =malicious|suspicious|n/a
confidenceLevelsNin . list5000 =malicious|suspicious|n/a
containerImageName -contains list10
containerLabels -contains list10
containerName -contains list10
contentHash -contains list10
contentHashes . list5000
countOnly . bool
countsFor . str
createdAt -lt,gt,lte,gte str
cursor . str
detectionAgentDomain -contains list10
detectionAgentVersion -contains list10
detectionEngines . list5000 =reputation|sentinelone_cloud|cloud_detection|user_blacklist|
  pre_execution|pre_execution_suspicious|executables|data_files|exploits|penetration|pup|
  lateral_movement|remote_shell|manual|application_control|threat_intelligence|
  watchtower_cloud_detection|driver_blocking|idr|drift_detection|network_protection
detectionEnginesNin . list5000 =reputation|sentinelone_cloud|cloud_detection|user_blacklist|
  pre_execution|pre_execution_suspicious|executables|data_files|exploits|penetration|pup|
  lateral_movement|remote_shell|manual|application_control|threat_intelligence|
  watchtower_cloud_detection|driver_blocking|idr|drift_detection|network_protection
displayName . str
engines . list5000 =reputation|sentinelone_cloud|cloud_detection|user_blacklist|pre_execution|
  pre_execution_suspicious|executables|data_files|exploits|penetration|pup|lateral_movement|
  remote_shell|manual|application_control|threat_intelligence|watchtower_cloud_detection|
  driver_blocking|idr|drift_detection|network_protection
enginesNin . list5000 =reputation|sentinelone_cloud|cloud_detection|user_blacklist|
  pre_execution|pre_execution_suspicious|executables|data_files|exploits|penetration|pup|
  lateral_movement|remote_shell|manual|application_control|threat_intelligence|
  watchtower_cloud_detection|driver_blocking|idr|drift_detection|network_protection
externalTicketExists . bool
externalTicketId -contains list10
externalTicketIds . list5000
failedActions . bool
filePath -contains list10
gcpServiceAccount -contains list255
groupIds . list500
hasAgentTags . bool
ids . list5000
incidentStatuses . list5000 =unresolved|in_progress|resolved
incidentStatusesNin . list5000 =unresolved|in_progress|resolved
initiatedBy . list5000 =agent_policy|full_disk_scan|sentinelctl|dv_command|console_api|
  on_demand_scan|star_active|star_manual|cloud_detection|threat_intelligence|
  watchtower_cloud_detection
initiatedByNin . list5000 =agent_policy|full_disk_scan|sentinelctl|dv_command|console_api|
  on_demand_scan|star_active|star_manual|cloud_detection|threat_intelligence|
  watchtower_cloud_detection
initiatedByUsername -contains list10
k8sClusterName -contains list10
k8sControllerLabels -contains list10
k8sControllerName -contains list10
k8sNamespaceLabels -contains list10
k8sNamespaceName -contains list10
k8sNodeLabels -contains list10
k8sNodeName -contains list10
k8sPodLabels -contains list10
k8sPodName -contains list10
limit . int
mitigatedPreemptively . bool
mitigationStatuses . list5000 =not_mitigated|mitigated|marked_as_benign
mitigationStatusesNin . list5000 =not_mitigated|mitigated|marked_as_benign
noteExists . bool
originatedProcess -contains list10
osArchs . list5000 =32 bit|64 bit|ARM64
osNames . list10
osNamesNin . list10
osTypes . list5000 =macos|windows|windows_legacy|linux
osTypesNin . list5000 =macos|windows|windows_legacy|linux
pendingActions . bool
publisherName -contains list10
query . str
realtimeAgentVersion -contains list10
rebootRequired . bool
resolved . bool
signerIdentity -contains list10 new
siteIds . list500
skip . int
skipCount . bool
sortBy . str =id|createdAt|updatedAt|mitigationStatus|fileDisplayName|agentVersion|
  agentMachineType|siteId|siteName|agentComputerName|filePath|contentHash|collectionId|
  classification|createdDate|cloudAccount|cloudImage|cloudInstanceId|cloudInstanceSize|
  cloudLocation|cloudNetwork
sortOrder . str =asc|desc
storyline -contains list10
storylines . list5000
tenant . bool
threatDetails -contains list10
updatedAt -lt,gt,lte,gte str
uuid -contains list10
""",
    "timelines": """
accountIds . list500
activityTypes . list5000
countOnly . bool
cursor . str
groupIds . list500
limit . int
query . str
siteIds . list500
skip . int
skipCount . bool
sortBy . str =hash|activityType|primaryDescription|secondaryDescription|createdAt
sortOrder . str =asc|desc
""",
}
