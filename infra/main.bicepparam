// A first deployment, or one to try: every value from the environment, which azd fills in and asks for.
using 'main.bicep'

param name = readEnvironmentVariable('MALOTE_NAME', 'malote')
param location = readEnvironmentVariable('AZURE_LOCATION')
param tags = { 'azd-env-name': readEnvironmentVariable('AZURE_ENV_NAME') }
param serviceBusSku = readEnvironmentVariable('MALOTE_SERVICE_BUS', 'Standard')
param network = readEnvironmentVariable('MALOTE_NETWORK', 'public')
param entraAudience = readEnvironmentVariable('MALOTE_ENTRA_AUDIENCE')
param encryptingKeyName = readEnvironmentVariable('MALOTE_KEY_NAME', 'secret-key-k1')
param decryptingKeyName = readEnvironmentVariable('MALOTE_PREVIOUS_KEY_NAME', '')
param databaseAccountName = readEnvironmentVariable('MALOTE_DATABASE_ACCOUNT', '')
param alertAddress = readEnvironmentVariable('MALOTE_ALERT_ADDRESS')
param existingIdentityId = readEnvironmentVariable('MALOTE_EXISTING_IDENTITY_ID', '')
param existingWorkspaceId = readEnvironmentVariable('MALOTE_EXISTING_WORKSPACE_ID', '')
param existingAppSubnetId = readEnvironmentVariable('MALOTE_EXISTING_APP_SUBNET_ID', '')
param existingEndpointSubnetId = readEnvironmentVariable('MALOTE_EXISTING_ENDPOINT_SUBNET_ID', '')
param existingDnsZoneGroupId = readEnvironmentVariable('MALOTE_EXISTING_DNS_ZONE_GROUP_ID', '')
param assignRoles = bool(readEnvironmentVariable('MALOTE_ASSIGN_ROLES', 'true'))
