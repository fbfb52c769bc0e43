// Stands in for Azure Cosmos DB (NoSQL) over HTTPS, on a SQLite file. What it does not know it refuses with 400.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Faults } from '../faults.ts';
import { answerEach, closeServer } from '../http-server.ts';
import { Account, type CosmosEntities } from './account.ts';
import { answerRequest } from './listener.ts';
import { Charges } from './request-charge.ts';
import { openStorage } from './storage.ts';

export type CosmosOptions = {
  /** 0 takes any free port. */
  port: number;
  /** Certificate and key as PEM. */
  tls: { cert: string; key: string };
  /** Where the data is kept; in memory when absent. */
  file?: string;
  /** The `cosmos` member of infra/entities.json. What is missing of it is created. */
  entities?: CosmosEntities;
  /** The clock of `_ts` and of expiry, in milliseconds. */
  now?: () => number;
  /** What to do wrong. Operations are a verb and a container: `create ledger`, `query ledger`, `batch catalog`; or `metadata`. */
  faults?: Faults;
  /** The account's master key, base64; made up when absent. */
  key?: string;
};

export type Cosmos = {
  port: number;
  endpoint: string;
  key: string;
  faults: Faults;
  /** What the requests have cost. */
  charges: Charges;
  close(): Promise<void>;
};

export async function startCosmos(options: CosmosOptions): Promise<Cosmos> {
  const { faults = new Faults(), key = randomBytes(64).toString('base64'), now = Date.now } = options;
  const charges = new Charges();
  const storage = openStorage(options.file ?? ':memory:');
  const server = createServer(options.tls);
  try {
    const account = new Account(storage, now);
    if (options.entities) account.ensure(options.entities);
    answerEach(server, (incoming, outgoing) =>
      answerRequest({ account, key, faults, charges }, incoming, outgoing),
    );
    // Node's parser reads a TLS connection on its own until somebody else listens to it, and then breaks one (HPE_PAUSED, a
    // reset) on which a long request comes while a long answer is still being written. Listened to, it waits.
    server.on('secureConnection', socket => socket.on('data', () => {}));
    server.listen(options.port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    storage.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;

  async function close(): Promise<void> {
    await closeServer(server);
    storage.close();
  }
  return { port, endpoint: `https://127.0.0.1:${port}/`, key, faults, charges, close };
}
