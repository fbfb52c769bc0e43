// The app's own clients on a stack of their own, for tests of what timers do; and the events that they send.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ServiceBusClient } from '@azure/service-bus';
import { type Stack, startStack } from '../../local/stack.ts';
import { type Clients, closeClients, getClients } from '../../shared/clients.ts';
import { until } from './until.ts';
import { sharedAzuritePort } from './whole-run.ts';

export type LeftWork = {
  stack: Stack;
  clients: Clients;
  /** The ids of so many events, once they have come. */
  published: (count: number) => Promise<string[]>;
  close: () => Promise<void>;
};

/** Starts the stand-ins; this process trusts their certificate from then on. */
export async function useLeftWork(): Promise<LeftWork> {
  const dir = await mkdtemp(join(tmpdir(), 'malote-left-'));
  const stack = await startStack({
    dir,
    ports: { serviceBus: 0, cosmos: 0, blob: 0, entra: 0, graph: 0 },
    tlsDir: resolve(import.meta.dirname, '../../.local/tls'),
    inMemory: true,
    azuritePort: sharedAzuritePort(),
  });
  Object.assign(process.env, stack.environment);
  setDefaultCACertificates([...getCACertificates('default'), stack.authority.caPem]);
  const bus = new ServiceBusClient(stack.serviceBus.connectionString);
  const ids: string[] = [];
  bus.createReceiver('mail-events', 'platform', { receiveMode: 'receiveAndDelete' }).subscribe({
    processMessage: async ({ body }) => void ids.push(body.id),
    processError: async () => {},
  });
  return {
    stack,
    clients: await getClients(),
    published: count => until(`${count} events`, () => ids.length >= count && ids),
    close: async () => {
      await bus.close();
      await closeClients();
      await stack.close();
      await rm(dir, { recursive: true });
    },
  };
}
