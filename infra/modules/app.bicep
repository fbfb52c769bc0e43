// The function app on Flex Consumption: its plan, its runtime, and its settings.

param name string
param planName string
param location string
param tags object
@description('The identity that it acts as.')
param identity { id: string, clientId: string }
@allowed(['24', '22'])
param nodeVersion string
@allowed([512, 2048, 4096])
param instanceMemoryMegabytes int
@minValue(40)
@maxValue(1000)
param maximumInstances int
@description('Instances for HTTP that are always there, so that customers and the platform meet no cold start.')
param alwaysReadyForHttp int
@description('Container of the host\'s account from which the package is run.')
param packageContainer string
@description('The subnet that it reaches the world through; empty: none.')
param subnetId string
@description('What it works with. Each is reached with the identity: there is no key among them.')
param names {
  bus: string
  database: string
  hostAccount: string
  mailsAccount: string
  vault: string
  insights: string
}
@description('Who issues the tokens of callers, and what they must be made out to.')
param entra { tenantId: string, audience: string }
@description('Names in Key Vault of the keys; previous empty: there is none.')
param keyNames { current: string, previous: string }
@description('How services are addressed in this cloud: a member of clouds.json.')
param cloud object
param optional OptionalSettings

@export()
@description('Settings that the operator gives where the usual value does not do: docs/operations.md.')
type OptionalSettings = {
  ENTRA_JWKS_URI: string?
  MAIL_ALLOW_PLAINTEXT: ('true' | 'false')?
  MAIL_ALLOW_PRIVATE_HOSTS: ('true' | 'false')?
  MAIL_EXTRA_PORTS: string?
  MICROSOFT_LOGIN_URL: string?
  MICROSOFT_GRAPH_URL: string?
  MICROSOFT_MAIL_URL: string?
  SLICE_SECONDS: string?
  LEASE_SECONDS: string?
}

// A name of a secret holds the id of its key, and none is ever given another value. So a rotation is a change of settings, at
// which every instance starts anew, and none keeps an old value for the day that a reference is remembered.
var secretAt = '@Microsoft.KeyVault(SecretUri=https://${names.vault}.${cloud.vault}/secrets/'

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: names.insights
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  // azd finds by this tag what the service of azure.yaml is deployed to.
  tags: union(tags, { 'azd-service-name': 'mailroom' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identity.id
    // Survey pages are for anybody; who may call what else, the app checks itself.
    publicNetworkAccess: 'Enabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    siteConfig: { minTlsVersion: '1.2', scmMinTlsVersion: '1.2' }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: 'https://${names.hostAccount}.blob.${cloud.storage}/${packageContainer}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identity.id }
        }
      }
      runtime: { name: 'node', version: nodeVersion }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMegabytes
        maximumInstanceCount: maximumInstances
        alwaysReady: alwaysReadyForHttp > 0 ? [{ name: 'http', instanceCount: alwaysReadyForHttp }] : []
      }
    }
  }

  resource appSettings 'config' = {
    name: 'appsettings'
    // One literal, so that the snapshot shows every value. What is not given is empty, which is as if it were not there.
    properties: {
      // By addresses rather than by __accountName, which is understood in the public cloud alone.
      AzureWebJobsStorage__blobServiceUri: 'https://${names.hostAccount}.blob.${cloud.storage}'
      AzureWebJobsStorage__queueServiceUri: 'https://${names.hostAccount}.queue.${cloud.storage}'
      AzureWebJobsStorage__tableServiceUri: 'https://${names.hostAccount}.table.${cloud.storage}'
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: identity.clientId
      AzureWebJobsDisableHomepage: 'true'
      // No secret: with DisableLocalAuth the key in it lets nobody write.
      APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${identity.clientId}'
      APPLICATION_INSIGHTS_NO_STATSBEAT: 'true'
      // The host tells no spans, for those of requests have the path, and that of a survey has its token. Its logs are told all
      // the same: unless told so, its exporter drops those of what it does not tell a span of, and with them what alerts look for.
      OTEL_TRACES_SAMPLER: 'microsoft.fixed_percentage'
      OTEL_TRACES_SAMPLER_ARG: '0'
      AzureMonitorExporter__EnableTraceBasedLogsSampler: 'false'
      AzureMonitorExporter__EnableLiveMetrics: 'false'
      AZURE_CLIENT_ID: identity.clientId
      ServiceBus__fullyQualifiedNamespace: '${names.bus}.${cloud.bus}'
      ServiceBus__credential: 'managedidentity'
      ServiceBus__clientId: identity.clientId
      COSMOS_ENDPOINT: 'https://${names.database}.${cloud.database}:443/'
      COSMOS_DATABASE: loadJsonContent('../entities.json', 'cosmos.database')
      BLOB_ENDPOINT: 'https://${names.mailsAccount}.blob.${cloud.storage}'
      ENTRA_ISSUER: '${cloud.login}/${entra.tenantId}/v2.0'
      ENTRA_AUDIENCE: entra.audience
      ENTRA_JWKS_URI: optional.?ENTRA_JWKS_URI ?? ''
      MICROSOFT_LOGIN_URL: optional.?MICROSOFT_LOGIN_URL ?? cloud.login
      MICROSOFT_GRAPH_URL: optional.?MICROSOFT_GRAPH_URL ?? cloud.graph
      MICROSOFT_MAIL_URL: optional.?MICROSOFT_MAIL_URL ?? cloud.mail
      SECRET_KEY_CURRENT: '${secretAt}${keyNames.current})'
      SECRET_KEY_PREVIOUS: empty(keyNames.previous) ? '' : '${secretAt}${keyNames.previous})'
      MAIL_ALLOW_PLAINTEXT: optional.?MAIL_ALLOW_PLAINTEXT ?? ''
      MAIL_ALLOW_PRIVATE_HOSTS: optional.?MAIL_ALLOW_PRIVATE_HOSTS ?? ''
      MAIL_EXTRA_PORTS: optional.?MAIL_EXTRA_PORTS ?? ''
      SLICE_SECONDS: optional.?SLICE_SECONDS ?? ''
      LEASE_SECONDS: optional.?LEASE_SECONDS ?? ''
    }
  }

  // Deployments sign in with Entra ID: no password of the site's own.
  resource noFtpPassword 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource noScmPassword 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

output hostName string = app.properties.defaultHostName
