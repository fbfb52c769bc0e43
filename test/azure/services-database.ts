// The database for tests of what lives in it: the stand-in with the entities of infra, and the app's own connection.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import entities from '../../infra/entities.json' with { type: 'json' };
import { type Cosmos, startCosmos } from '../../local/cosmos/server.ts';
import { Faults } from '../../local/faults.ts';
import { createAuthority } from '../../local/tls.ts';
import { type Database, openDatabase } from '../../shared/azure/cosmos.ts';

export type TestDatabase = AsyncDisposable & { database: Database; cosmos: Cosmos };

/** Starts the stand-in; this process trusts its certificate from then on. */
export async function startDatabase(): Promise<TestDatabase> {
  await using opened = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'malote-database-'));
  opened.defer(() => rm(directory, { recursive: true }));
  const { caPem, certPem, keyPem } = await createAuthority(join(directory, 'tls'));
  // As NODE_EXTRA_CA_CERTS would, but for a process that has started already.
  setDefaultCACertificates([...getCACertificates('default'), caPem]);
  const tls = { cert: certPem, key: keyPem };
  const cosmos = await startCosmos({ port: 0, tls, entities: entities.cosmos, faults: new Faults() });
  opened.defer(() => cosmos.close());
  const { endpoint, key } = cosmos;
  const { database, close } = await openDatabase({ endpoint, key, database: entities.cosmos.database });
  opened.defer(async () => close());
  const running = opened.move();
  return { database, cosmos, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
