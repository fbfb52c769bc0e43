// An identity that is there already, in its own resource group.

param name string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: name
}

output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
