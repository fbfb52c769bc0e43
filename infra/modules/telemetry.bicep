// Where logs go: Application Insights on a Log Analytics workspace with a daily cap, ours or one that is there.

param insightsName string
param location string
param tags object
@description('Whether the workspace is to be made, or is there.')
param makesWorkspace bool
param workspaceId string
@description('Gigabytes a day after which the workspace made here takes no more until the next.')
param dailyCapGigabytes int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = if (makesWorkspace) {
  name: last(split(workspaceId, '/'))
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30
    workspaceCapping: { dailyQuotaGb: dailyCapGigabytes }
    // Queries by Entra ID alone: nobody reads logs with a workspace key.
    features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspaceId
    DisableLocalAuth: true
  }
  dependsOn: [workspace]
}
