// The SDK of the bus, loaded as a whole by `bus.ts` on first use. It is CommonJS: imported dynamically itself, its bundle would have
// no names but `default`.
import { ServiceBusClient, type ServiceBusClientOptions } from '@azure/service-bus';
import type { Config } from '../config.ts';
import { managedIdentity } from './managed-identity.ts';

/** A client by connection string, or with the app's managed identity. It connects with the first send. */
export function createBusClient(
  settings: Config['serviceBus'],
  options: ServiceBusClientOptions,
): ServiceBusClient {
  return 'connectionString' in settings
    ? new ServiceBusClient(settings.connectionString, options)
    : new ServiceBusClient(settings.fullyQualifiedNamespace, managedIdentity, options);
}
