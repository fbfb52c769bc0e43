// What the app may do: the least of each service, on the smallest scope that has it. Each line's reason is in docs/deploy.md.
// A module of its own, for whoever may assign roles need not be whoever deploys: `assignRoles` of main.bicep.

@description('Resource id of the identity that the app acts as.')
param identityId string
@description('Its object id.')
param principalId string
@description('Of the services: the output MALOTE_ROLES of main.bicep has them.')
param names {
  bus: string
  database: string
  hostAccount: string
  mailsAccount: string
  vault: string
  insights: string
}

var entities = loadJsonContent('../entities.json')
// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
var roleIds = {
  serviceBusDataOwner: '090c5cfd-751d-490a-894a-3ce6f1109419'
  serviceBusDataReceiver: '4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0'
  serviceBusDataSender: '69a216fc-b8fb-44d8-bc22-1f3c2cd27a39'
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
}
var definitions = toObject(
  items(roleIds),
  role => role.key,
  role => subscriptionResourceId('Microsoft.Authorization/roleDefinitions', role.value)
)
var cosmosDataContributor = '00000000-0000-0000-0000-000000000002'

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: names.bus
}

resource queues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' existing = [
  for queue in entities.serviceBus.queues: { parent: namespace, name: queue.name }
]

resource topics 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' existing = [
  for topic in entities.serviceBus.topics: { parent: namespace, name: topic.name }
]

var subscriptionNames = flatten(map(
  entities.serviceBus.topics,
  topic => map(topic.subscriptions, subscription => '${names.bus}/${topic.name}/${subscription.name}')
))

resource topicSubscriptions 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' existing = [
  for name in subscriptionNames: { name: name }
]

// Every queue has its trigger, and whoever scales the app by a queue's length needs to manage it.
resource queueOwner 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (queue, index) in entities.serviceBus.queues: {
    scope: queues[index]
    name: guid(queues[index].id, identityId, roleIds.serviceBusDataOwner)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: definitions.serviceBusDataOwner
    }
  }
]

resource topicSender 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (topic, index) in entities.serviceBus.topics: {
    scope: topics[index]
    name: guid(topics[index].id, identityId, roleIds.serviceBusDataSender)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: definitions.serviceBusDataSender
    }
  }
]

resource subscriptionReceiver 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in subscriptionNames: {
    scope: topicSubscriptions[index]
    name: guid(topicSubscriptions[index].id, identityId, roleIds.serviceBusDataReceiver)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: definitions.serviceBusDataReceiver
    }
  }
]

resource databaseAccount 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' existing = {
  name: names.database
}

resource dataContributor 'Microsoft.DocumentDB/databaseAccounts/sqlRoleAssignments@2024-11-15' = {
  parent: databaseAccount
  name: guid(databaseAccount.id, identityId, cosmosDataContributor)
  properties: {
    principalId: principalId
    roleDefinitionId: '${databaseAccount.id}/sqlRoleDefinitions/${cosmosDataContributor}'
    scope: '${databaseAccount.id}/dbs/${entities.cosmos.database}'
  }
}

resource hostAccount 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: names.hostAccount
}

resource hostRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in ['storageBlobDataOwner', 'storageTableDataContributor']: {
    scope: hostAccount
    name: guid(hostAccount.id, identityId, roleIds[role])
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: definitions[role]
    }
  }
]

resource mailsAccount 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: names.mailsAccount

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource containers 'containers' existing = [for container in entities.blob.containers: { name: container.name }]
  }
}

resource mailsContributor 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (container, index) in entities.blob.containers: {
    scope: mailsAccount::blobs::containers[index]
    name: guid(mailsAccount::blobs::containers[index].id, identityId, roleIds.storageBlobDataContributor)
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: definitions.storageBlobDataContributor
    }
  }
]

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: names.vault
}

resource secretsUser 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: vault
  name: guid(vault.id, identityId, roleIds.keyVaultSecretsUser)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: definitions.keyVaultSecretsUser
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: names.insights
}

resource metricsPublisher 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: insights
  name: guid(insights.id, identityId, roleIds.monitoringMetricsPublisher)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: definitions.monitoringMetricsPublisher
  }
}
