// The network: a subnet for the app, one for private endpoints, and one fixed address that everything leaves by.

param name string
param location string
param tags object

resource outboundAddress 'Microsoft.Network/publicIPAddresses@2024-05-01' = {
  name: '${name}-outbound'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: { publicIPAllocationMethod: 'Static', publicIPAddressVersion: 'IPv4' }
}

// Mail servers have lists of who may come: without it the app comes from addresses that it shares with others.
resource nat 'Microsoft.Network/natGateways@2024-05-01' = {
  name: '${name}-nat'
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: {
    // An idle IMAP connection outlives it by far: it is closed at the end of each fetch.
    idleTimeoutInMinutes: 4
    publicIpAddresses: [{ id: outboundAddress.id }]
  }
}

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: '${name}-network'
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.20.0.0/22'] }
    subnets: [
      {
        name: 'app'
        properties: {
          // An instance takes addresses of it: room for 40 and for what a deployment has twice.
          addressPrefix: '10.20.0.0/24'
          natGateway: { id: nat.id }
          delegations: [
            { name: 'functions', properties: { serviceName: 'Microsoft.App/environments' } }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: { addressPrefix: '10.20.1.0/26', defaultOutboundAccess: false }
      }
    ]
  }
}

output outboundAddress string = outboundAddress.properties.ipAddress
