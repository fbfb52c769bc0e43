// Starts the Cosmos stand-in for a test and speaks to it with the genuine client, whose trust is our authority alone.
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import { type Container, CosmosClient, type CosmosClientOptions, type Database } from '@azure/cosmos';
import { type Cosmos, type CosmosOptions, startCosmos } from '../../local/cosmos/server.ts';
import { type Authority, createAuthority } from '../../local/tls.ts';

export const entities = {
  database: 'malote',
  containers: [
    { name: 'catalog', partitionKey: '/pk' },
    { name: 'ledger', partitionKey: '/serviceId', defaultTtlSeconds: -1 },
  ],
};

/** A directory of this test file, removed at its end. */
const directory = await mkdtemp(join(tmpdir(), 'malote-cosmos-'));
const authority: Authority = await createAuthority(join(directory, 'tls'));
after(() => rm(directory, { recursive: true }));

export function fileNamed(name: string): string {
  return join(directory, name);
}

export type Running = Cosmos & {
  client: CosmosClient;
  database: Database;
  catalog: Container;
  ledger: Container;
};

/** The stand-in with the entities above and a client of it, both ended with the test, or else by `close`. */
export async function startWithClient(
  t?: TestContext,
  options: Partial<CosmosOptions> = {},
): Promise<Running> {
  const cosmos = await startCosmos({
    port: 0,
    tls: { cert: authority.certPem, key: authority.keyPem },
    entities,
    ...options,
  });
  const { client, close } = connect({ endpoint: cosmos.endpoint, key: cosmos.key });
  const database = client.database(entities.database);
  let ended: Promise<void> | undefined;
  const end = () => {
    close();
    ended ??= cosmos.close();
    return ended;
  };
  t?.after(end);
  return {
    ...cosmos,
    close: end,
    client,
    database,
    catalog: database.container('catalog'),
    ledger: database.container('ledger'),
  };
}

/** A client that trusts our authority; its connections end with `close`. */
export function connect(options: CosmosClientOptions): { client: CosmosClient; close(): void } {
  const agent = new Agent({ ca: authority.caPem, keepAlive: true });
  const client = new CosmosClient({ ...options, agent });
  return {
    client,
    close() {
      client.dispose();
      agent.destroy();
    },
  };
}

/** The status an operation failed with, as the client reports it; undefined when it did not. */
export async function failureOf(operation: Promise<unknown>): Promise<number | string | undefined> {
  try {
    await operation;
    return undefined;
  } catch (error) {
    const { code, cause } = error as { code?: number | string; cause?: { code?: number | string } };
    return code ?? cause?.code ?? String(error);
  }
}
