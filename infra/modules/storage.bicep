// A storage account and its containers: made twice, for what the host keeps and for the mails, so that neither's roles reach the other.

param name string
param location string
param tags object
param containers string[]
@description('Zones of the region that keep a copy, or one datacenter where the region has no zones.')
@allowed(['Standard_ZRS', 'Standard_LRS'])
param redundancy string
param isPrivate bool
@description('Days for which a blob that was deleted can be restored; 0: none. What is forgotten by order is gone only after them.')
@minValue(0)
@maxValue(365)
param softDeleteDays int
param workspaceId string

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: redundancy }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowSharedKeyAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: { defaultAction: isPrivate ? 'Deny' : 'Allow', bypass: 'AzureServices' }
  }
}

// No lifecycle rule, here or elsewhere: what is old enough is forgotten by the app, which asks the ledger first. A rule by age
// would take the raws of mail that is still held.
resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2024-01-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: { enabled: softDeleteDays > 0, days: max(softDeleteDays, 1) }
    containerDeleteRetentionPolicy: { enabled: true, days: 7 }
  }
}

resource blobContainers 'Microsoft.Storage/storageAccounts/blobServices/containers@2024-01-01' = [
  for container in containers: {
    parent: blobs
    name: container
    properties: { publicAccess: 'None' }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: blobs
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    // Who deleted what: reads and writes would be a line for each mail.
    logs: [{ category: 'StorageDelete', enabled: true }]
  }
}
