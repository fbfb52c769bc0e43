// The whole of a deployment in one resource group. What it is made of is in modules/, one subject each; docs/deploy.md tells how.
targetScope = 'resourceGroup'

import { OptionalSettings } from 'modules/app.bicep'

@description('What every name begins with: lower-case letters and digits, the first a letter.')
@minLength(3)
@maxLength(10)
param name string
param location string = resourceGroup().location
@description('azd and az name it: az cloud show --query name.')
@allowed(['AzureCloud', 'AzureUSGovernment', 'AzureChinaCloud'])
param cloud string = 'AzureCloud'
@description('On every resource.')
param tags object = {}

@description('Chosen once: from one to the other is a migration. Private endpoints and messages of over 256 kB need Premium.')
@allowed(['Standard', 'Premium'])
param serviceBusSku string
@description('private: a network of its own, with private endpoints and one fixed address outwards.')
@allowed(['public', 'private'])
param network string
@description('Where a region has no zones: Standard_LRS.')
@allowed(['Standard_ZRS', 'Standard_LRS'])
param storageRedundancy string = 'Standard_ZRS'

@description('Tenant whose tokens open the API.')
param entraTenantId string = tenant().tenantId
@description('Application id of the API, as tools/entra.ts prints it.')
@minLength(36)
param entraAudience string
@description('Name in Key Vault of the key that encrypts; it ends in the key\'s id.')
param encryptingKeyName string = 'secret-key-k1'
@description('Name of the key that decrypts besides, while one is exchanged for another.')
param decryptingKeyName string = ''
param optionalSettings OptionalSettings = {}

@allowed(['24', '22'])
param nodeVersion string = '24'
@allowed([512, 2048, 4096])
param instanceMemoryMegabytes int = 2048
@minValue(40)
@maxValue(1000)
param maximumInstances int = 40
@minValue(0)
param alwaysReadyForHttp int = 0

@allowed(['Continuous7Days', 'Continuous30Days'])
param backupTier string = 'Continuous7Days'
@description('A deleted blob can be restored for so long, and what was forgotten by order is gone only then.')
param softDeleteDays int = 7
param dailyCapGigabytes int = 1
@description('Whom alerts and the budget are mailed to.')
param alertAddress string
@description('How long a mail may wait for a supervisor before that is told.')
param heldAlertMinutes int = 240

@description('Account of the database, where it is another than the one made first: what a backup was restored to.')
param databaseAccountName string = ''
@description('An identity that is there. Empty: one is made; so with all that are called existing.')
param existingIdentityId string = ''
param existingWorkspaceId string = ''
@description('Both subnets or none: the app\'s, delegated to Microsoft.App/environments, and that of the endpoints.')
param existingAppSubnetId string = ''
param existingEndpointSubnetId string = ''
@description('Resource group that has the private DNS zones; byPolicy: a policy enters endpoints in them.')
param existingDnsZoneGroupId string = ''
@description('Addresses (CIDR) from which a private vault is reached besides.')
param operatorIpRanges string[] = []

@description('false: somebody else deploys modules/roles.bicep, before the first package.')
param assignRoles bool = true
param lockData bool = false
@description('A month, in the subscription\'s currency; 0: none.')
param budgetAmount int = 0
param budgetFrom string = ''

var entities = loadJsonContent('entities.json')
var clouds = loadJsonContent('clouds.json')
var unique = '${name}-${uniqueString(resourceGroup().id, name)}'
var allTags = union({ application: 'malote' }, tags)
var isPrivate = network == 'private'
var isBusPrivate = isPrivate && serviceBusSku == 'Premium'
var packages = 'deployments'

// Names and ids are made here rather than taken from what modules give back: so they are known before a deployment begins, and
// the snapshot shows them.
var names = {
  bus: unique
  database: empty(databaseAccountName) ? unique : databaseAccountName
  hostAccount: replace(unique, '-', 'h')
  mailsAccount: replace(unique, '-', 'm')
  vault: unique
  insights: '${name}-insights'
}
var identityId = empty(existingIdentityId)
  ? resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', '${name}-app')
  : existingIdentityId
var workspaceId = empty(existingWorkspaceId)
  ? resourceId('Microsoft.OperationalInsights/workspaces', '${name}-logs')
  : existingWorkspaceId
var networkId = empty(existingEndpointSubnetId)
  ? resourceId('Microsoft.Network/virtualNetworks', '${name}-network')
  : split(existingEndpointSubnetId, '/subnets/')[0]

module identity 'modules/identity.bicep' = if (empty(existingIdentityId)) {
  params: { name: '${name}-app', location: location, tags: allTags }
}

module existingIdentity 'modules/existing-identity.bicep' = if (!empty(existingIdentityId)) {
  scope: resourceGroup(split(identityId, '/')[2], split(identityId, '/')[4])
  params: { name: last(split(identityId, '/')) }
}

var principalId = empty(existingIdentityId) ? identity!.outputs.principalId : existingIdentity!.outputs.principalId
var clientId = empty(existingIdentityId) ? identity!.outputs.clientId : existingIdentity!.outputs.clientId

module telemetry 'modules/telemetry.bicep' = {
  params: {
    insightsName: names.insights
    location: location
    tags: allTags
    makesWorkspace: empty(existingWorkspaceId)
    workspaceId: workspaceId
    dailyCapGigabytes: dailyCapGigabytes
  }
}

