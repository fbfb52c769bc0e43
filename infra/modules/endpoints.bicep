// Private endpoints: one for each service that the app reaches, entered in the DNS zone of its kind.

@export()
type Endpoint = {
  @description('What the endpoint is called.')
  name: string
  resourceId: string
  groupId: string
  zone: string
}

param name string
param location string
param tags object
param subnetId string
@description('The resource group in which the zones are; empty: none is entered, a policy of the network does that.')
param dnsZoneGroupId string
param endpoints Endpoint[]

resource privateEndpoints 'Microsoft.Network/privateEndpoints@2024-05-01' = [
  for endpoint in endpoints: {
    name: '${name}-${endpoint.name}'
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      customNetworkInterfaceName: '${name}-${endpoint.name}-nic'
      privateLinkServiceConnections: [
        {
          name: endpoint.name
          properties: { privateLinkServiceId: endpoint.resourceId, groupIds: [endpoint.groupId] }
        }
      ]
    }
  }
]

resource zoneGroups 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2024-05-01' = [
  for (endpoint, index) in endpoints: if (!empty(dnsZoneGroupId)) {
    parent: privateEndpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: endpoint.groupId
          properties: {
            privateDnsZoneId: '${dnsZoneGroupId}/providers/Microsoft.Network/privateDnsZones/${endpoint.zone}'
          }
        }
      ]
    }
  }
]
