// Locks on what cannot be made again: its deletion has to be prepared. They hold back nobody from deleting what is inside.
// A module of its own, for whoever may lock need not be whoever deploys.

param names { bus: string, database: string, mailsAccount: string, vault: string, *: string }

var lock = {
  level: 'CanNotDelete'
  notes: 'Holds mail, its records or the keys to them.'
}

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' existing = {
  name: names.bus
}

resource databaseAccount 'Microsoft.DocumentDB/databaseAccounts@2024-11-15' existing = {
  name: names.database
}

resource mailsAccount 'Microsoft.Storage/storageAccounts@2024-01-01' existing = {
  name: names.mailsAccount
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: names.vault
}

resource namespaceLock 'Microsoft.Authorization/locks@2020-05-01' = {
  scope: namespace
  name: 'keep'
  properties: lock
}

resource databaseLock 'Microsoft.Authorization/locks@2020-05-01' = {
  scope: databaseAccount
  name: 'keep'
  properties: lock
}

resource mailsLock 'Microsoft.Authorization/locks@2020-05-01' = {
  scope: mailsAccount
  name: 'keep'
  properties: lock
}

resource vaultLock 'Microsoft.Authorization/locks@2020-05-01' = {
  scope: vault
  name: 'keep'
  properties: lock
}