module bus 'modules/bus.bicep' = {
  params: {
    name: names.bus
    location: location
    tags: allTags
    sku: serviceBusSku
    isPrivate: isBusPrivate
    workspaceId: workspaceId
  }
  dependsOn: [telemetry]
}

module database 'modules/database.bicep' = {
  params: {
    name: names.database
    location: location
    tags: allTags
    isPrivate: isPrivate
    backupTier: backupTier
    workspaceId: workspaceId
  }
  dependsOn: [telemetry]
}

module hostStorage 'modules/storage.bicep' = {
  params: {
    name: names.hostAccount
    location: location
    tags: allTags
    containers: [packages]
    redundancy: storageRedundancy
    isPrivate: isPrivate
    softDeleteDays: 0
    workspaceId: workspaceId
  }
  dependsOn: [telemetry]
}

module mailsStorage 'modules/storage.bicep' = {
  params: {
    name: names.mailsAccount
    location: location
    tags: allTags
    containers: map(entities.blob.containers, container => container.name)
    redundancy: storageRedundancy
    isPrivate: isPrivate
    softDeleteDays: softDeleteDays
    workspaceId: workspaceId
  }
  dependsOn: [telemetry]
}

module vault 'modules/vault.bicep' = {
  params: {
    name: names.vault
    location: location
    tags: allTags
    tenantId: tenant().tenantId
    isPrivate: isPrivate
    operatorIpRanges: operatorIpRanges
    workspaceId: workspaceId
  }
  dependsOn: [telemetry]
}

module privateNetwork 'modules/private-network.bicep' = if (isPrivate) {
  params: {
    name: name
    location: location
    tags: allTags
    makesNetwork: empty(existingEndpointSubnetId)
    networkId: networkId
    endpointSubnetId: empty(existingEndpointSubnetId) ? '${networkId}/subnets/endpoints' : existingEndpointSubnetId
    makesZones: empty(existingDnsZoneGroupId)
    dnsZoneGroupId: empty(existingDnsZoneGroupId)
      ? resourceGroup().id
      : existingDnsZoneGroupId == 'byPolicy' ? '' : existingDnsZoneGroupId
    names: {
      hostAccount: names.hostAccount
      mailsAccount: names.mailsAccount
      database: names.database
      vault: names.vault
      bus: isBusPrivate ? names.bus : ''
    }
    cloud: clouds[cloud]
  }
  dependsOn: [bus, database, hostStorage, mailsStorage, vault]
}

module roles 'modules/roles.bicep' = if (assignRoles) {
  params: { identityId: identityId, principalId: principalId, names: names }
  dependsOn: [bus, database, hostStorage, mailsStorage, vault, telemetry]
}

module app 'modules/app.bicep' = {
  params: {
    name: unique
    planName: '${name}-plan'
    location: location
    tags: allTags
    identity: { id: identityId, clientId: clientId }
    nodeVersion: nodeVersion
    instanceMemoryMegabytes: instanceMemoryMegabytes
    maximumInstances: maximumInstances
    alwaysReadyForHttp: alwaysReadyForHttp
    packageContainer: packages
    subnetId: !isPrivate ? '' : empty(existingAppSubnetId) ? '${networkId}/subnets/app' : existingAppSubnetId
    names: names
    entra: { tenantId: entraTenantId, audience: entraAudience }
    keyNames: { current: encryptingKeyName, previous: decryptingKeyName }
    cloud: clouds[cloud]
    optional: optionalSettings
  }
  // It reads its package and its keys when it is made: with its roles, over its network.
  dependsOn: [roles, privateNetwork, bus, database, hostStorage, mailsStorage, vault, telemetry]
}

module alerts 'modules/alerts.bicep' = {
  params: { name: name, tags: allTags, namespaceName: names.bus, alertAddress: alertAddress }
  dependsOn: [bus]
}

module logAlerts 'modules/log-alerts.bicep' = {
  params: {
    name: name
    location: location
    tags: allTags
    workspaceId: workspaceId
    insightsId: resourceId('Microsoft.Insights/components', names.insights)
    operatorsId: resourceId('Microsoft.Insights/actionGroups', '${name}-operators')
    heldMinutes: heldAlertMinutes
  }
  dependsOn: [telemetry, alerts]
}

module locks 'modules/locks.bicep' = if (lockData) {
  params: { names: names }
  dependsOn: [bus, database, mailsStorage, vault, privateNetwork]
}

module budget 'modules/budget.bicep' = if (budgetAmount > 0) {
  params: { name: '${name}-month', amount: budgetAmount, from: budgetFrom, alertAddress: alertAddress }
}

// Names and addresses, which azd keeps for the hooks and prints; there is no secret to be told.
output MALOTE_APP string = unique
output MALOTE_URL string = 'https://${app.outputs.hostName}'
output MALOTE_VAULT string = names.vault
output MALOTE_KEY_NAME string = encryptingKeyName
output MALOTE_OUTBOUND_ADDRESS string = isPrivate ? privateNetwork!.outputs.outboundAddress : ''
@description('What modules/roles.bicep is given where another person deploys it; modules/locks.bicep takes its names.')
output MALOTE_ROLES object = { identityId: identityId, principalId: principalId, names: names }
