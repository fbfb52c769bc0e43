// Alerts on what the platform itself measures, which goes on when logs are capped: dead letters, and a topic that fills up.

param name string
param tags object
param namespaceName string
param alertAddress string

var entities = loadJsonContent('../entities.json')
@description('Of a topic\'s size: at the whole of it the bus refuses events, and mail waits.')
var fullPercent = 70

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: namespaceName
}

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${name}-operators'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: take(name, 12)
    enabled: true
    emailReceivers: [{ name: 'operators', emailAddress: alertAddress, useCommonAlertSchema: true }]
  }
}

resource deadLetters 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: '${name}-dead-letters'
  location: 'global'
  tags: tags
  properties: {
    description: 'Messages that nobody could use lie in a dead-letter queue. Cure: docs/operations.md.'
    severity: 2
    enabled: true
    scopes: [namespace.id]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'dead-lettered'
          criterionType: 'StaticThresholdCriterion'
          metricName: 'DeadletteredMessages'
          operator: 'GreaterThan'
          threshold: 0
          timeAggregation: 'Maximum'
          dimensions: [{ name: 'EntityName', operator: 'Include', values: ['*'] }]
        }
      ]
    }
    actions: [{ actionGroupId: operators.id }]
  }
}

resource topicFull 'Microsoft.Insights/metricAlerts@2018-03-01' = [
  for topic in entities.serviceBus.topics: {
    name: '${name}-${topic.name}-filling'
    location: 'global'
    tags: tags
    properties: {
      description: 'The topic is at ${fullPercent} % of its size: somebody does not take events. Cure: docs/operations.md.'
      severity: 1
      enabled: true
      scopes: [namespace.id]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      criteria: {
        'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
        allOf: [
          {
            name: 'size'
            criterionType: 'StaticThresholdCriterion'
            metricName: 'Size'
            operator: 'GreaterThan'
            threshold: topic.maxSizeInMegabytes * 1024 * 1024 / 100 * fullPercent
            timeAggregation: 'Average'
            dimensions: [{ name: 'EntityName', operator: 'Include', values: [topic.name] }]
          }
        ]
      }
      actions: [{ actionGroupId: operators.id }]
    }
  }
]
