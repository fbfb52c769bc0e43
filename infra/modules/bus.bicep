// Service Bus: the namespace, and every queue, topic and subscription of entities.json.

param name string
param location string
param tags object
@allowed(['Standard', 'Premium'])
param sku string
@description('Whether the namespace answers private endpoints alone, which Premium knows.')
param isPrivate bool
param workspaceId string

var entities = loadJsonContent('../entities.json')

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  sku: sku == 'Premium' ? { name: sku, tier: sku, capacity: 1 } : { name: sku, tier: sku }
  properties: union(
    {
      disableLocalAuth: true
      minimumTlsVersion: '1.2'
      publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    },
    sku == 'Premium' ? { premiumMessagingPartitions: 1 } : {}
  )
}

resource queues 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = [
  for queue in entities.serviceBus.queues: {
    parent: namespace
    name: queue.name
    properties: {
      maxSizeInMegabytes: queue.maxSizeInMegabytes
      lockDuration: queue.lockDuration
      maxDeliveryCount: queue.maxDeliveryCount
      defaultMessageTimeToLive: queue.defaultMessageTimeToLive
      deadLetteringOnMessageExpiration: queue.deadLetteringOnMessageExpiration
      requiresDuplicateDetection: queue.requiresDuplicateDetection
      duplicateDetectionHistoryTimeWindow: queue.duplicateDetectionHistoryTimeWindow
    }
  }
]

resource topics 'Microsoft.ServiceBus/namespaces/topics@2024-01-01' = [
  for topic in entities.serviceBus.topics: {
    parent: namespace
    name: topic.name
    properties: {
      maxSizeInMegabytes: topic.maxSizeInMegabytes
      defaultMessageTimeToLive: topic.defaultMessageTimeToLive
      requiresDuplicateDetection: topic.requiresDuplicateDetection
      duplicateDetectionHistoryTimeWindow: topic.duplicateDetectionHistoryTimeWindow
    }
  }
]

// A loop cannot hold a loop of resources, so the pairs are made first.
var subscriptions = flatten(map(
  entities.serviceBus.topics,
  topic => map(topic.subscriptions, subscription => { topic: topic.name, subscription: subscription })
))

resource topicSubscriptions 'Microsoft.ServiceBus/namespaces/topics/subscriptions@2024-01-01' = [
  for pair in subscriptions: {
    name: '${namespace.name}/${pair.topic}/${pair.subscription.name}'
    properties: {
      lockDuration: pair.subscription.lockDuration
      maxDeliveryCount: pair.subscription.maxDeliveryCount
      deadLetteringOnMessageExpiration: pair.subscription.deadLetteringOnMessageExpiration
    }
    dependsOn: [topics]
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: namespace
  name: 'to-workspace'
  properties: {
    workspaceId: workspaceId
    // Who changed the namespace, not each message.
    logs: [{ category: 'OperationalLogs', enabled: true }]
  }
}
