// Plans of queries: the SDK asks for one beside every query, and is spared the request where the query stays within its partition.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { findKnown, listUntold, recordMails } from '../../shared/azure/ledger.ts';
import { countFound } from '../../shared/azure/ledger-search.ts';
import { listActiveServices } from '../../shared/azure/services-store.ts';
import type { ServiceId } from '../../shared/domain/ids.ts';
import { mailKeyOf } from '../../shared/domain/mail/key.ts';
import { ledgerRecord } from '../support/ledger-record.ts';
import { startDatabase } from './services-database.ts';

const { database, cosmos, [Symbol.asyncDispose]: close } = await startDatabase();
after(close);
const { ledger, catalog } = database;
const serviceId = 'sac' as ServiceId;
const source = { generation: 'imap/g/1', id: '1' };
const record = ledgerRecord({
  id: mailKeyOf(serviceId, source.generation, source.id),
  serviceId,
  source,
  receivedAt: '2026-11-22T10:00:00Z',
});
await recordMails(ledger, serviceId, [{ record }]);

/** Names of the requests that the database saw, in any order. */
async function requestsOf(run: () => Promise<unknown>): Promise<string[]> {
  cosmos.charges.take();
  await run();
  return [...cosmos.charges.take().keys()].filter(name => name !== 'metadata').toSorted();
}

test('a query within one partition is one request', async () => {
  assert.deepEqual(await requestsOf(() => findKnown(ledger, serviceId, [record.id])), ['query ledger']);
  assert.deepEqual(await requestsOf(() => countFound(ledger, serviceId, {})), ['query ledger']);
  assert.deepEqual(await requestsOf(() => listActiveServices(catalog)), ['query catalog']);
});

test('a query over all partitions asks for its plan, which it may need', async () => {
  const list = () => Array.fromAsync(listUntold(ledger, new Date()));
  assert.deepEqual(await requestsOf(list), ['plan ledger', 'query ledger']);
});

test('a query within one partition that is refused says why', async () => {
  cosmos.faults.add({ on: 'query ledger', action: 'refuse' });
  const failure = findKnown(ledger, serviceId, [record.id]);
  await assert.rejects(failure, { code: 'dependency_unavailable' });
  cosmos.faults.clear();
  assert.equal((await findKnown(ledger, serviceId, [record.id])).size, 1);
});
