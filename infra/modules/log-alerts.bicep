// Alerts on what the app logs: a query each, in infra/alerts/. What the platform measures itself is in alerts.bicep.

param name string
param location string
param tags object
param workspaceId string
@description('Whose logs are looked at, in a workspace that others may use too.')
param insightsId string
param operatorsId string
@description('How long a mail may wait for a supervisor.')
@minValue(15)
param heldMinutes int

// A window is longer than the time that logs take to arrive, and than the five minutes between two gauges.
var alerts = [
  {
    name: 'no-tick'
    severity: 0
    window: 'PT10M'
    every: 'PT5M'
    by: []
    query: loadTextContent('../alerts/no-tick.kql')
  }
  {
    name: 'unpublished'
    severity: 1
    window: 'PT30M'
    every: 'PT5M'
    by: ['serviceId']
    query: loadTextContent('../alerts/unpublished.kql')
  }
  {
    name: 'mailbox-failing'
    severity: 2
    window: 'PT15M'
    every: 'PT5M'
    by: ['serviceId', 'code']
    query: loadTextContent('../alerts/mailbox-failing.kql')
  }
  {
    name: 'mailbox-silent'
    severity: 2
    window: 'PT3H'
    every: 'PT15M'
    by: ['serviceId']
    query: loadTextContent('../alerts/mailbox-silent.kql')
  }
  {
    name: 'held'
    severity: 3
    window: 'PT5M'
    every: 'PT5M'
    by: []
    query: replace(loadTextContent('../alerts/held.kql'), 'HELD_MINUTES', string(heldMinutes))
  }
  {
    name: 'survey-page'
    severity: 1
    window: 'PT5M'
    every: 'PT5M'
    by: []
    query: loadTextContent('../alerts/survey-page.kql')
  }
  {
    name: 'credential-ending'
    severity: 3
    window: 'P1D'
    every: 'P1D'
    by: ['serviceId', 'field', 'expiresAt']
    query: loadTextContent('../alerts/credential-ending.kql')
  }
  {
    name: 'log-cap'
    severity: 1
    window: 'PT1H'
    every: 'PT1H'
    by: []
    query: loadTextContent('../alerts/log-cap.kql')
  }
]

resource rules 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for alert in alerts: {
    name: '${name}-${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: '${name}-${alert.name}'
      description: 'Meaning and cure: docs/operations.md, Alerts.'
      severity: alert.severity
      enabled: true
      scopes: [workspaceId]
      evaluationFrequency: alert.every
      windowSize: alert.window
      criteria: {
        allOf: [
          {
            query: replace(alert.query, 'AppTraces', 'AppTraces | where _ResourceId =~ \'${insightsId}\'')
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            dimensions: map(alert.by, column => { name: column, operator: 'Include', values: ['*'] })
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      // Tables are there with their first line.
      skipQueryValidation: true
      autoMitigate: alert.every != 'P1D'
      actions: { actionGroups: [operatorsId] }
    }
  }
]
