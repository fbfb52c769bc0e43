// A private deployment's network: its own or one that is there, the DNS zones, and an endpoint for each service.

import { Endpoint } from 'endpoints.bicep'

param name string
param location string
param tags object
param makesNetwork bool
param networkId string
param endpointSubnetId string
@description('Whether the DNS zones are made and linked here.')
param makesZones bool
@description('Resource group in which the zones are; empty: a policy enters endpoints in them.')
param dnsZoneGroupId string
@description('Services that are reached by a private endpoint; bus empty: it is none of them.')
param names { hostAccount: string, mailsAccount: string, database: string, vault: string, bus: string }
param cloud object

var storageAccounts = 'Microsoft.Storage/storageAccounts'
var blobZone = 'privatelink.blob.${cloud.storage}'
var tableZone = 'privatelink.table.${cloud.storage}'
var endpoints Endpoint[] = concat(
  [
    { name: 'host-blob', resourceId: resourceId(storageAccounts, names.hostAccount), groupId: 'blob', zone: blobZone }
    {
      name: 'host-table'
      resourceId: resourceId(storageAccounts, names.hostAccount)
      groupId: 'table'
      zone: tableZone
    }
    { name: 'mails', resourceId: resourceId(storageAccounts, names.mailsAccount), groupId: 'blob', zone: blobZone }
    {
      name: 'database'
      resourceId: resourceId('Microsoft.DocumentDB/databaseAccounts', names.database)
      groupId: 'Sql'
      zone: 'privatelink.${cloud.database}'
    }
    {
      name: 'vault'
      resourceId: resourceId('Microsoft.KeyVault/vaults', names.vault)
      groupId: 'vault'
      zone: cloud.vaultZone
    }
  ],
  empty(names.bus)
    ? []
    : [
        {
          name: 'bus'
          resourceId: resourceId('Microsoft.ServiceBus/namespaces', names.bus)
          groupId: 'namespace'
          zone: 'privatelink.${cloud.bus}'
        }
      ]
)

module network 'network.bicep' = if (makesNetwork) {
  params: { name: name, location: location, tags: tags }
}

module dnsZones 'dns-zones.bicep' = if (makesZones) {
  params: {
    tags: tags
    zones: union(map(endpoints, endpoint => endpoint.zone), [])
    networkId: networkId
  }
  dependsOn: [network]
}

module privateEndpoints 'endpoints.bicep' = {
  params: {
    name: name
    location: location
    tags: tags
    subnetId: endpointSubnetId
    dnsZoneGroupId: dnsZoneGroupId
    endpoints: endpoints
  }
  dependsOn: [dnsZones, network]
}

@description('The fixed address that everything leaves by; empty where the network is not ours.')
output outboundAddress string = makesNetwork ? network!.outputs.outboundAddress : ''
