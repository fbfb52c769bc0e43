// Production: private, never cold for HTTP, restorable for a month, locked, with a budget.
using 'main.bicep'

param name = readEnvironmentVariable('MALOTE_NAME', 'malote')
param location = readEnvironmentVariable('AZURE_LOCATION')
param tags = { 'azd-env-name': readEnvironmentVariable('AZURE_ENV_NAME'), environment: 'production' }
param serviceBusSku = 'Premium'
param network = 'private'
param entraAudience = readEnvironmentVariable('MALOTE_ENTRA_AUDIENCE')
param encryptingKeyName = readEnvironmentVariable('MALOTE_KEY_NAME', 'secret-key-k1')
param decryptingKeyName = readEnvironmentVariable('MALOTE_PREVIOUS_KEY_NAME', '')
param maximumInstances = 100
param alwaysReadyForHttp = 1
param backupTier = 'Continuous30Days'
param softDeleteDays = 14
param dailyCapGigabytes = 5
param databaseAccountName = readEnvironmentVariable('MALOTE_DATABASE_ACCOUNT', '')
param alertAddress = readEnvironmentVariable('MALOTE_ALERT_ADDRESS')
param lockData = true
param budgetAmount = int(readEnvironmentVariable('MALOTE_BUDGET', '1500'))
param budgetFrom = readEnvironmentVariable('MALOTE_BUDGET_FROM')
