// Cosmos DB: a serverless account, its database, and every container of entities.json with what its index knows.

param name string
param location string
param tags object
param isPrivate bool
@description('How far back it can be restored to.')
@allowed(['Continuous7Days', 'Continuous30Days'])
param backupTier string
param workspaceId string

var entities = loadJsonContent('../entities.json')

resource account 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' = {
  name: name
  location: location
  tags: tags
  kind: 'GlobalDocumentDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    locations: [{ locationName: location, failoverPriority: 0, isZoneRedundant: false }]
    capabilities: [{ name: 'EnableServerless' }]
    consistencyPolicy: { defaultConsistencyLevel: 'Session' }
    backupPolicy: { type: 'Continuous', continuousModeProperties: { tier: backupTier } }
    disableLocalAuth: true
    // Keys are off, and so is changing containers with a role of the data plane: this file does that.
    disableKeyBasedMetadataWriteAccess: true
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases@2024-11-15' = {
  parent: account
  name: entities.cosmos.database
  properties: { resource: { id: entities.cosmos.database } }
}

// An index has its price at every write of the property, and most properties of a mail's record are never asked for. So a
// container names those that are, in `indexedPaths`, and nothing else is indexed; `id` and `_ts` always are
// (https://learn.microsoft.com/azure/cosmos-db/index-policy#include-exclude-paths). The list cannot fall behind the code: the
// stand-in of local/cosmos is made from the same file and refuses a query on another path, in every test.
resource containers 'Microsoft.DocumentDB/databaseAccounts/sqlDatabases/containers@2024-11-15' = [
  for container in entities.cosmos.containers: {
    parent: database
    name: container.name
    properties: {
      resource: union(
        {
          id: container.name
          partitionKey: { paths: [container.partitionKey], kind: 'Hash', version: 2 }
          indexingPolicy: {
            indexingMode: 'consistent'
            automatic: true
            includedPaths: map(container.indexedPaths, path => { path: path })
            excludedPaths: [{ path: '/*' }]
            compositeIndexes: map(
              container.?compositeIndexes ?? [],
              paths => map(paths, path => { path: path, order: 'ascending' })
            )
          }
        },
        contains(container, 'defaultTtlSeconds') ? { defaultTtl: container.?defaultTtlSeconds } : {}
      )
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: account
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    logAnalyticsDestinationType: 'Dedicated'
    // Not DataPlaneRequests: a line for each request would cost more than the requests.
    logs: [
      { category: 'ControlPlaneRequests', enabled: true }
      { category: 'PartitionKeyStatistics', enabled: true }
    ]
  }
}
