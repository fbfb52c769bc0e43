// Forgetting when something is in the way: a record that is being changed, a store of blobs that is away.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { findRecord, recordMails } from '../../../shared/azure/ledger.ts';
import type { Clients } from '../../../shared/clients.ts';
import type { ServiceId } from '../../../shared/domain/ids.ts';
import { mailKeyOf } from '../../../shared/domain/mail/key.ts';
import { forgetMails, sweepTombstones } from '../../../shared/flows/forget/forget.ts';
import { createLog } from '../../../shared/log.ts';
import { startDatabase } from '../../azure/services-database.ts';
import { ledgerRecord } from '../../support/ledger-record.ts';

const { database, [Symbol.asyncDispose]: close } = await startDatabase();
after(close);

const serviceId = 's1' as ServiceId;
const now = new Date('2026-11-22T10:00:00Z');
const context = { clock: () => now, log: createLog(() => {}) };
const anHourLater = { clock: () => new Date(now.getTime() + 3_600_000) };

/** A store with one blob for each mail, or one that is away. */
function store({ isAway }: { isAway: boolean }) {
  const deleted: string[] = [];
  const mails = {
    async *listBlobsFlat({ prefix }: { prefix: string }) {
      if (isAway) throw new Error('The store is away.');
      yield { name: `${prefix}raw` };
    },
    deleteBlob: async (name: string) => void deleted.push(name),
  };
  return { clients: { database, mails } as unknown as Clients, deleted };
}

async function recorded(id: string) {
  const key = mailKeyOf(serviceId, 'imap/g/1', id);
  const source = { generation: 'imap/g/1', id };
  const record = ledgerRecord({ id: key, serviceId, source, receivedAt: now.toISOString() });
  assert.deepEqual(await recordMails(database.ledger, serviceId, [{ record }]), [undefined]);
  return (await findRecord(database.ledger, key)) ?? assert.fail();
}

test('of a record that was changed since it was read nothing is forgotten', async () => {
  const { value } = await recorded('1');
  const { clients, deleted } = store({ isAway: false });
  assert.deepEqual(await forgetMails(clients, [{ value, etag: '"another"' }], context), []);
  assert.deepEqual(deleted, []);
  assert.ok(await findRecord(database.ledger, value.id));
});

test('blobs that cannot be deleted are deleted later, and the tombstone waits for that', async () => {
  const record = await recorded('2');
  const { id } = record.value;
  const away = store({ isAway: true });
  assert.deepEqual(await forgetMails(away.clients, [record], context), [id]);
  assert.equal(await findRecord(database.ledger, id), undefined);
  const read = async () => (await database.ledger.item(id, serviceId).read()).resource;
  await assert.rejects(sweepTombstones(away.clients, anHourLater), { code: 'dependency_unavailable' });
  assert.ok((await read()).sweepAt);
  const { clients, deleted } = store({ isAway: false });
  await sweepTombstones(clients, anHourLater);
  assert.deepEqual(deleted, [`${serviceId}/${id}/raw`]);
  // Of a service that is gone nobody lists the mail, nor asks how many there were.
  assert.equal(await read(), undefined);
  assert.equal((await database.ledger.item('counts', serviceId).read()).resource, undefined);
});
